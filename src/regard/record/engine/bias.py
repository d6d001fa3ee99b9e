"""The parts of stored biases and masks that a tile needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from regard.record.engine.blocks import Rows, count, numbers, span
from regard.record.engine.machine import Machine
from regard.record.source import Source

if TYPE_CHECKING:
    from regard.record.factored import Factored


def stored_part(source: Source, array: str, head: int, queries: Rows, keys: slice) -> np.ndarray:
    """One head's part [query or 1, key or 1] of an array that may be the same along any of its axes."""
    heads, rows, columns = source.shape(array)
    at = span(queries) if rows > 1 else slice(0, 1)
    found: np.ndarray = source.read(array, (_own(head, heads), at, keys if columns > 1 else slice(0, 1)))[0]
    return found if rows == 1 or isinstance(queries, slice) else found[queries - at.start]


def distance_bias(layer: Factored, head: int, queries: Rows, keys: slice, machine: Machine, *, by_key: bool) -> Any:
    """The bias that depends on ``key - query`` alone, as a tile: entry ``key - query + queries - 1`` of its table.

    For consecutive queries each row of the tile is a window of one line, shifted by one: nothing is copied.
    """
    heads, width = layer.source.shape("distance_bias")
    line = layer.source.read("distance_bias", (_own(head, heads), slice(0, width)))[0].astype(layer.dtype, copy=False)
    zero = layer.queries - 1
    if not isinstance(queries, slice):
        found = line[numbers(keys)[None, :] - queries[:, None] + zero]
        return machine.place(found.T if by_key else found)
    first = keys.start - queries.stop + 1 + zero
    line = line[first : first + count(queries) + count(keys) - 1]
    if by_key:
        return _windows(line[::-1], count(keys), count(queries), machine)
    return _windows(line, count(queries), count(keys), machine)


def _windows(line: np.ndarray, rows: int, width: int, machine: Machine) -> Any:
    """Rows of ``width``: the last begins where the line begins, each one before it a place later."""
    if not rows or not width:
        return machine.place(np.zeros((rows, width), line.dtype))
    if machine.is_numpy:
        return sliding_window_view(np.ascontiguousarray(line), width)[:rows][::-1]
    return machine.place(line).unfold(0, width, 1)[:rows].flip(0)


def _own(head: int, heads: int) -> slice:
    """That head, or the only entry when all heads share it."""
    return slice(head, head + 1) if heads > 1 else slice(0, 1)
