"""Attention at power-of-two levels, for maps of any size: blocks of 2^level × 2^level weights made one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np
from jaxtyping import Float

from regard.axes import KINDS, Kind
from regard.errors import not_one_of
from regard.record import Attention, Factored, Layer
from regard.record.engine.machine import Pool
from regard.record.engine.pool import pool_grid
from regard.record.engine.sample import sample_grid, strata

Picture = tuple[Float[np.ndarray, "row column"], float]
"""Weights of blocks, and the share of the queries that were read for them: 1 is exact."""

_NAME = re.compile(rf"({'|'.join(KINDS)})\.({'|'.join(get_args(Pool))})@(\d{{1,2}}):(\d{{1,5}}(?:,\d{{1,5}})*)")
_AT_ONCE = 1 << 20
_STEP = 1 << 21


@dataclass(frozen=True)
class Level:
    """The array ``"<kind>.<pool>@<level>:<heads>"``, [layer, 1, row, column].

    Cell ``[row, column]`` is the largest (``max``) or the mean weight over queries ``row · 2^level`` to
    ``(row + 1) · 2^level``, as far as there are any, likewise keys, and the listed heads. Level 0 is the weights
    themselves.
    """

    kind: Kind
    pool: Pool
    level: int
    heads: tuple[int, ...]

    @classmethod
    def of(cls, array: str) -> Level | None:
        """The level of that name; nothing for the name of another array.

        >>> Level.of("decoder.max@3:0,2")
        Level(kind='decoder', pool='max', level=3, heads=(0, 2))
        """
        found = _NAME.fullmatch(array)
        if found is None:
            return None
        kind, pool, level, heads = found.groups()
        return cls(kind, pool, int(level), tuple(map(int, heads.split(","))))  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """The array's name."""
        return f"{self.kind}.{self.pool}@{self.level}:{','.join(map(str, self.heads))}"

    def shape(self, attention: Attention) -> tuple[int, int, int, int]:
        """[layer, 1, row, column]."""
        rows, columns = (-(-size // (1 << self.level)) for size in (attention.queries, attention.keys))
        return (len(attention.layers), 1, rows, columns)

    def borders(self, size: int, cells: slice) -> np.ndarray:
        """First positions of these cells of an axis, and the end of the last one."""
        return np.asarray(np.minimum(np.arange(cells.start, cells.stop + 1) << self.level, size))

    def pictures(self, layer: Layer, rows: slice, columns: slice) -> Iterator[Picture]:
        """That rectangle of cells, better and better, the last one exact.

        What takes little work is exact at once. Else the first picture is from a sample of the queries
        (``regard.record.engine.sample``), and rows then become exact from top to bottom; closing the iterator ends it.
        """
        missing = [head for head in self.heads if head not in layer.present]
        if missing:
            raise not_one_of("head in this layer", missing[0], layer.present)
        down, across = self.borders(layer.queries, rows), self.borders(layer.keys, columns)
        work = _work(layer, down, across) * len(self.heads)
        if work <= _AT_ONCE:
            yield self._pooled(layer, down, across), 1.0
            return
        queries = int(down[-1] - down[0])
        sampled = strata(down, max(1, _AT_ONCE * queries // work))
        shown = self._sampled(layer, down, across, sampled)
        yield shown, len(sampled) / queries
        step = max(1, _STEP * len(shown) // work)
        for start in range(0, len(shown), step):
            stop = min(start + step, len(shown))
            shown[start:stop] = self._pooled(layer, down[start : stop + 1], across)
            read = down[stop] - down[0] + np.count_nonzero(sampled >= down[stop])
            yield shown.copy(), 1.0 if stop == len(shown) else float(read / queries)

    def _pooled(self, layer: Layer, down: np.ndarray, across: np.ndarray) -> np.ndarray:
        parts = (pool_grid(layer, slice(head, head + 1), down, across, self.pool)[0] for head in self.heads)
        return self._folded(parts, down, across)

    def _sampled(self, layer: Layer, down: np.ndarray, across: np.ndarray, sampled: np.ndarray) -> np.ndarray:
        parts = (sample_grid(layer, slice(head, head + 1), down, across, self.pool, sampled)[0] for head in self.heads)
        return self._folded(parts, down, across)

    def _folded(self, parts: Iterator[np.ndarray], down: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Maxima, or the means of sums, over heads."""
        found = next(parts).astype(np.float32)
        for part in parts:
            np.maximum(found, part, out=found) if self.pool == "max" else np.add(found, part, out=found)
        if self.pool == "mean":
            found /= np.outer(np.diff(down), np.diff(across)) * len(self.heads)
        return found


def top_level(size: int, cells: int) -> int:
    """The first level at which ``size`` positions are at most ``cells`` blocks.

    >>> top_level(1000, 256), top_level(256, 256)
    (2, 0)
    """
    return max(0, (max(1, size) - 1).bit_length() - (cells - 1).bit_length()) if size > cells else 0


def _work(layer: Layer, down: np.ndarray, across: np.ndarray) -> int:
    """Weights to compute for one head; whole rows where the log-sum-exp must be computed too."""
    queries = np.arange(down[0], down[-1])
    start, stop = layer.mask.bounds(queries, slice(int(across[0]), int(across[-1])))
    seen = int((stop - start).sum())
    if seen and isinstance(layer, Factored) and "lse" not in layer.source.arrays():
        start, stop = layer.mask.bounds(queries, slice(0, layer.keys))
        seen += int((stop - start).sum())
    return seen
