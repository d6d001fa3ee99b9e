"""What computes: numpy, or torch where the program has already loaded it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from regard.errors import ArgumentError

Pool = Literal["max", "mean"]


@dataclass(frozen=True)
class Machine:
    """A library and a device. ``xp`` is numpy or torch: of both only functions with one spelling are used.

    Arrays on a machine are numpy arrays or torch tensors; they enter through ``place`` and leave through ``back``.
    """

    xp: Any
    device: str = "cpu"

    @property
    def is_numpy(self) -> bool:
        """Whether arrays are numpy's own."""
        return self.xp is np

    def place(self, array: np.ndarray, dtype: np.dtype | None = None) -> Any:
        """The array here, contiguous, in this type."""
        if self.is_numpy:
            return np.ascontiguousarray(array, dtype or array.dtype)
        return self.xp.from_numpy(np.array(array, dtype or array.dtype, order="C")).to(self.device)

    def back(self, array: Any) -> np.ndarray:
        """The array as numpy's."""
        return np.asarray(array if self.is_numpy else array.cpu())

    def filled(self, shape: tuple[int, ...], value: float, dtype: np.dtype) -> Any:
        """An array of one value."""
        if self.is_numpy:
            return np.full(shape, value, dtype)
        return self.xp.full(shape, value, dtype=getattr(self.xp, dtype.name), device=self.device)

    def empty(self, size: int, dtype: np.dtype) -> Any:
        """A flat buffer with nothing in it yet."""
        if self.is_numpy:
            return np.empty(size, dtype)
        return self.xp.empty(size, dtype=getattr(self.xp, dtype.name), device=self.device)

    def hide(self, tile: Any, hidden: Any) -> None:
        """Write ``-inf`` where ``hidden``."""
        if self.is_numpy:
            np.copyto(tile, -np.inf, where=hidden)
        else:
            tile.masked_fill_(self.place(hidden), -np.inf)


_asked: ContextVar[Machine | None] = ContextVar("machine", default=None)


def machine() -> Machine:
    """The machine to use now: the GPU that the program already uses through torch, else numpy.

    Torch is looked up, never imported. On a CPU numpy with threads is at least as fast (docs/design has the figures).
    """
    asked = _asked.get()
    if asked is not None:
        return asked
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    return Machine(torch, "cuda") if cuda is not None and cuda.is_initialized() else Machine(np)


@contextmanager
def using(library: Literal["numpy", "torch"], device: str = "cpu") -> Iterator[Machine]:
    """Compute with this library inside the ``with`` block.

    >>> with using("numpy") as chosen:
    ...     chosen.device
    'cpu'
    """
    found = np if library == "numpy" else sys.modules.get("torch")
    if found is None:
        raise ArgumentError("torch is not loaded in this program; import it first, or use numpy")
    chosen = Machine(found, device)
    before = _asked.set(chosen)
    try:
        yield chosen
    finally:
        _asked.reset(before)


@contextmanager
def full_precision(chosen: Machine) -> Iterator[None]:
    """Without TF32, whose products carry three digits."""
    if chosen.is_numpy or (before := chosen.xp.get_float32_matmul_precision()) == "highest":
        yield
        return
    chosen.xp.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        chosen.xp.set_float32_matmul_precision(before)
