"""Arrays kept in one byte a number, read as float32."""

from __future__ import annotations

from typing import Any

import numpy as np


class ScaledRows:
    """``codes · scale``: whole numbers from -127 to 127, and one float32 scale a row (the last axis is the row).

    >>> ScaledRows(*scaled_rows(np.array([[1.0, -0.5]], np.float32)))[0:1, 0:2].round(3)
    array([[ 1.   , -0.504]], dtype=float32)
    """

    def __init__(self, codes: Any, scale: Any):
        self.codes, self.scale = codes, scale
        self.shape: tuple[int, ...] = tuple(codes.shape)

    def __getitem__(self, index: Any) -> np.ndarray:
        index = index if isinstance(index, tuple) else (index,)
        rows = index[: len(self.shape) - 1]
        found: np.ndarray = self.codes[index].astype(np.float32)
        found *= np.asarray(self.scale[rows])[..., None]
        return found


def scaled_rows(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes (int8) and scales (float32) of an array; a row's largest number becomes ±127."""
    found = array.astype(np.float32, copy=False)
    scale = np.abs(found).max(axis=-1, initial=0) / np.float32(127)
    safe = np.where(scale > 0, scale, 1)
    return np.rint(found / safe[..., None]).astype(np.int8), scale.astype(np.float32)


class Roots:
    """``(codes / 255)²``: small weights keep their digits, and 0 and 1 are exact.

    >>> Roots(roots(np.array([0.0, 0.001, 0.5, 1.0])))[0:4].round(4)
    array([0.    , 0.001 , 0.4983, 1.    ], dtype=float32)
    """

    def __init__(self, codes: Any):
        self.codes = codes
        self.shape: tuple[int, ...] = tuple(codes.shape)

    def __getitem__(self, index: Any) -> np.ndarray:
        found: np.ndarray = self.codes[index].astype(np.float32)
        found /= 255
        found *= found
        return found


def roots(weights: np.ndarray) -> np.ndarray:
    """Codes (uint8) of weights from 0 to 1."""
    found: np.ndarray = np.sqrt(weights.astype(np.float32)) * 255
    codes: np.ndarray = np.rint(found)
    return codes.astype(np.uint8)
