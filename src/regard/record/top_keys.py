"""The keys that each query attends to most."""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from regard.errors import ArgumentError
from regard.record.attention import Layer
from regard.record.engine.blocks import TILE, count, reach
from regard.record.engine.machine import Machine, machine
from regard.record.engine.reduce import reduce_rows
from regard.record.engine.scan import scan
from regard.record.engine.weights import WeightTiles, prepare, tiles_of

_LEAST_QUERIES = 64


class TopKeys(NamedTuple):
    """Per query its strongest keys, strongest first; ``-1`` with weight 0 where it sees fewer."""

    keys: Int[np.ndarray, "head query rank"]
    weights: Float[np.ndarray, "head query rank"]


def top_keys(layer: Layer, heads: slice, k: int, queries: slice | None = None, keys: slice | None = None) -> TopKeys:
    """The ``k`` keys of largest weight of each query, among ``keys`` (all unless given). Of equal ones any may be it.

    >>> import regard
    >>> query, key = np.ones((1, 1, 3, 1)), np.arange(3.0).reshape(1, 1, 3, 1)
    >>> layer = regard.from_qk(query, key, causal=True).attention().layer(0)
    >>> top_keys(layer, slice(0, 1), 2).keys
    array([[[ 0, -1],
            [ 1,  0],
            [ 2,  1]]])
    """
    if k < 1:
        raise ArgumentError(f"top_keys: k must be at least 1; got {k}")
    chosen = machine()
    queries, keys = queries or slice(0, layer.queries), keys or slice(0, layer.keys)
    shape = (heads.stop - heads.start, count(queries), k)
    found = TopKeys(np.full(shape, -1), np.zeros(shape, layer.dtype))
    prepare(layer, heads, queries)

    def make(head: int) -> WeightTiles:
        return tiles_of(layer, head, keys, chosen)

    def task(tiles: WeightTiles, block: slice) -> tuple[np.ndarray, np.ndarray]:
        return _top(tiles, block, reach(layer.mask, block, keys), k)

    most = max(_LEAST_QUERIES, 4 * TILE // max(1, count(keys)))
    for head, block, (place, weight) in scan(layer.mask, heads, queries, keys, make, task, chosen, most):
        at = (head - heads.start, slice(block.start - queries.start, block.stop - queries.start), slice(len(place)))
        found.keys[at], found.weights[at] = place.T, weight.T
    return found


def _top(tiles: WeightTiles, queries: slice, keys: slice, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys and weights [rank, query] of one block, at most ``k`` ranks."""
    chosen, k = tiles.machine, min(k, count(keys))
    if not k:
        return np.zeros((0, count(queries)), int), np.zeros((0, count(queries)))
    ranked = tiles.ranked(queries, keys)
    if chosen.is_numpy:
        place, values = _largest(ranked, k)
    else:
        values, place = chosen.xp.topk(ranked, k, dim=0)
    hidden = chosen.back(values) == -np.inf
    weights = chosen.back(tiles.settled(values, tiles.shift(queries)))
    return np.where(hidden, -1, chosen.back(place) + keys.start), np.where(hidden, 0, weights)


def _largest(array: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and values of the ``k`` largest of each column, largest first.

    The k largest lie in the k groups of rows whose maxima are largest, so only these groups are looked into.
    """
    size = max(1, isqrt(len(array) // k))
    groups = -(-len(array) // size)
    rows = np.arange(array.shape[1])
    if groups > k:
        borders = np.minimum(np.arange(groups + 1) * size, len(array))
        tops = reduce_rows(array, borders, "max", Machine(np))
        best = np.argpartition(tops, groups - k, axis=0)[groups - k :]
        place = (best[:, None, :] * size + np.arange(size)[None, :, None]).reshape(-1, len(rows))
        values = np.where(place < len(array), array[np.minimum(place, len(array) - 1), rows], -np.inf)
    else:
        place, values = np.broadcast_to(np.arange(len(array))[:, None], array.shape), array
    chosen = np.argpartition(values, len(values) - k, axis=0)[len(values) - k :]
    place, values = place[chosen, rows], values[chosen, rows]
    order = np.lexsort((place, -values), axis=0)
    return place[order, rows], values[order, rows]
