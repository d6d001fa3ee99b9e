"""Weights → the bytes that travel: codes of one or two bytes on a root scale, compressed by zlib."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from regard.errors import not_one_of
from regard.record import Slices
from regard.view import TileHeader

Precision = Literal["auto", "u8", "u16"]
_PRECISIONS = ("auto", "u8", "u16")
_FINE_ELEMENTS = 300_000
_FOURTH_ROOT_ABOVE = 1024
_ROUNDING = 1e-4


@dataclass(frozen=True)
class Coding:
    """How a weight p in [0, 1] becomes a number: ``code = round(top · p^(1 / root))``, ``p' = (code / top)^root``.

    Attention is diffuse: on a linear scale of 256 steps four weights in five would become zero. Code 0 means exactly
    zero (or masked); a weight above zero never gets it.
    """

    dtype: Literal["u8", "u16"] = "u8"
    root: Literal[2, 4] = 2

    @property
    def top(self) -> int:
        """The largest code, which stands for weight 1."""
        return 255 if self.dtype == "u8" else 65535

    @property
    def error(self) -> float:
        """The largest absolute error: half a step (and the rounding of float arithmetic) below weight 1."""
        return float(1 - ((self.top - 0.5 - _ROUNDING) / self.top) ** self.root)

    def holds(self, weights: np.ndarray) -> bool:
        """Whether every weight is within reach of the codes, so that ``error`` is true of it."""
        return not weights.size or float(weights.max()) <= 1 + self.error

    def codes(self, weights: np.ndarray) -> np.ndarray:
        """Codes of weights, of the same shape."""
        scaled = np.sqrt(np.clip(weights, 0, 1).astype(np.float32 if self.dtype == "u8" else np.float64))
        if self.root == 4:
            scaled = np.sqrt(scaled)
        codes = np.rint(scaled * self.top).astype("u1" if self.dtype == "u8" else "<u2")
        codes[(codes == 0) & (weights > 0)] = 1
        return np.asarray(codes)


def choose(elements: int, keys: int, precision: Precision = "auto") -> Coding:
    """The coding for ``elements`` weights in rows of ``keys``: two bytes while the whole is small, else one.

    One byte takes the square root up to 1,024 keys and the fourth root above, where most weights are below the square
    root's first step (1/255² = 1.5e-5). Raises ``ArgumentError`` for a precision that does not exist.

    >>> choose(elements=100_000, keys=40), choose(elements=10**8, keys=4096)
    (Coding(dtype='u16', root=2), Coding(dtype='u8', root=4))
    """
    if precision not in _PRECISIONS:
        raise not_one_of("precision", precision, _PRECISIONS)
    if precision == "u16" or (precision == "auto" and elements <= _FINE_ELEMENTS):
        return Coding("u16", 2)
    return Coding("u8", 4 if keys > _FOURTH_ROOT_ABOVE else 2)


def encode(
    weights: np.ndarray, array: str, slices: Slices, coding: Coding | None, share: float = 1.0
) -> tuple[TileHeader, bytes]:
    """Header and bytes of a rectangle of an array, ``share`` of whose queries were read.

    Without a coding they travel as float32, and so do weights that are out of the codes' reach: above one (a user's
    own, unnormalized) or not a number.
    """
    coding = coding if coding is not None and coding.holds(weights) else None
    values = weights.astype("<f4") if coding is None else coding.codes(weights)
    header = TileHeader(
        array=array,
        slices=[[s.start, s.stop] for s in slices],
        dtype="f32" if coding is None else coding.dtype,
        root=1 if coding is None else coding.root,
        error=_rounding(weights, values) if coding is None else coding.error,
        compression="deflate",
        share=share,
    )
    return header, _deflate(values)


def _rounding(weights: np.ndarray, values: np.ndarray) -> float:
    apart = np.abs(values.astype(np.float64) - weights)
    return float(np.nanmax(apart, initial=0)) if values.dtype != weights.dtype else 0.0


def _deflate(values: np.ndarray) -> bytes:
    """zlib with run lengths and Huffman codes only: on attention smaller and 3 times faster than searching matches."""
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return packer.compress(values.tobytes()) + packer.flush()
