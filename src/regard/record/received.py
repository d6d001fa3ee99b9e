"""Attention that each key receives."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from regard.record.attention import Layer
from regard.record.engine.blocks import buffer_size, key_runs, numbers, reach
from regard.record.engine.machine import Pool, machine
from regard.record.engine.scan import scan
from regard.record.engine.weights import WeightTiles, prepare, tiles_of


def received(
    layer: Layer, heads: slice, queries: slice | None = None, pool: Pool = "mean"
) -> Float[np.ndarray, "head key"]:
    """The mean (or largest) weight that each key gets from the queries that may see it, [head, key].

    ``Σ_query weights[head, query, key]`` over ``queries`` (all of them unless given), divided by how many of these
    the mask rule lets see that key: under a causal mask the last key is judged by the one query that sees it, not by
    all. Keys that nobody may see get 0. Memory is one tile and the result.

    >>> import regard
    >>> layer = regard.from_qk(np.zeros((1, 1, 3, 4)), np.zeros((1, 1, 3, 4)), causal=True).attention().layer(0)
    >>> received(layer, slice(0, 1)).round(2)
    array([[0.61, 0.42, 0.33]])
    """
    queries = queries or slice(0, layer.queries)
    chosen, keys = machine(), slice(0, layer.keys)
    found = np.zeros((heads.stop - heads.start, layer.keys))
    prepare(layer, heads, queries)

    def make(head: int) -> WeightTiles:
        return tiles_of(layer, head, keys, chosen)

    def task(tiles: WeightTiles, block: slice) -> tuple[slice, np.ndarray]:
        seen = reach(layer.mask, block, keys)
        return seen, _columns(tiles, block, seen, pool)

    for head, _, (seen, part) in scan(layer.mask, heads, queries, keys, make, task, chosen):
        into = found[head - heads.start, seen]
        np.maximum(into, part, out=into) if pool == "max" else np.add(into, part, out=into)
    if pool == "mean":
        found /= np.maximum(viewers(layer, queries), 1)
    return found.astype(layer.dtype)


def viewers(layer: Layer, queries: slice) -> np.ndarray:
    """How many of these queries the mask rule lets see each key, [key]."""
    start, stop = layer.mask.bounds(numbers(queries), slice(0, layer.keys))
    change = np.bincount(start, minlength=layer.keys + 1) - np.bincount(stop, minlength=layer.keys + 1)
    return np.cumsum(change)[: layer.keys]


def _columns(tiles: WeightTiles, queries: slice, keys: slice, pool: Pool) -> np.ndarray:
    buffer = tiles.machine.empty(buffer_size(keys, queries), tiles.dtype)
    shift = tiles.shift(queries)
    parts = [np.zeros(0, tiles.dtype)]
    for run in key_runs(keys, queries):
        tile = tiles.weights(queries, run, shift, buffer)
        parts.append(tiles.machine.back(tiles.machine.xp.amax(tile, axis=1) if pool == "max" else tile.sum(1)))
    return np.concatenate(parts)
