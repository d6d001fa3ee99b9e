"""A small still picture of a view (PNG) and its caption, for wherever scripts do not run."""

from __future__ import annotations

import struct
import zlib
from functools import cache

import numpy as np
from jaxtyping import Float, UInt8

from regard.record import Attention, Layer, overview
from regard.view import AttentionSpec, Explore, ModelView, View

Image = UInt8[np.ndarray, "y x"]
_WIDTH = 320
_CELLS = 64
_GAP = 2
_GRIDS = (ModelView, Explore)
# magma (van der Walt & Smith 2015, CC0) at 17 even steps, light first: zero melts into a white page.
_MAGMA = bytes.fromhex(
    "fcfdbf fde0a1 fec287 fea571 fb8761 f4695c e55064 cf4070 b73779"
    "9c2e7f 832681 6a1c81 51127c 36106b 1d1147 0a0822 000004"
)


def thumbnail(view: View) -> bytes:
    """A PNG about 320 pixels wide: the mean of the selected heads, or a model view's grid of overviews.

    Darker is more, on a square-root scale that ends at the largest weight shown. The same view gives the same bytes.
    """
    state = view.selection.state
    attention = view.record.attentions[state.kind]
    if isinstance(view, _GRIDS):
        return png(_mosaic(attention, _offer(view)))
    return png(_scaled(_mean(attention.layer(state.layer), state.heads), _WIDTH))


def cost(view: View) -> int:
    """How many weights :func:`thumbnail` reads."""
    offer = _offer(view)
    pictures = len(offer.layers) * len(offer.heads) if isinstance(view, _GRIDS) else len(view.selection.heads)
    return pictures * offer.queries * offer.keys


def caption(view: View) -> str:
    """What the picture shows, in one sentence, for readers that see none."""
    state, offer = view.selection.state, _offer(view)
    size = f"{offer.queries} query and {offer.keys} key tokens"
    title = view.spec()["title"] or "a record"
    if not isinstance(view, _GRIDS):
        heads = ", ".join(map(str, state.heads)) or "none"
        return (
            f"Attention of {title}: {state.kind}, layer {state.layer}, mean of heads {heads}, {size}. Darker is more."
        )
    grid = f"{len(offer.layers)} layers (rows) by {len(offer.heads)} heads (columns)"
    return f"Attention of {title}: {state.kind}, {grid}, {size}. Darker is more."


def png(codes: Image) -> bytes:
    """An 8-bit PNG with the palette of reversed magma: code 0 lightest (ISO/IEC 15948, one IDAT, no filter)."""
    height, width = codes.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), codes])
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", _palette()), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@cache
def _palette() -> bytes:
    stops = np.frombuffer(_MAGMA, np.uint8).reshape(-1, 3)
    steps, places = np.linspace(0, len(stops) - 1, 256), np.arange(len(stops))
    return (
        np.stack([np.interp(steps, places, stops[:, i]) for i in range(3)], axis=1).round().astype(np.uint8).tobytes()
    )


def _offer(view: View) -> AttentionSpec:
    return next(offer for offer in view.attentions() if offer.kind == view.selection.state.kind)


def _mean(layer: Layer, heads: list[int]) -> Float[np.ndarray, "row column"]:
    found = [overview(layer, slice(head, head + 1), _CELLS, "mean")[0] for head in heads if head in layer.present]
    rows, columns = min(_CELLS, layer.queries), min(_CELLS, layer.keys)
    return np.mean(found, axis=0) if found else np.zeros((rows, columns))


def _mosaic(attention: Attention, offer: AttentionSpec) -> Image:
    side = max(4, min(_CELLS, _WIDTH // max(1, len(offer.heads)) - _GAP))
    grid = np.zeros((len(offer.layers) * (side + _GAP), len(offer.heads) * (side + _GAP)), np.uint8)
    for row, number in enumerate(offer.layers):
        layer = attention.layer(number)
        for column, head in enumerate(offer.heads):
            if head in layer.present:
                cell = _scaled(overview(layer, slice(head, head + 1), side)[0], side)
                top, start = row * (side + _GAP), column * (side + _GAP)
                grid[top : top + cell.shape[0], start : start + cell.shape[1]] = cell
    return grid[:-_GAP, :-_GAP]


def _scaled(weights: Float[np.ndarray, "row column"], side: int) -> Image:
    """Codes of weights, every cell repeated so that the longer edge nears ``side`` pixels."""
    top = float(weights.max(initial=0))
    codes = np.rint(255 * np.sqrt(weights / top)) if top else weights
    times = max(1, side // max(1, *weights.shape))
    return np.kron(codes.astype(np.uint8), np.ones((times, times), np.uint8))
