"""The part of attention that can reach what a head writes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.measure.rows import PerHead, PerQuery, result, through_layers
from regard.measure.vectors import rows_of, weight_rows, writes
from regard.record import Layer, Record

_SMALL = float(np.finfo(np.float32).eps)


def effective_attention(
    record: Record, layer: int, head: int, kind: Kind | None = None, *, queries: slice | range | None = None
) -> Float[np.ndarray, "query key"]:
    """Weights without the part that no output can depend on, ``A - A U Uᵀ``, [query, key] of one head.

    With ``T = V W_O`` [key, d_model] what the head writes of each key, U spans the left null space of T: adding any of
    it to a row changes nothing the head writes (Brunner et al. 2020). T has rank d_head at most, so there is such a
    part only for a query that sees more keys than that; for shorter texts effective attention *is* attention, which is
    the trivial case. Rows may be negative and need not sum to one.

    Brunner et al. have encoders; here each query's T holds the keys that the mask lets it see, so that hidden keys stay
    at zero. Singular values below ``eps · max(key, d_head)`` of the largest, eps of float32, count as zero.

    Raises ``ArgumentError`` for a record captured without ``values="vectors"``, and for a layer that hides keys one by
    one (an array ``visible``).
    """
    found = record.attention(kind).layer(layer)
    _check(found)
    if head not in found.present:
        raise not_one_of("head", head, found.present)
    rows = rows_of(queries, found.queries)
    vectors, parts = writes(found, head), []
    for places, weights, inverse in _blocks(found, head, vectors, rows):
        effective = np.einsum("qd,qde,ke->qk", weights @ vectors, inverse, vectors)
        start, stop = found.mask.bounds(np.arange(places.start, places.stop), slice(0, found.keys))
        keys = np.arange(found.keys)[None]
        parts.append(np.where((keys >= start[:, None]) & (keys < stop[:, None]), effective, 0))
    return np.concatenate(parts)


def effective_share(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """How much of a row is effective attention, ``‖a - a U Uᵀ‖² / ‖a‖²``, mean over queries, [layer, head].

    Of the queries that see more keys than the head's rank; others would give 1 whatever they attend to, and have no
    value. A row whose effective share is small could look very different and write the same. Blocks of rows are
    computed one by one: n² d work and no matrix. Raises as :func:`effective_attention`.
    """

    def of(layer: Layer) -> Float[np.ndarray, "head query"]:
        _check(layer)
        found = np.full((layer.heads, layer.queries), np.nan)
        for head in layer.present:
            vectors = writes(layer, head)
            for places, weights, inverse in _blocks(layer, head, vectors, slice(0, layer.queries)):
                sums = weights @ vectors
                effective = np.einsum("qd,qde,qe->q", sums, inverse, sums)
                start, stop = layer.mask.bounds(np.arange(places.start, places.stop), slice(0, layer.keys))
                size = (weights**2).sum(-1)
                more = (stop - start > vectors.shape[1]) & (size > 0)
                found[head, places] = np.where(more, effective / np.where(size > 0, size, 1), np.nan)
        return found

    return result(through_layers(record, kind, of), per_query)


def _blocks(
    layer: Layer, head: int, vectors: Float[np.ndarray, "key rank"], queries: slice
) -> Iterator[tuple[slice, Float[np.ndarray, "query key"], Float[np.ndarray, "query rank rank"]]]:
    """Blocks of queries: which, their weights, and the pseudo-inverse of ``TᵀT`` over the keys that each sees."""
    grams = _Grams(vectors)
    for places, weights in weight_rows(layer, head, queries):
        for at in range(0, len(weights), _QUERIES):
            rows = np.arange(places.start + at, min(places.start + at + _QUERIES, places.stop))
            start, stop = layer.mask.bounds(rows, slice(0, layer.keys))
            inverse = _inverse(grams(stop) - grams(start), stop - start)
            yield slice(int(rows[0]), int(rows[-1]) + 1), weights[at : at + _QUERIES], inverse


_QUERIES = 256


class _Grams:
    """``Σ_j<n t_j t_jᵀ`` for any numbers n: sums are kept at the border of every block of keys."""

    def __init__(self, vectors: Float[np.ndarray, "key rank"]):
        self._vectors = vectors
        cut = [vectors[at : at + _QUERIES] for at in range(0, len(vectors), _QUERIES)]
        self._before = np.cumsum([np.zeros((vectors.shape[1],) * 2), *(part.T @ part for part in cut)], axis=0)

    def __call__(self, counts: np.ndarray) -> Float[np.ndarray, "query rank rank"]:
        numbers, places = np.unique(counts, return_inverse=True)
        found = np.stack([self._one(int(number)) for number in numbers])
        return np.asarray(found[places])

    def _one(self, number: int) -> np.ndarray:
        block = number // _QUERIES
        rest = self._vectors[block * _QUERIES : number]
        return np.asarray(self._before[block] + rest.T @ rest)


def _inverse(gram: Float[np.ndarray, "query rank rank"], keys: np.ndarray) -> Float[np.ndarray, "query rank rank"]:
    values, vectors = np.linalg.eigh(gram)
    least = (_SMALL * np.maximum(keys, gram.shape[-1]))[:, None] ** 2 * values[:, -1:]
    kept = np.where(values > least, 1 / np.where(values > least, values, 1), 0)
    return np.asarray((vectors * kept[:, None]) @ vectors.swapaxes(-1, -2))


def _check(layer: Layer) -> None:
    held = layer.source.arrays()
    if "output_root" not in held:
        raise ArgumentError(
            "effective attention needs what the heads write of each key, as vectors; capture with values='vectors'. A "
            "model whose values or output map regard does not see has none"
        )
    if "visible" in held:
        raise ArgumentError("effective attention is of rows that see a run of keys; this layer hides keys one by one")
