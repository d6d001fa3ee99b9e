"""Where arrays come from: the one protocol behind memory, files and recomputation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from regard.errors import ArgumentError, not_one_of

Slices = Sequence[slice]


@runtime_checkable
class Source(Protocol):
    """Named arrays that are read a rectangle at a time.

    ``read`` takes one ``slice`` per axis (no integers, so the rank never changes; step 1) and returns exactly
    that rectangle. It must be safe to call from several threads.
    """

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of the named array; raises ``ArgumentError`` when there is none of that name."""
        ...

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """The rectangle ``slices`` of the named array."""
        ...

    def arrays(self) -> tuple[str, ...]:
        """Names that can be read."""
        ...


class MemorySource:
    """Arrays held in memory (or memory-mapped: anything that numpy slices lazily)."""

    def __init__(self, arrays: Mapping[str, np.ndarray]):
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
        if len(slices) != found.ndim:
            raise ArgumentError(f"array {array!r} has {found.ndim} axes; got {len(slices)} slices")
        return np.asarray(found[tuple(slices)])

    def _get(self, array: str) -> np.ndarray:
        if array not in self._arrays:
            raise not_one_of("array", array, self._arrays)
        return self._arrays[array]
