"""Overviews that come at once and become exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from regard.axes import Weights
from regard.record.attention import Layer
from regard.record.engine.blocks import numbers, runs
from regard.record.engine.columns import clipped
from regard.record.engine.machine import Pool
from regard.record.engine.pictures import find, keep
from regard.record.engine.pool import pool_grid
from regard.record.engine.sample import sample_grid, strata
from regard.record.pooling import Cells, Rectangle, grid, overview, per_cell, picture_key

_FIRST = 1 << 24
_STEP = 1 << 26


@dataclass(frozen=True, eq=False)
class Picture:
    """An overview as far as it is known: ``weights`` [head, row, column] as :func:`overview` gives them.

    ``exact`` says whether every weight was read; else ``share`` of the queries were (each with all its keys).
    """

    weights: Weights
    exact: bool
    share: float


def progressive(
    layer: Layer, heads: slice, cells: Cells, pool: Pool = "max", rectangle: Rectangle | None = None
) -> Iterator[Picture]:
    """Better and better pictures of what ``overview`` would give, the last one exact and equal to it.

    The first takes about 0.1 s on two cores at any length: it is exact if there is time, else from a sample of rows
    (``regard.record.engine.sample`` says which). Rows are then read from top to bottom. All work is done between
    pictures, so closing the iterator cancels it. The finished picture is kept for the next who asks.

    >>> import regard
    >>> layer = regard.from_qk(np.zeros((1, 1, 8, 4)), np.zeros((1, 1, 8, 4))).attention().layer(0)
    >>> [picture.exact for picture in progressive(layer, slice(0, 1), 2)]
    [True]
    """
    rows, columns = grid(layer, cells, rectangle)
    key = picture_key(rows, columns, pool)
    work = _work(layer, heads, rows, columns)
    if work <= _FIRST or find(layer, heads, key) is not None:
        yield Picture(overview(layer, heads, cells, pool, rectangle), exact=True, share=1.0)
        return
    for affordable in sorted({_FIRST, max(_FIRST, work * (len(rows) - 1) // _queries(rows))}):
        sampled = strata(rows, max(1, affordable * _queries(rows) // work))
        shown = sample_grid(layer, heads, rows, columns, pool, sampled) / per_cell(rows, columns, pool)
        yield Picture(shown, exact=False, share=len(sampled) / _queries(rows))
    yield from _read_on(layer, heads, rows, columns, pool, shown, sampled, max(1, _STEP * _queries(rows) // work))


def _read_on(
    layer: Layer,
    heads: slice,
    rows: np.ndarray,
    columns: np.ndarray,
    pool: Pool,
    shown: Weights,
    sampled: np.ndarray,
    step: int,
) -> Iterator[Picture]:
    """The picture with its rows made exact from top to bottom, ``step`` queries at a time."""
    summed, area = np.zeros_like(shown), per_cell(rows, columns, pool)
    for run in runs(slice(int(rows[0]), int(rows[-1])), step):
        first, borders = clipped(rows, run)
        into = summed[:, first : first + len(borders) - 1]
        part = pool_grid(layer, heads, borders, columns, pool)
        np.maximum(into, part, out=into) if pool == "max" else np.add(into, part, out=into)
        done = int(np.searchsorted(rows, run.stop, side="right")) - 1
        if done < len(rows) - 1:
            weights = np.concatenate([(summed / area)[:, :done], shown[:, done:]], axis=1)
            read = run.stop - rows[0] + np.count_nonzero(sampled >= run.stop)
            yield Picture(weights, exact=False, share=float(read / _queries(rows)))
    keep(layer, heads, picture_key(rows, columns, pool), summed / area)
    yield Picture(summed / area, exact=True, share=1.0)


def _work(layer: Layer, heads: slice, rows: np.ndarray, columns: np.ndarray) -> int:
    """Weights to compute for the exact picture."""
    queries, keys = (slice(int(borders[0]), int(borders[-1])) for borders in (rows, columns))
    start, stop = layer.mask.bounds(numbers(queries), keys)
    return int((stop - start).sum()) * int(heads.stop - heads.start)


def _queries(rows: np.ndarray) -> int:
    return int(rows[-1]) - int(rows[0])
