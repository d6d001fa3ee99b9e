"""A source of arrays that are not numpy's own, but that slices read as numpy's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from regard.errors import ArgumentError, not_one_of
from regard.record.source import Slices


class LazySource:
    """Anything with ``shape`` and slicing, by name: arrays in a file that is still being written,
    :class:`~regard.record.bfloat16.Bfloat16`, arrays of which only a part is held. Also numpy's own."""

    def __init__(self, arrays: Mapping[str, Any]):
        self._arrays = dict(arrays)

    def arrays(self) -> tuple[str, ...]:
        """Names that can be read."""
        return tuple(self._arrays)

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of the named array."""
        return tuple(self._get(array).shape)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """The rectangle ``slices`` of the named array."""
        found = self._get(array)
        if len(slices) != len(found.shape):
            raise ArgumentError(f"array {array!r} has {len(found.shape)} axes; got {len(slices)} slices")
        return np.asarray(found[tuple(slices)])

    def held(self, array: str) -> Any:
        """The named array itself, as it was given."""
        return self._get(array)

    def _get(self, array: str) -> Any:
        if array not in self._arrays:
            raise not_one_of("array", array, self._arrays)
        return self._arrays[array]
