"""Pooled rows and their log-sum-exp in one pass, where capture brought none: one product, not two."""

from __future__ import annotations

import numpy as np

from regard.record.engine.blocks import Rows, buffer_size, count, key_runs, reach
from regard.record.engine.columns import Columns
from regard.record.engine.machine import Pool
from regard.record.engine.softmax import LogSumExp, RowShift, strips
from regard.record.engine.weights import FactoredTiles


def pool_fresh(tiles: FactoredTiles, queries: Rows, columns: np.ndarray, pool: Pool) -> np.ndarray:
    """Each query's weights pooled over columns that hold all it sees, [query, column]; its log-sum-exp is kept."""
    found = Columns(queries, columns, pool, tiles.dtype, tiles.machine)
    lse = (_maxima if pool == "max" else _sums)(tiles, queries, found)
    tiles.keep(queries, lse)
    return found.by_query()


def _maxima(tiles: FactoredTiles, queries: Rows, found: Columns) -> np.ndarray:
    total = LogSumExp(count(queries), tiles.dtype, tiles.machine)
    seen = reach(tiles.layer.mask, queries, tiles.keys)
    buffer = tiles.machine.empty(buffer_size(seen, queries), tiles.dtype)
    for run in key_runs(seen, queries):
        tile = tiles.by_key(queries, run, buffer)
        found.add(tile, run)
        total.add(tile)
    lse = total.result(tiles.sink)
    RowShift(lse, tiles.dtype, tiles.machine).to_weights(found.values, by_key=True)
    return lse


def _sums(tiles: FactoredTiles, queries: Rows, found: Columns) -> np.ndarray:
    """Sums of ``exp(scores - top)``, corrected whenever a row's ``top`` rises (Milakov & Gimelshein 2018)."""
    machine, xp, lowest = tiles.machine, tiles.machine.xp, float(np.finfo(tiles.dtype).min)
    top = machine.filled((count(queries),), -np.inf, tiles.dtype)
    seen = reach(tiles.layer.mask, queries, tiles.keys)
    buffer = machine.empty(buffer_size(seen, queries), tiles.dtype)
    for run in key_runs(seen, queries):
        tile = tiles.by_key(queries, run, buffer)
        risen = xp.maximum(top, xp.amax(tile, axis=0))
        shift = xp.clip(risen, lowest, None)
        found.values *= xp.exp(top - shift)
        for rows in strips(tile, machine):
            tile[rows] -= shift
            xp.exp(tile[rows], out=tile[rows])
        found.add(tile, run)
        top = risen
    shift = np.maximum(machine.back(top).astype(np.float64), lowest)
    with np.errstate(divide="ignore"):
        lse: np.ndarray = shift + np.log(machine.back(found.values).sum(0, dtype=np.float64))
    lse = lse if tiles.sink is None else np.logaddexp(lse, tiles.sink)
    found.values *= machine.place(np.exp(shift - np.where(np.isfinite(lse), lse, shift)), tiles.dtype)
    return lse
