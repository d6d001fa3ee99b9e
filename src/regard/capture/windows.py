"""Attention over many short sequences that make up one row: windows of a picture, frames, packed texts.

Such models put windows on the batch axis. A record shows them side by side: one sequence of all windows in the order
in which the model cuts them, in which a query sees its own window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from regard.capture.calls import Call


def side_by_side(call: Call, rows: int) -> Call:
    """The call with as many sequences as the batch has rows, each one the windows of its row, one after another.

    Unchanged where it has as many already, or where its sequences cannot be shared out evenly.
    """
    count, rest = divmod(call.query.shape[0], rows)
    if rest or count < 2:
        return call
    return replace(call, query=_joined(call.query, rows), key=_joined(call.key, rows), windows=count)


def _joined(states: Tensor, rows: int) -> Tensor:
    """[row · window, head, token, d] as [row, head, window · token, d]."""
    found = states.reshape(rows, -1, *states.shape[1:]).transpose(1, 2)
    return found.reshape(rows, found.shape[1], -1, states.shape[-1])


def of_row(term: Tensor, row: int, windows: int) -> Tensor:
    """A mask or bias of windows [row · window, head, query, key] as one row's [window or 1, head, query, key].

    Its first axis may also count the windows of a picture alone, or be one.
    """
    if len(term) <= windows:
        return term
    return term[row * windows : (row + 1) * windows]


@dataclass(frozen=True, eq=False)
class WindowArray:
    """An array [head, query, key] that is not zero within windows alone, held as [window or 1, head, query, key].

    It is sliced as numpy slices; what lies between windows reads as zero (or False).
    """

    held: np.ndarray
    windows: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """[head, query, key] of the windows side by side."""
        _, heads, queries, keys = self.held.shape
        return heads, queries * self.windows, keys * self.windows

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self.held.dtype

    def __getitem__(self, index: tuple[slice, slice, slice]) -> np.ndarray:
        heads, queries, keys = (np.arange(n)[part] for part, n in zip(index, self.shape, strict=True))
        of_query, query = np.divmod(queries, self.held.shape[2])
        of_key, key = np.divmod(keys, self.held.shape[3])
        window = np.minimum(of_query, len(self.held) - 1)
        found = self.held[window[:, None], heads[:, None, None], query[:, None], key]
        return np.where(of_query[:, None] == of_key, found, np.zeros((), self.dtype))
