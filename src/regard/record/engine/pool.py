"""Weights pooled over the blocks of any grid: maxima or sums of cells, [head, row, column]."""

from __future__ import annotations

import numpy as np

from regard.record.attention import Layer
from regard.record.engine.blocks import Rows, buffer_size, key_runs, reach
from regard.record.engine.columns import Columns, clipped
from regard.record.engine.machine import Machine, Pool, machine
from regard.record.engine.pool_fresh import pool_fresh
from regard.record.engine.reduce import reduce_rows
from regard.record.engine.scan import scan
from regard.record.engine.weights import FactoredTiles, WeightTiles, prepare, tiles_of


def pool_grid(layer: Layer, heads: slice, rows: np.ndarray, columns: np.ndarray, pool: Pool) -> np.ndarray:
    """The largest weight of each cell, or for ``"mean"`` the cell's sum.

    Cell ``[i, j]`` is queries ``rows[i]:rows[i + 1]`` × keys ``columns[j]:columns[j + 1]``; borders strictly rise.
    """
    chosen = machine()
    queries, keys = slice(int(rows[0]), int(rows[-1])), slice(int(columns[0]), int(columns[-1]))
    found = np.zeros((heads.stop - heads.start, len(rows) - 1, len(columns) - 1), layer.dtype)
    if layer.mask.reach(queries, slice(0, layer.keys)) != layer.mask.reach(queries, keys):
        prepare(layer, heads, queries)

    def make(head: int) -> WeightTiles:
        return tiles_of(layer, head, layer.mask.reach(queries, keys), chosen)

    def task(tiles: WeightTiles, block: slice) -> tuple[int, np.ndarray]:
        first, borders = clipped(rows, block)
        pooled = pool_columns(tiles, block, columns, pool)
        return first, reduce_rows(pooled, borders - block.start, pool, Machine(np))

    for head, _, (first, part) in scan(layer.mask, heads, queries, keys, make, task, chosen):
        into = found[head - heads.start, first : first + len(part)]
        np.maximum(into, part, out=into) if pool == "max" else np.add(into, part, out=into)
    return found


def pool_columns(tiles: WeightTiles, queries: Rows, columns: np.ndarray, pool: Pool) -> np.ndarray:
    """Each query's weights pooled over the columns, [query, column]."""
    if isinstance(tiles, FactoredTiles) and not tiles.knows(queries) and tiles.sees_within(queries, columns):
        return pool_fresh(tiles, queries, columns, pool)
    seen = reach(tiles.layer.mask, queries, slice(int(columns[0]), int(columns[-1])))
    found = Columns(queries, columns, pool, tiles.dtype, tiles.machine)
    shift = tiles.shift(queries)
    buffer = tiles.machine.empty(buffer_size(seen, queries), tiles.dtype)
    for run in key_runs(seen, queries):
        ranked = pool == "max"
        found.add(tiles.ranked(queries, run, buffer) if ranked else tiles.weights(queries, run, shift, buffer), run)
    if pool == "max":
        tiles.settled(found.values, shift)
    return found.by_query()
