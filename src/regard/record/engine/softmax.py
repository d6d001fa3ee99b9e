"""From scores to weights, and the log-sum-exp of rows, over tiles that pass by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from regard.record.engine.blocks import runs
from regard.record.engine.machine import Machine

_STRIP = 1 << 17
_NEGLIGIBLE = 1e-6


class RowShift:
    """``exp(scores - lse)`` with all the digits of an lse in float64: its rounded part, and the rest where it matters.

    Of a large score, float32 alone would leave no digits for the difference.
    """

    def __init__(self, lse: np.ndarray, dtype: np.dtype, machine: Machine):
        seen = np.where(np.isfinite(lse), lse, 0)
        rounded = seen.astype(dtype)
        rest = seen - rounded
        self._machine = machine
        self._parts = [machine.place(rounded)]
        if np.abs(rest).max(initial=0) > _NEGLIGIBLE:
            self._parts.append(machine.place(rest, dtype))

    def to_weights(self, scores: Any, *, by_key: bool) -> Any:
        """Turn a tile of scores into weights, in place; ``by_key`` when it is [key, query]."""
        for rows in strips(scores, self._machine):
            strip = scores[rows]
            for shift in self._parts:
                strip -= shift if by_key else shift[rows, None]
            self._machine.xp.exp(strip, out=strip)
        return scores


class LogSumExp:
    """``log Σ_key exp(scores)`` of each query, fed with tiles [key, query] (Milakov & Gimelshein 2018)."""

    def __init__(self, queries: int, dtype: np.dtype, machine: Machine):
        self._machine = machine
        self._lowest = float(np.finfo(dtype).min)
        self._top = machine.filled((queries,), -np.inf, dtype)
        self._total = machine.filled((queries,), 0, np.dtype(np.float64))

    def add(self, scores: Any) -> None:
        """Take in a tile, which is overwritten."""
        xp = self._machine.xp
        for rows in strips(scores, self._machine):
            strip = scores[rows]
            top = xp.maximum(self._top, xp.amax(strip, axis=0))
            shift = xp.clip(top, self._lowest, None)
            self._total *= xp.exp(self._top - shift)
            strip -= shift
            self._total += xp.exp(strip, out=strip).sum(0)
            self._top = top

    def result(self, sink: float | None = None) -> np.ndarray:
        """The log-sum-exp in float64, ``-inf`` for a query that saw nothing; ``sink`` is one more score of each row."""
        top, total = (self._machine.back(array).astype(np.float64) for array in (self._top, self._total))
        shift = np.maximum(top, self._lowest)
        with np.errstate(divide="ignore"):
            found = shift + np.log(total)
        return found if sink is None else np.logaddexp(found, sink)


def strips(tile: Any, machine: Machine) -> Iterator[slice]:
    """Runs of rows that stay in a core's cache through several operations (a GPU takes the tile whole)."""
    size = max(1, _STRIP // max(1, tile.shape[1])) if machine.is_numpy else max(1, len(tile))
    return runs(slice(0, len(tile)), size)
