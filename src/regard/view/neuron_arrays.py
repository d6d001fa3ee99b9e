"""The arrays that a neuron view is drawn from: what the weights of each head are made of, as the picture reads it."""

from __future__ import annotations

import numpy as np

from regard.errors import ArgumentError
from regard.record import Attention, Factored, Layer, Slices

ARRAYS = (
    *("exact", "query", "key", "lse", "factors", "distance_bias", "bias", "visible"),
    *("rotary", "value_norm", "write_norm"),
)
"""By name, each [layer, head, …]:

``exact`` [query, key], the weights · ``query`` [query, d_head] · ``key`` [key, d_head], its heads being key heads ·
``lse`` [query, 2], the log-sum-exp as a float32 and the rest · ``factors`` [1, factor], see ``FACTORS`` ·
``distance_bias`` [1, distance], entry ``key - query + queries - 1`` · ``bias`` and ``visible`` [query, key] ·
``rotary`` [pair, 4]: two dimensions, radians a token as a float32 and the rest · ``value_norm`` (of key heads) and
``write_norm`` [1, key].
"""

OPTIONAL = ("distance_bias", "bias", "visible", "value_norm", "write_norm")
"""Arrays that not every head has."""

FACTORS = ("scale", "softcap", "sink", "d_head", "kv_head", "pairs", *OPTIONAL)
"""What a head has: numbers (NaN: none; ``pairs``: how many pairs rotary embedding turns, as far as that is known), and
1 or 0 for the arrays that it has."""


def shape(attention: Attention, array: str) -> tuple[int, ...]:
    """Shape of one of these arrays; the widest, where layers differ."""
    layers = [layer for layer in attention.layers if isinstance(layer, Factored)]
    width = max((layer.d_head for layer in layers), default=0)
    queries, keys = attention.queries, attention.keys
    heads = attention.kv_heads if array in ("key", "value_norm") else attention.heads
    rest = {
        "query": (queries, width),
        "key": (keys, width),
        "lse": (queries, 2),
        "factors": (1, len(FACTORS)),
        "distance_bias": (1, queries + keys - 1),
        "rotary": (max(1, width // 2), 4),
        "value_norm": (1, keys),
        "write_norm": (1, keys),
    }
    return (len(attention.layers), heads, *rest.get(array, (queries, keys)))


def read(layer: Layer, array: str, slices: Slices) -> np.ndarray:
    """A rectangle [head, …] of one of these arrays in one layer; zeros beyond a layer's own width."""
    if array == "exact":
        return layer.read("weights", slices)
    if not isinstance(layer, Factored):
        raise ArgumentError(f"there is no {array!r} of a layer that holds finished weights")
    heads, rows, columns = slices
    if array in ("query", "key"):
        return _padded(layer.source.read(array, (heads, rows, _within(columns, layer.d_head))), columns)
    if array == "lse":
        return _in_two(layer.rows_lse(heads, rows))[:, :, columns]
    if array == "factors":
        return np.stack([factors(layer, head) for head in range(heads.start, heads.stop)])[:, None][:, rows, columns]
    if array in ("distance_bias", "value_norm", "write_norm"):
        return _padded(_stored(layer, array, heads, columns)[:, None], columns)
    if array == "rotary":
        return np.broadcast_to(_rotary(layer)[rows, columns], (heads.stop - heads.start, *_sizes(rows, columns)))
    return _matrix(layer, array, heads, rows, columns)


def factors(layer: Factored, head: int) -> np.ndarray:
    """The numbers of :data:`FACTORS` for one head."""
    held = layer.source.arrays()
    sink = layer.source.read("sink", (slice(head, head + 1),))[0] if "sink" in held else np.nan
    softcap = np.nan if layer.softcap is None else layer.softcap
    kv_head = head // (layer.heads // layer.kv_heads)
    pairs = layer.source.shape("rotary")[0] if "rotary" in held else 0
    flags = [float(name in held) for name in OPTIONAL]
    return np.array([layer.scale, softcap, sink, layer.d_head, kv_head, pairs, *flags], np.float64)


def _rotary(layer: Factored) -> np.ndarray:
    """Pairs [pair, 4], filled up with zeros to half the width."""
    found = np.zeros((max(1, layer.d_head // 2), 4))
    if "rotary" in layer.source.arrays():
        count = layer.source.shape("rotary")[0]
        pairs = layer.source.read("rotary", (slice(0, count), slice(0, 3)))
        found[:count, :2] = pairs[:, :2]
        found[:count, 2:] = _in_two(pairs[:, 2])
    return found


def _sizes(*runs: slice) -> tuple[int, ...]:
    return tuple(run.stop - run.start for run in runs)


def _stored(layer: Factored, array: str, heads: slice, columns: slice) -> np.ndarray:
    if array not in layer.source.arrays():
        raise ArgumentError(f"this layer has no {array!r}")
    count, width = layer.source.shape(array)
    found = layer.source.read(array, (heads if count > 1 else slice(0, 1), _within(columns, width)))
    return np.broadcast_to(found, (heads.stop - heads.start, found.shape[1]))


def _matrix(layer: Factored, array: str, heads: slice, rows: slice, columns: slice) -> np.ndarray:
    """A rectangle [head, query, key] of an array that may be the same along any of its axes."""
    if array not in layer.source.arrays():
        raise ArgumentError(f"this layer has no {array!r}")
    asked = (heads, rows, columns)
    at = tuple(one if size > 1 else slice(0, 1) for one, size in zip(asked, layer.source.shape(array), strict=True))
    return np.broadcast_to(layer.source.read(array, at), _sizes(*asked)).astype(np.float32)


def _in_two(lse: np.ndarray) -> np.ndarray:
    """Each as the float32 nearest to it and the difference: float32 alone leaves few digits of a large one."""
    high = lse.astype(np.float32).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return np.stack([high, np.where(np.isfinite(high), lse - high, 0)], axis=-1)


def _within(asked: slice, size: int) -> slice:
    return slice(min(asked.start, size), min(asked.stop, size))


def _padded(found: np.ndarray, asked: slice) -> np.ndarray:
    missing = asked.stop - asked.start - found.shape[-1]
    return np.pad(found, [(0, 0)] * (found.ndim - 1) + [(0, missing)]) if missing else found
