"""How differently heads attend."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from regard.axes import Kind
from regard.measure.rows import head_runs
from regard.measure.vectors import rows_of
from regard.record import Attention, Layer, Record

_BLOCK_BYTES = 1 << 26


Heads = tuple[tuple[int, int], ...]


class Distances(NamedTuple):
    """Distances between heads: ``heads`` are (layer, head) in the order of both axes of ``between``, [head, head]."""

    heads: Heads
    between: Float[np.ndarray, "head head"]


def head_distances(record: Record, kind: Kind | None = None, *, queries: range | slice | None = None) -> Distances:
    """Jensen–Shannon divergence between every two heads, mean over queries, in nats (0 to ln 2).

    ``JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2`` of the two rows, averaged over ``queries`` (all unless given;
    give a part of a long text, the work is pairs of heads × queries × keys). Clark et al. 2019 (§6) sum where this
    averages; their clusters of heads come from such a matrix.
    """
    heads, parts, _ = block_distances(record, kind, queries, 1)
    return Distances(heads, parts[0])


def block_distances(
    record: Record, kind: Kind | None, queries: range | slice | None, blocks: int
) -> tuple[Heads, Float[np.ndarray, "block head head"], Int[np.ndarray, " block"]]:
    """The heads, their distances in each of ``blocks`` runs of queries (fewer of a short text), the runs' lengths."""
    attention = record.attention(kind)
    chosen = rows_of(queries, attention.queries)
    heads = tuple((number, head) for number in attention.present for head in attention.layer(number).present)
    borders = np.linspace(chosen.start, chosen.stop, min(blocks, chosen.stop - chosen.start) + 1).astype(int)
    runs = [slice(int(start), int(stop)) for start, stop in pairwise(borders)]
    parts = np.stack([_between(attention, len(heads), run) for run in runs])
    return heads, parts, np.diff(borders)


def _between(attention: Attention, heads: int, queries: slice) -> Float[np.ndarray, "head head"]:
    """The distances of all heads, mean over a run of queries; a few queries are in memory at a time."""
    total = np.zeros((heads, heads))
    step = max(1, _BLOCK_BYTES // (8 * heads * attention.keys))
    for start in range(queries.start, queries.stop, step):
        block, keys = slice(start, min(start + step, queries.stop)), slice(0, attention.keys)
        rows = np.concatenate([_rows(attention.layer(number), block, keys) for number in attention.present])
        own = _entropy(rows)
        for i in range(heads - 1):
            middle = _entropy((rows[i] + rows[i + 1 :]) / 2)
            total[i, i + 1 :] += (middle - (own[i] + own[i + 1 :]) / 2).sum(-1)
    return np.asarray(np.maximum(total + total.T, 0) / (queries.stop - queries.start))


def _rows(layer: Layer, queries: slice, keys: slice) -> Float[np.ndarray, "head query key"]:
    parts = [layer.read("weights", (heads, queries, keys)) for heads in head_runs(layer)]
    return np.concatenate(parts).astype(np.float64)


def _entropy(rows: Float[np.ndarray, "head query key"]) -> Float[np.ndarray, "head query"]:
    return np.asarray(-(rows * np.log(np.maximum(rows, np.finfo(float).tiny))).sum(-1))
