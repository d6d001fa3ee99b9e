"""Weights of sliding windows with global tokens (Longformer, LED), as these models return them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from regard.capture.arrays import to_numpy


@dataclass(frozen=True, eq=False)
class SlidingWeights:
    """An array [head, query, key] held as its window, and filled in where it is sliced as numpy slices.

    ``window`` [head, query, global + 2 · reach + 1] holds for each query the weights of the global tokens and then of
    the keys from ``reach`` before it to ``reach`` after it; ``places`` are the positions of the global tokens, and
    ``rows`` [head, key, global] their own weights of all keys. A global token's place in the windows is empty, and so
    is its own row. Memory is O(query · reach), not query².
    """

    window: np.ndarray
    reach: int
    places: tuple[int, ...]
    rows: np.ndarray | None

    @classmethod
    def of(cls, window: Tensor, rows: Tensor | None, reach: int, global_mask: Tensor | None) -> SlidingWeights:
        """Of what a model returns for one batch row; ``global_mask`` [token] is not zero at global tokens."""
        places = () if global_mask is None else tuple(global_mask.nonzero()[:, 0].tolist())
        extra = window.shape[-1] - 2 * reach - 1
        kept = window if extra == len(places) else window[..., [*range(len(places)), *range(extra, window.shape[-1])]]
        return cls(to_numpy(kept), reach, places, None if rows is None else to_numpy(rows[..., : len(places)]))

    @property
    def shape(self) -> tuple[int, int, int]:
        """[head, query, key]."""
        heads, tokens, _ = self.window.shape
        return heads, tokens, tokens

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self.window.dtype

    def cut(self, first: int, stop: int) -> SlidingWeights:
        """Of these tokens alone (the rest is padding)."""
        rows = None if self.rows is None else self.rows[:, first:stop]
        return SlidingWeights(
            self.window[:, first:stop], self.reach, tuple(place - first for place in self.places), rows
        )

    def __getitem__(self, index: tuple[slice, slice, slice]) -> np.ndarray:
        heads, queries, keys = (np.arange(n)[part] for part, n in zip(index, self.shape, strict=True))
        offset = keys[None, :] - queries[:, None] + self.reach
        inside = (offset >= 0) & (offset <= 2 * self.reach)
        column = len(self.places) + np.where(inside, offset, 0)
        found = np.where(inside, self.window[heads[:, None, None], queries[:, None], column], 0)
        for number, place in enumerate(self.places):
            found[:, :, keys == place] += self.window[heads[:, None], queries, number][:, :, None]
        for number, place in enumerate(self.places):
            if self.rows is not None:
                found[:, queries == place] = self.rows[heads[:, None], keys, number][:, None]
        return found.astype(self.dtype, copy=False)
