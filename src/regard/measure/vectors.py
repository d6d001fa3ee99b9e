"""What a head writes, as vectors: its weights times its keys' values through its part of the output map."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from regard.errors import ArgumentError
from regard.record import Layer

_BLOCK_BYTES = 1 << 25


def writes(layer: Layer, head: int) -> Float[np.ndarray, "key rank"]:
    """What a head would write of each key at a weight of 1, ``R v``, in float64.

    In a basis of its own of the space it writes to (see ``output_root`` of :class:`regard.record.Factored`): lengths,
    sums and angles are those of ``W_O v``.
    """
    kv_head = head // (layer.heads // layer.kv_heads)
    value = layer.source.read("value", _whole(layer, "value", kv_head))[0].astype(np.float64)
    root = layer.source.read("output_root", _whole(layer, "output_root", head))[0].astype(np.float64)
    return np.asarray(value @ root.T)


def written_vectors(layer: Layer, head: int) -> Iterator[tuple[slice, Float[np.ndarray, "query rank"]]]:
    """What the head writes at each query, ``Σ_j w[i, j] R v_j``, a block of queries at a time."""
    vectors = writes(layer, head)
    for rows, weights in weight_rows(layer, head):
        yield rows, weights @ vectors


def weight_rows(
    layer: Layer, head: int, queries: slice | None = None
) -> Iterator[tuple[slice, Float[np.ndarray, "query key"]]]:
    """A head's weights in float64, a block of queries at a time."""
    chosen = queries or slice(0, layer.queries)
    step = max(1, _BLOCK_BYTES // (8 * layer.keys))
    for start in range(chosen.start, chosen.stop, step):
        rows = slice(start, min(start + step, chosen.stop))
        found = layer.read("weights", (slice(head, head + 1), rows, slice(0, layer.keys)))[0]
        yield rows, found.astype(np.float64)


def rows_of(queries: slice | range | None, count: int) -> slice:
    """A run of queries as a slice; raises ``ArgumentError`` when it is none within ``count``."""
    if queries is None:
        return slice(0, count)
    start, stop = queries.start or 0, count if queries.stop is None else queries.stop
    if queries.step not in (None, 1) or not 0 <= start < stop <= count:
        raise ArgumentError(f"queries must be a run within 0 to {count}; got {queries}")
    return slice(start, stop)


def _whole(layer: Layer, array: str, head: int) -> tuple[slice, ...]:
    _, *rest = layer.source.shape(array)
    return (slice(head, head + 1), *(slice(0, size) for size in rest))
