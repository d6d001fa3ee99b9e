"""Tiles of weights for passes that sum or rank them, from queries and keys or from finished weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from regard.record.attention import Layer
from regard.record.dense import Dense
from regard.record.engine.blocks import Rows, count, reach, span
from regard.record.engine.lse import rows_lse
from regard.record.engine.machine import Machine
from regard.record.engine.scores import ScoreTiles
from regard.record.engine.softmax import RowShift
from regard.record.factored import Factored


class FactoredTiles(ScoreTiles):
    """Tiles [key, query] of one head. ``ranked`` ones rise with the weight along a row but skip the exponential."""

    def knows(self, queries: Rows) -> bool:
        """Whether these queries' log-sum-exp need not be computed."""
        return self.layer.known_lse(self.head, queries) is not None

    def keep(self, queries: Rows, lse: np.ndarray) -> None:
        """Let the layer remember a run's log-sum-exp."""
        if isinstance(queries, slice):
            self.layer.keep_lse(self.head, queries, lse)

    def sees_within(self, queries: Rows, columns: np.ndarray) -> bool:
        """Whether all that these queries see lies within the columns."""
        seen = reach(self.layer.mask, queries, slice(0, self.layer.keys))
        return not count(queries) or bool(columns[0] <= seen.start and seen.stop <= columns[-1])

    def shift(self, queries: Rows) -> RowShift:
        """What turns these queries' scores into weights. For scattered queries the tiles must hold all keys."""
        lse = self.layer.known_lse(self.head, queries)
        if lse is None and isinstance(queries, slice):
            lse = self.layer.rows_lse(slice(self.head, self.head + 1), queries)[0]
        return RowShift(rows_lse(self, queries) if lse is None else lse, self.dtype, self.machine)

    def ranked(self, queries: Rows, keys: slice, out: Any = None) -> Any:
        """Scores: what is largest among them is the largest weight."""
        return self.by_key(queries, keys, out)

    def settled(self, ranked: Any, shift: Any) -> Any:
        """The weights of chosen ranked values [anything, query]."""
        return shift.to_weights(ranked, by_key=True)

    def weights(self, queries: Rows, keys: slice, shift: Any, out: Any = None) -> Any:
        """Weights."""
        return shift.to_weights(self.by_key(queries, keys, out), by_key=True)


class DenseTiles:
    """The same interface over weights that are held as they are."""

    def __init__(self, layer: Dense, head: int, keys: slice, machine: Machine):
        self.layer, self.head, self.keys, self.machine = layer, head, keys, machine
        self.dtype = np.promote_types(layer.dtype, np.float32)

    def shift(self, queries: Rows) -> None:
        """Nothing: they are weights already."""

    def ranked(self, queries: Rows, keys: slice, out: Any = None) -> Any:
        """The weights themselves."""
        return self.weights(queries, keys, None)

    def settled(self, ranked: Any, shift: Any) -> Any:
        """What was given."""
        return ranked

    def weights(self, queries: Rows, keys: slice, shift: Any, out: Any = None) -> Any:
        """Weights."""
        rows = span(queries)
        found = self.layer.read("weights", (slice(self.head, self.head + 1), rows, keys))[0]
        found = found if isinstance(queries, slice) else found[queries - rows.start]
        return self.machine.place(found.T, self.dtype)


WeightTiles = FactoredTiles | DenseTiles


def tiles_of(layer: Layer, head: int, keys: slice, machine: Machine) -> WeightTiles:
    """The tiles of one head against a run of keys."""
    if isinstance(layer, Dense):
        return DenseTiles(layer, head, keys, machine)
    return FactoredTiles(layer, head, keys, machine)


def prepare(layer: Layer, heads: slice, queries: slice) -> None:
    """Have the rows' log-sum-exp known before threads ask for it."""
    if isinstance(layer, Factored):
        layer.rows_lse(heads, queries)
