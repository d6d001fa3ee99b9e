"""Queries and keys in as few bytes as a stated error allows: what an offline page carries instead of n² weights.

Three ideas. *The basis is free*: ``q · k = (A q) · (A⁻ᵀ k)``, and a vector added to all keys shifts whole rows, which
the softmax does not see. So keys are centred, and A is chosen so that queries and keys have the same diagonal second
moments s (their balanced basis, as in the model reduction of Moore 1981). *Bits where they count*: the error of the
scores is least for a given size when direction d has the step ``coarseness / √s_d`` (reverse water-filling); directions
of little energy get only zeros and are left out. *Exceptions are written out*: a coarse score hurts only where a weight
is large, and rows have few large weights. Each weight that would be off by more than the error allowed is stored as a
one-byte code; so the bound holds for every weight, and q and k need far fewer bits than they would for it alone.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from regard.errors import ArgumentError
from regard.record.balance import balanced
from regard.record.codes import Roots, roots
from regard.record.engine.blocks import TILE, Rows, count, runs
from regard.record.engine.machine import machine
from regard.record.engine.weights import tiles_of
from regard.record.factored import Factored
from regard.record.planes import to_planes
from regard.record.quantised import Corrections, Quantised
from regard.record.source import MemorySource

ERROR = 0.005
LEAST_ERROR = 0.004
_COARSENESS = (1.0, 0.5, 0.25, 0.1, 0.04, 0.015)
_WORTH = 1.15
_TRIED_ROWS = 256
_TOP = (1 << 16) - 1
_EDGE_BYTES = 1.7
_MATRICES = ("bias", "visible")


def quantise(layer: Factored, kv_head: int, error: float = ERROR) -> Quantised:
    """The heads of one key head in few bytes, no weight further than ``error`` from the layer's.

    The coarseness is the finest whose result is hardly larger than the smallest, judged by a few rows; then every
    weight is computed once each way, a block at a time (about ten seconds for a head of 32k tokens on two cores).
    Raises ``ArgumentError`` for a layer with a bias or mask that is a whole matrix (its dense weights are no larger),
    and for an error below what one byte can say (0.004).
    """
    if held := [name for name in _MATRICES if name in layer.source.arrays()]:
        raise ArgumentError(f"this layer's {held[0]} is a matrix, which few bytes cannot hold; use its weights")
    if error < LEAST_ERROR:
        raise ArgumentError(
            f"error must be at least {LEAST_ERROR}, which the codes of single weights need; got {error}"
        )
    vectors = balanced(*_vectors(layer, kv_head), centre=layer.softcap is None and "sink" not in layer.source.arrays())
    tried = np.unique(np.linspace(0, layer.queries - 1, min(_TRIED_ROWS, layer.queries)).astype(np.int64))
    coded = [_coded(layer, kv_head, *vectors, coarse) for coarse in _COARSENESS]
    sizes = [_estimate(layer, found, tried, error) for found in coded]
    finest = max(i for i, size in enumerate(sizes) if size <= _WORTH * min(sizes))
    return _finished(layer, coded[finest], error)


def deflated(found: Quantised) -> int:
    """Bytes that its arrays take when deflated one by one."""
    return sum(len(zlib.compress(array.tobytes(), 6)) for array in found.arrays().values())


def _vectors(layer: Factored, kv_head: int) -> tuple[np.ndarray, np.ndarray]:
    """Queries [head, query, d_head] with the scale in them, and keys [key, d_head] of one key head, in float64."""
    group, every = layer.heads // layer.kv_heads, slice(0, layer.d_head)
    heads = slice(kv_head * group, (kv_head + 1) * group)
    query = layer.source.read("query", (heads, slice(0, layer.queries), every)).astype(np.float64) * layer.scale
    key = layer.source.read("key", (slice(kv_head, kv_head + 1), slice(0, layer.keys), every))[0]
    return query, key.astype(np.float64)


def _coded(
    layer: Factored, kv_head: int, query: np.ndarray, key: np.ndarray, energy: np.ndarray, coarse: float
) -> Quantised:
    """Codes at one coarseness, with nothing corrected and no log-sum-exp yet."""
    steps = (coarse / np.sqrt(np.maximum(energy, 1e-30))).astype(np.float32)
    queries, keys = np.rint(query / steps).astype(np.int32), np.rint(key / steps).astype(np.int32)
    used = queries.any(axis=(0, 1)) & keys.any(axis=0)
    group = len(query)
    heads = tuple(range(kv_head * group, (kv_head + 1) * group))
    bias = None
    if "distance_bias" in layer.source.arrays():
        rows, width = layer.source.shape("distance_bias")
        table = layer.source.read("distance_bias", (slice(0, rows), slice(0, width)))
        bias = np.stack([table[head if rows > 1 else 0] for head in heads]).astype(np.float32)
    return Quantised(
        heads=heads,
        query=np.ascontiguousarray(queries[:, :, used].swapaxes(1, 2)),
        key=np.ascontiguousarray(keys[:, used].T),
        steps=steps[used],
        lse_codes=np.zeros((group, layer.queries), np.int64),
        lse_scale=(0.0, 0.0),
        corrections=(),
        mask=layer.mask,
        softcap=layer.softcap,
        distance_bias=bias,
        error=0.0,
        misplaced=0.0,
    )


def _without_lse(layer: Factored, found: Quantised) -> Factored:
    """The coded heads as a layer that computes its own log-sum-exp (with the sinks, where there are any)."""
    source = found.layer.source
    held = {name: source.read(name, tuple(slice(0, size) for size in source.shape(name))) for name in source.arrays()}
    del held["lse"]
    if "sink" in layer.source.arrays():
        held["sink"] = layer.source.read("sink", (slice(found.heads[0], found.heads[-1] + 1),))
    return Factored(MemorySource(held), scale=1.0, mask=found.mask, softcap=found.softcap)


def _finished(layer: Factored, found: Quantised, error: float) -> Quantised:
    """With its log-sum-exp rounded, and every weight that is then off by more than ``error`` written out."""
    lse = _without_lse(layer, found).rows_lse(slice(0, len(found.heads)), slice(0, layer.queries))
    lse = np.where(np.isfinite(lse), lse, 0)
    start = float(lse.min()) if lse.size else 0.0
    step = float(lse.max(initial=start) - start) / _TOP
    codes = np.rint((lse - start) / (step or 1)).astype(np.int64)
    found = replace(found, lse_codes=codes, lse_scale=(start, step))
    heads = [_corrections(layer, found, place, error) for place in range(len(found.heads))]
    parts, errors, misplaced = zip(*heads, strict=True)
    return replace(found, corrections=parts, error=max(errors), misplaced=float(np.mean(misplaced)))


def _corrections(layer: Factored, found: Quantised, place: int, error: float) -> tuple[Corrections, float, float]:
    """The weights of one head to write out; the largest error that then remains, and the mean share misplaced."""
    head, every, worst, misplaced = found.heads[place], slice(0, layer.keys), 0.0, 0.0
    counts, keys, codes = np.zeros(layer.queries, np.int64), [np.zeros(0, np.int64)], [np.zeros(0, np.uint8)]
    for queries in runs(slice(0, layer.queries), max(1, 8 * TILE // max(1, layer.keys))):
        exact = layer.read("weights", (slice(head, head + 1), queries, every))[0]
        off = np.abs(found.layer.read("weights", (slice(place, place + 1), queries, every))[0] - exact)
        row, key = np.nonzero(off > error)
        code = roots(exact[row, key])
        off[row, key] = np.abs(Roots(code)[:] - exact[row, key])
        counts[queries] = np.bincount(row, minlength=count(queries))
        keys.append(key)
        codes.append(code)
        worst, misplaced = max(worst, float(off.max(initial=0))), misplaced + float(off.sum()) / 2
    part = Corrections(counts, np.concatenate(keys), np.concatenate(codes))
    return part, worst, misplaced / max(1, layer.queries)


def _estimate(layer: Factored, found: Quantised, rows: np.ndarray, error: float) -> float:
    """About how many bytes the finished thing takes, from the rows tried."""
    approximate, every, edges = _without_lse(layer, found), slice(0, layer.keys), 0
    for place, head in enumerate(found.heads):
        exact, coarse = (_rows(of, at, rows, every) for of, at in ((layer, head), (approximate, place)))
        edges += int(np.count_nonzero(np.abs(exact - coarse) > error))
    vectors = sum(len(zlib.compress(to_planes(codes, signed=True).tobytes(), 1)) for codes in (found.query, found.key))
    return vectors + _EDGE_BYTES * edges * layer.queries / max(1, len(rows))


def _rows(layer: Factored, head: int, rows: Rows, keys: slice) -> np.ndarray:
    """Weights of scattered rows, [key, query]."""
    tiles = tiles_of(layer, head, keys, machine())
    return tiles.machine.back(tiles.weights(rows, keys, tiles.shift(rows)))
