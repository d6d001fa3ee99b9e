"""A layer as it will be read from a file that keeps its numbers in fewer bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from regard.record.attention import Layer
from regard.record.codes import Roots, ScaledRows, roots, scaled_rows
from regard.record.dense import Dense
from regard.record.factored import Factored
from regard.record.lazy import LazySource
from regard.record.source import Source

ROUNDED = ("query", "key", "weights")


class RoundedArray:
    """One array of a source; queries, keys and weights are rounded where they are read: as float16, or in bytes."""

    def __init__(self, source: Source, name: str, numbers: str):
        self._source, self._name, self._numbers = source, name, numbers if name in ROUNDED else None
        self.shape = source.shape(name)

    def __getitem__(self, index: tuple[slice, ...]) -> np.ndarray:
        found = self._source.read(self._name, index)
        if self._numbers != "int8":
            return found.astype(self._numbers or found.dtype)
        coded: Any = Roots(roots(found)) if self._name == "weights" else ScaledRows(*scaled_rows(found))
        return np.asarray(coded[(slice(None),) * found.ndim])


def rounded_layer(layer: Layer, numbers: str) -> Layer:
    """The layer with its queries and keys (or finished weights) rounded; nothing is copied."""
    names = [name for name in layer.source.arrays() if name != "lse"]
    source = LazySource({name: RoundedArray(layer.source, name, numbers) for name in names})
    if isinstance(layer, Dense):
        return Dense(source)
    return Factored(source, scale=layer.scale, mask=layer.mask, softcap=layer.softcap)
