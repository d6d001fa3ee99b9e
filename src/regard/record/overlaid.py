"""Weights of which some rows are others than what queries and keys give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from regard.record.source import Slices


class Overlaid:
    """A source of a layer's weights [head, query, key] in which some rows, by (head, query), were put in their place.

    For attention that was edited while the model ran: everything else is computed as it always is.
    """

    def __init__(self, layer: Any, rows: Mapping[tuple[int, int], np.ndarray]):
        self._layer, self._rows = layer, dict(rows)

    def arrays(self) -> tuple[str, ...]:
        """Names that can be read: the weights."""
        return ("weights",)

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of the weights."""
        found: tuple[int, ...] = self._layer.shape(array)
        return found

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of the weights."""
        heads, queries, keys = slices
        found = np.array(self._layer.read(array, slices))
        for (head, query), row in self._rows.items():
            if heads.start <= head < heads.stop and queries.start <= query < queries.stop:
                found[head - heads.start, query - queries.start] = row[keys.start : keys.stop]
        return found
