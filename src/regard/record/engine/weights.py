"""Tiles of weights for passes that sum or rank them, from queries and keys or from finished weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from regard.record.attention import Layer
from regard.record.dense import Dense
from regard.record.engine.blocks import Rows, span
from regard.record.engine.machine import Machine
from regard.record.engine.scores import ScoreTiles
from regard.record.engine.softmax import RowShift
from regard.record.factored import Factored


class FactoredTiles(ScoreTiles):
    """Tiles [key, query] of one head. ``ranked`` ones rise with the weight along a row but skip the exponential."""

    def ranked(self, queries: Rows, keys: slice, out: Any = None) -> Any:
        """Scores: what is largest among them is the largest weight."""
        return self.by_key(queries, keys, out)

    def settled(self, ranked: Any, queries: Rows) -> Any:
        """The weights of chosen ranked values [anything, query]."""
        return self._shift(queries).to_weights(ranked, by_key=True)

    def weights(self, queries: Rows, keys: slice, out: Any = None) -> Any:
        """Weights."""
        return self._shift(queries).to_weights(self.by_key(queries, keys, out), by_key=True)

    def _shift(self, queries: Rows) -> RowShift:
        rows = span(queries)
        lse = self.layer.rows_lse(slice(self.head, self.head + 1), rows)[0]
        return RowShift(lse if isinstance(queries, slice) else lse[queries - rows.start], self.dtype, self.machine)


class DenseTiles:
    """The same interface over weights that are held as they are."""

    def __init__(self, layer: Dense, head: int, keys: slice, machine: Machine):
        self.layer, self.head, self.keys, self.machine = layer, head, keys, machine
        self.dtype = np.promote_types(layer.dtype, np.float32)

    def ranked(self, queries: Rows, keys: slice, out: Any = None) -> Any:
        """The weights themselves."""
        return self.weights(queries, keys)

    def settled(self, ranked: Any, queries: Rows) -> Any:
        """What was given."""
        return ranked

    def weights(self, queries: Rows, keys: slice, out: Any = None) -> Any:
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
