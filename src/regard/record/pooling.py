"""Coarse pictures of an attention: the largest weight, or the mean weight, of each block of cells."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from regard.axes import Weights
from regard.errors import ArgumentError
from regard.record.attention import Layer
from regard.record.engine.machine import Pool
from regard.record.engine.pictures import find, keep
from regard.record.engine.pool import pool_grid

Rectangle = tuple[slice, slice]
Cells = int | tuple[int, int]


def edges(size: int, cells: int) -> np.ndarray:
    """Borders of ``min(cells, size)`` blocks that share ``size`` positions as evenly as whole numbers allow.

    >>> edges(5, 2)
    array([0, 2, 5])
    """
    return np.arange(min(cells, size) + 1) * size // max(1, min(cells, size))


def overview(
    layer: Layer, heads: slice, cells: Cells, pool: Pool = "max", rectangle: Rectangle | None = None
) -> Weights:
    """Weights of a layer pooled to at most ``cells`` × ``cells`` blocks per head, [head, row, column].

    Exact: every weight of the block counts, computed a block of rows at a time. ``max`` keeps thin lines visible,
    ``mean`` is honest mass (a row's blocks times their widths sum to one). ``rectangle`` (queries, keys) looks at
    that part only; ``cells`` may be given as (rows, columns). Finished pictures are kept and come at once when asked
    for again. Raises ``ArgumentError`` for a rectangle that is not
    inside the attention.
    """
    rows, columns = grid(layer, cells, rectangle)
    if len(rows) < 2 or len(columns) < 2:
        return np.zeros((heads.stop - heads.start, len(rows) - 1, len(columns) - 1), layer.dtype)
    key = picture_key(rows, columns, pool)
    found = find(layer, heads, key)
    if found is None:
        found = pool_grid(layer, heads, rows, columns, pool) / per_cell(rows, columns, pool)
        keep(layer, heads, key, found)
    return found


def per_cell(rows: np.ndarray, columns: np.ndarray, pool: Pool) -> np.ndarray:
    """What sums are divided by, [row, column]: the cell's size for a mean, one for a maximum."""
    if pool == "max":
        return np.ones((1, 1), np.float32)
    return np.outer(np.diff(rows), np.diff(columns)).astype(np.float32)


def picture_key(rows: np.ndarray, columns: np.ndarray, pool: Pool) -> Hashable:
    """What a kept picture is found by."""
    return (pool, rows.tobytes(), columns.tobytes())


def grid(layer: Layer, cells: Cells, rectangle: Rectangle | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Borders of the rows and of the columns of such a picture, in positions of the whole attention."""
    down, across = cells if isinstance(cells, tuple) else (cells, cells)
    queries, keys = rectangle or (slice(0, layer.queries), slice(0, layer.keys))
    for part, size, what in ((queries, layer.queries, "queries"), (keys, layer.keys, "keys")):
        if not 0 <= part.start <= part.stop <= size:
            raise ArgumentError(f"{what} {part.start}:{part.stop} are not within 0:{size}")
    if down < 1 or across < 1:
        raise ArgumentError(f"a picture needs at least one cell each way; got {down} × {across}")
    rows, columns = (edges(part.stop - part.start, n) for part, n in ((queries, down), (keys, across)))
    return rows + queries.start, columns + keys.start
