"""Weights pooled over the blocks of any grid: maxima or sums of cells, [head, row, column]."""

from __future__ import annotations

import numpy as np

from regard.record.engine.blocks import Rows, buffer_size, count, key_runs, reach
from regard.record.engine.machine import Machine, Pool, machine
from regard.record.engine.reduce import merge, neutral, reduce_rows
from regard.record.engine.scan import scan
from regard.record.engine.weights import Layer, WeightTiles, prepare, tiles_of


def pool_grid(layer: Layer, heads: slice, rows: np.ndarray, columns: np.ndarray, pool: Pool) -> np.ndarray:
    """The largest weight of each cell, or for ``"mean"`` the cell's sum.

    Cell ``[i, j]`` is queries ``rows[i]:rows[i + 1]`` × keys ``columns[j]:columns[j + 1]``; borders strictly rise.
    """
    chosen = machine()
    queries, keys = slice(int(rows[0]), int(rows[-1])), slice(int(columns[0]), int(columns[-1]))
    found = np.zeros((heads.stop - heads.start, len(rows) - 1, len(columns) - 1), layer.dtype)
    prepare(layer, heads, queries)

    def make(head: int) -> WeightTiles:
        return tiles_of(layer, head, layer.mask.reach(queries, keys), chosen)

    def task(tiles: WeightTiles, block: slice) -> tuple[int, np.ndarray]:
        return pool_rows(pool_columns(tiles, block, columns, pool), block, rows, pool)

    for head, _, (first, part) in scan(layer.mask, heads, queries, keys, make, task, chosen):
        into = found[head - heads.start, first : first + len(part)]
        np.maximum(into, part, out=into) if pool == "max" else np.add(into, part, out=into)
    return found


def pool_columns(tiles: WeightTiles, queries: Rows, columns: np.ndarray, pool: Pool) -> np.ndarray:
    """Each query's weights pooled over the columns, [query, column]."""
    chosen, size = tiles.machine, len(columns) - 1
    seen = reach(tiles.layer.mask, queries, slice(int(columns[0]), int(columns[-1])))
    found = chosen.filled((size, count(queries)), neutral(pool), tiles.dtype)
    buffer = chosen.empty(buffer_size(seen, queries), tiles.dtype)
    for run in key_runs(seen, queries):
        tile = tiles.ranked(queries, run, buffer) if pool == "max" else tiles.weights(queries, run, buffer)
        first, borders = clipped(columns, run)
        part = reduce_rows(tile, borders - run.start, pool, chosen)
        merge(found[first : first + len(part)], part, pool, chosen)
    if pool == "max":
        found = tiles.settled(found, queries)
    return np.ascontiguousarray(chosen.back(found).T)


def pool_rows(weights: np.ndarray, queries: slice, rows: np.ndarray, pool: Pool) -> tuple[int, np.ndarray]:
    """Pooled over the rows as well: the number of the first row of cells they touch, and [row, column]."""
    first, borders = clipped(rows, queries)
    return first, reduce_rows(weights, borders - queries.start, pool, Machine(np))


def clipped(borders: np.ndarray, run: slice) -> tuple[int, np.ndarray]:
    """The part of a grid that a run touches: number of its first cell, and borders from the run's start to its end.

    >>> clipped(np.array([0, 4, 8, 12]), slice(5, 9))
    (1, array([5, 8, 9]))
    """
    first = int(np.searchsorted(borders, run.start, side="right")) - 1
    last = int(np.searchsorted(borders, run.stop, side="left"))
    return first, np.clip(borders[first : last + 1], run.start, run.stop)
