"""Whole numbers as byte planes: all low bytes, then all second bytes, …, which deflate shrinks far better."""

from __future__ import annotations

import numpy as np


def to_planes(numbers: np.ndarray, *, signed: bool) -> np.ndarray:
    """uint8 [plane, …]: as many planes as the largest number needs, at least one.

    Signed numbers go in zigzag order first (0, -1, 1, -2, … become 0, 1, 2, 3, …), so that small ones of either sign
    have empty upper planes.

    >>> to_planes(np.array([1, -1, 300]), signed=True)
    array([[ 2,  1, 88],
           [ 0,  0,  2]], dtype=uint8)
    """
    found = numbers.astype(np.int64)
    if signed:
        found = np.where(found < 0, -2 * found - 1, 2 * found)
    count = max(1, -(-int(found.max(initial=0)).bit_length() // 8))
    return np.stack([(found >> (8 * plane)) & 255 for plane in range(count)]).astype(np.uint8)


def from_planes(planes: np.ndarray, *, signed: bool) -> np.ndarray:
    """The numbers (int64) of such planes."""
    found = np.zeros(planes.shape[1:], np.int64)
    for plane, content in enumerate(planes):
        found |= content.astype(np.int64) << (8 * plane)
    return np.where(found & 1, -((found + 1) >> 1), found >> 1) if signed else found
