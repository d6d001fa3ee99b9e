"""Attention whose weights are held as they are: finished matrices from a model or from the user."""

from __future__ import annotations

import numpy as np

from regard.axes import Weights
from regard.record.mask import MaskRule
from regard.record.some_heads import heads_in, held_bytes
from regard.record.source import MemorySource, Slices, Source


class Dense:
    """One layer's attention held as finished weights [head, query, key]. ``mask`` is the full rule: none is known."""

    def __init__(self, source: Source):
        self.source = source
        self.heads, self.queries, self.keys = source.shape("weights")
        self.kv_heads = self.heads
        self.mask = MaskRule()

    @classmethod
    def of(cls, weights: Weights) -> Dense:
        """Hold these weights [head, query, key]."""
        return cls(MemorySource({"weights": weights}))

    @property
    def dtype(self) -> np.dtype:
        """Type of the weights."""
        return self.source.read("weights", (slice(0, 0),) * 3).dtype

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return held_bytes(self.source)

    @property
    def present(self) -> tuple[int, ...]:
        """Numbers of the heads that can be read: all, unless only some were captured."""
        return heads_in(self.source, "weights")

    def arrays(self) -> tuple[str, ...]:
        """Names that can be read."""
        return self.source.arrays()

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of the named array."""
        return self.source.shape(array)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """The rectangle ``slices`` of the named array."""
        return self.source.read(array, slices)
