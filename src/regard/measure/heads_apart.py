"""How differently heads attend."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.measure.rows import head_runs
from regard.record import Layer, Record

_BLOCK_BYTES = 1 << 26


class Distances(NamedTuple):
    """Distances between heads: ``heads`` are (layer, head) in the order of both axes of ``between``, [head, head]."""

    heads: tuple[tuple[int, int], ...]
    between: Float[np.ndarray, "head head"]


def head_distances(record: Record, kind: Kind | None = None, *, queries: range | slice | None = None) -> Distances:
    """Jensen–Shannon divergence between every two heads, mean over queries, in nats (0 to ln 2).

    ``JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2`` of the two rows, averaged over ``queries`` (all unless given;
    give a part of a long text, the work is pairs of heads × queries × keys). Clark et al. 2019 (§6) sum where this
    averages; their clusters of heads come from such a matrix.
    """
    attention = record.attention(kind)
    chosen = _slice(queries, attention.queries)
    heads = tuple((number, head) for number in attention.present for head in attention.layer(number).present)
    total = np.zeros((len(heads), len(heads)))
    step = max(1, _BLOCK_BYTES // (8 * len(heads) * attention.keys))
    for start in range(chosen.start, chosen.stop, step):
        block = slice(start, min(start + step, chosen.stop))
        keys = slice(0, attention.keys)
        rows = np.concatenate([_rows(attention.layer(number), block, keys) for number in attention.present])
        own = _entropy(rows)
        for i in range(len(heads) - 1):
            middle = _entropy((rows[i] + rows[i + 1 :]) / 2)
            total[i, i + 1 :] += (middle - (own[i] + own[i + 1 :]) / 2).sum(-1)
    total = np.maximum(total + total.T, 0) / max(1, chosen.stop - chosen.start)
    return Distances(heads, total)


def _rows(layer: Layer, queries: slice, keys: slice) -> Float[np.ndarray, "head query key"]:
    parts = [layer.read("weights", (heads, queries, keys)) for heads in head_runs(layer)]
    return np.concatenate(parts).astype(np.float64)


def _entropy(rows: Float[np.ndarray, "head query key"]) -> Float[np.ndarray, "head query"]:
    return np.asarray(-(rows * np.log(np.maximum(rows, np.finfo(float).tiny))).sum(-1))


def _slice(queries: range | slice | None, count: int) -> slice:
    if queries is None:
        return slice(0, count)
    start, stop = queries.start or 0, count if queries.stop is None else queries.stop
    if queries.step not in (None, 1) or not 0 <= start < stop <= count:
        raise ArgumentError(f"head_distances: queries must be a run within 0 to {count}; got {queries}")
    return slice(start, stop)
