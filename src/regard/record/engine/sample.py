"""A picture from a few whole rows, when there is no time to read them all.

Each sampled query is read against *all* its keys. So whatever runs down the picture (a sink, a separator that everyone
looks at), along it (the previous token, a fixed offset, induction) or ends somewhere (a window, a chunk, a document)
crosses every sampled row and is seen there at its true place and strength. What a sample can miss is a query that is
unlike its neighbours. Rows are drawn at a random place of equal strata: evenly spread, but not in step with a text
that repeats.
"""

from __future__ import annotations

import numpy as np

from regard.record.attention import Layer
from regard.record.engine.machine import Machine, Pool, machine
from regard.record.engine.pool import pool_columns
from regard.record.engine.reduce import reduce_rows
from regard.record.engine.threads import each, workers
from regard.record.engine.weights import WeightTiles, tiles_of

_BATCH = 64


def sample_grid(
    layer: Layer, heads: slice, rows: np.ndarray, columns: np.ndarray, pool: Pool, sampled: np.ndarray
) -> np.ndarray:
    """What ``pool_grid`` gives, from the ``sampled`` queries alone (rising numbers), [head, row, column].

    ``"max"`` is the largest weight of the sampled rows of a cell, never more than the exact one; ``"mean"`` estimates
    the cell's sum. A row of cells without a sampled query repeats the nearest that has one.
    """
    chosen = machine()
    count = max(-(-len(sampled) // _BATCH), min(workers(), len(sampled)))
    batches = np.array_split(sampled, count)
    parts: list[list[np.ndarray]] = [[] for _ in range(heads.start, heads.stop)]
    for head in range(heads.start, heads.stop):
        tiles = tiles_of(layer, head, slice(0, layer.keys), chosen)

        def task(batch: np.ndarray, tiles: WeightTiles = tiles) -> np.ndarray:
            return pool_columns(tiles, batch, columns, pool)

        work = len(sampled) * layer.keys
        parts[head - heads.start] = [part for _, part in each(task, batches, chosen, work)]
    found = np.stack([_to_cells(np.concatenate(part), sampled, rows, pool) for part in parts])
    return found.astype(layer.dtype)


def strata(rows: np.ndarray, count: int) -> np.ndarray:
    """About ``count`` query numbers, the same share of each row of cells, or of every so many when there are too few.

    >>> strata(np.array([0, 4, 8]), 2) // 4
    array([0, 1])
    """
    cells = len(rows) - 1
    per_cell, random = max(1, count // cells), np.random.default_rng(0)
    held = np.arange(cells) if count >= cells else (np.arange(count) * 2 + 1) * cells // (2 * count)
    width = np.diff(rows)[held, None]
    place = (np.arange(per_cell) + random.random((len(held), per_cell))) * (width / per_cell)
    return np.unique(rows[held, None] + np.minimum(place.astype(np.int64), width - 1))


def _to_cells(weights: np.ndarray, sampled: np.ndarray, rows: np.ndarray, pool: Pool) -> np.ndarray:
    cell = np.searchsorted(rows, sampled, side="right") - 1
    held, borders = np.unique(cell, return_index=True)
    found = reduce_rows(weights, np.append(borders, len(sampled)), pool, Machine(np))
    if pool == "mean":
        found = found / np.diff(np.append(borders, len(sampled)))[:, None]
    nearest = np.abs(np.arange(len(rows) - 1)[:, None] - held[None, :]).argmin(1)
    spread: np.ndarray = found[nearest]
    return spread if pool == "max" else spread * np.diff(rows)[:, None]
