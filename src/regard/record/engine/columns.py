"""Each query's values pooled over columns of keys, as tiles [key, query] pass by."""

from __future__ import annotations

from typing import Any

import numpy as np

from regard.record.engine.blocks import Rows, count
from regard.record.engine.machine import Machine, Pool
from regard.record.engine.reduce import reduce_rows

_PAD = 16
"""Rows that lie a power of two apart share a few places in the cache: turning them over is then ten times slower."""


class Columns:
    """``values`` [column, query] on the machine: so far the maximum or the sum of each column's keys."""

    def __init__(self, queries: Rows, columns: np.ndarray, pool: Pool, dtype: np.dtype, machine: Machine):
        self._columns, self._pool, self._machine = columns, pool, machine
        start = -np.inf if pool == "max" else 0.0
        self.values = machine.filled((len(columns) - 1, count(queries) + _PAD), start, dtype)[:, : count(queries)]

    def add(self, tile: Any, keys: slice) -> Any:
        """Take in a tile; returns its part of the values, [column, query]."""
        first, borders = clipped(self._columns, keys)
        part = reduce_rows(tile, borders - keys.start, self._pool, self._machine)
        into = self.values[first : first + len(part)]
        if self._pool == "max":
            self._machine.xp.maximum(into, part, out=into)
        else:
            into += part
        return part

    def by_query(self) -> np.ndarray:
        """The values as numpy's [query, column]."""
        return np.ascontiguousarray(self._machine.back(self.values).T)


def clipped(borders: np.ndarray, run: slice) -> tuple[int, np.ndarray]:
    """The part of a grid that a run touches: number of its first cell, and borders from the run's start to its end.

    >>> clipped(np.array([0, 4, 8, 12]), slice(5, 9))
    (1, array([5, 8, 9]))
    """
    first = int(np.searchsorted(borders, run.start, side="right")) - 1
    last = int(np.searchsorted(borders, run.stop, side="left"))
    return first, np.clip(borders[first : last + 1], run.start, run.stop)
