"""Arrays of bfloat16, which numpy does not know: kept as their 16 bits, read as float32 without loss."""

from __future__ import annotations

from typing import Any

import numpy as np


class Bfloat16:
    """An array of bfloat16 that :class:`~regard.record.lazy.LazySource` reads as float32, a rectangle at a time.

    ``bits`` is a uint16 array, or anything that numpy slices lazily. A bfloat16 is the upper half of a float32, so
    reading is a shift and exact.

    >>> Bfloat16(np.array([0x3F80, 0xC000], np.uint16))[0:2]
    array([ 1., -2.], dtype=float32)
    """

    def __init__(self, bits: Any):
        self.bits = bits
        self.shape: tuple[int, ...] = tuple(bits.shape)

    @property
    def nbytes(self) -> int:
        """Bytes held: two a number."""
        return int(np.prod(self.shape, dtype=np.int64)) * 2

    def __getitem__(self, index: Any) -> np.ndarray:
        wide = np.asarray(self.bits[index]).astype(np.uint32)
        return np.left_shift(wide, 16, out=wide).view(np.float32)
