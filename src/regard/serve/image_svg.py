"""A drawing as SVG: text stays text, lines stay lines, nothing is fetched."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator
from html import escape

import numpy as np

from regard.serve.fonts import FAMILIES, is_right_to_left
from regard.serve.layout import Drawing, Item

_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_MIRRORED = {"start": "end", "middle": "middle", "end": "start"}
BASELINE = 0.35
"""How far below its middle a line's baseline is, in sizes."""
_FINE = 4


def svg(shown: Drawing) -> str:
    """An SVG document, whose title (which screen readers read) is the drawing's name."""
    width, height = _number(shown.width), _number(shown.height)
    family = ", ".join(f"'{name}'" if " " in name else name for name in FAMILIES)
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" xml:space="preserve" font-family="{family}, sans-serif">',
        f"<title>{escape(shown.name)}</title>",
        *_patterns(shown.items),
        f'<rect width="{width}" height="{height}" fill="{shown.surface}"/>',
        *(row for item in shown.items for row in _WRITERS[item["kind"]](item)),
        "</svg>",
    ]
    return "\n".join(rows) + "\n"


def ordered(lines: Item) -> np.ndarray:
    """Indices of lines in painting order: the faint before the strong, of one strength by hue."""
    return np.lexsort((lines["hue"], lines["alpha"]))


def cells(item: Item) -> np.ndarray:
    """The RGBA cells [row, column, channel] of a ``pixels`` item, large ones as blocks of pixels.

    Viewers of SVG and PDF often smooth what they enlarge; whole multiples, four pixels to a CSS pixel, hide it.
    """
    found: np.ndarray = item["rgba"]
    down, across = (max(1, round(_FINE * item[n] / m)) for n, m in zip(("height", "width"), found.shape, strict=False))
    return found.repeat(down, axis=0).repeat(across, axis=1)


def png(rgba: np.ndarray) -> bytes:
    """An 8-bit RGBA PNG (ISO/IEC 15948, one IDAT, no filter)."""
    height, width, _ = rgba.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), rgba.reshape(height, -1)])
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _lines(item: Item) -> Iterator[str]:
    """Every line is an element of its own, so that crossing ones add up as on screen."""
    x0, x1 = _number(item["x0"]), _number(item["x1"])
    last = None
    yield f'<g stroke-width="{_number(item["width"])}" fill="none">'
    widths = item.get("widths")
    for i in ordered(item):
        look = (item["hue"][i], item["alpha"][i])
        if look != last:
            yield (
                "</g>" if last else ""
            ) + f'<g stroke="{item["hues"][look[0]]}" stroke-opacity="{look[1] / 255:.3f}">'
            last = look
        wide = f' stroke-width="{_number(widths[i])}"' if widths else ""
        yield f'<path d="M{x0} {_number(item["y0"][i])}L{x1} {_number(item["y1"][i])}"{wide}/>'
    yield "</g></g>" if last else "</g>"


def _pixels(item: Item) -> Iterator[str]:
    content = b64encode(png(cells(item))).decode("ascii")
    smooth = item["width"] < item["columns"] or item["height"] < item["rows"]
    crisp = "" if smooth else ' style="image-rendering:pixelated"'
    yield f'<image {_box(item)} preserveAspectRatio="none"{crisp} href="data:image/png;base64,{content}"/>'


def _hatch(item: Item) -> Iterator[str]:
    yield f'<rect {_box(item)} fill="url(#{_pattern(item)})"/>'


def _pattern(item: Item) -> str:
    return f"hatch{item['rule'][1:]}"


def _patterns(items: list[Item]) -> list[str]:
    """The definitions of the hatchings that are used."""
    used = {_pattern(item): item for item in items if item["kind"] == "hatch"}
    return [
        f'<defs><pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{item["ground"]}"/>'
        f'<path d="M-8 8L0 0M0 8L8 0M8 8L16 0" stroke="{item["rule"]}"/></pattern></defs>'
        for name, item in used.items()
    ]


def _rect(item: Item) -> Iterator[str]:
    look = f'fill="{item.get("fill") or "none"}"'
    if item.get("stroke"):
        look += f' stroke="{item["stroke"]}"'
    if item.get("alpha", 1) < 1:
        look += f' opacity="{item["alpha"]}"'
    if item.get("radius"):
        look += f' rx="{_number(item["radius"])}"'
    yield f"<rect {_box(item)} {look}/>"


def _text(item: Item) -> Iterator[str]:
    anchor = _ANCHORS[item["align"]]
    size, x, y = item["size"], item["x"], item["y"]
    look = f'font-size="{_number(size)}" fill="{item["colour"]}"'
    if is_right_to_left(item["text"]):
        anchor = _MIRRORED[anchor]
        look += ' direction="rtl"'
    if anchor != "start":
        look += f' text-anchor="{anchor}"'
    if item.get("bold"):
        look += ' font-weight="600"'
    if item.get("alpha", 1) < 1:
        look += f' opacity="{_number(item["alpha"])}"'
    if item.get("turned"):
        place = f'x="0" y="{_number(BASELINE * size)}" transform="translate({_number(x)} {_number(y)}) rotate(-90)"'
    else:
        place = f'x="{_number(x)}" y="{_number(y + BASELINE * size)}"'
    yield f"<text {place} {look}>{escape(item['text'], quote=False)}</text>"


_WRITERS = {"lines": _lines, "pixels": _pixels, "hatch": _hatch, "rect": _rect, "text": _text}


def _box(item: Item) -> str:
    return " ".join(f'{name}="{_number(item[name])}"' for name in ("x", "y", "width", "height"))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
