"""Attention over many short sequences that make up one row: windows of a picture, frames, packed texts.

Such models put windows on the batch axis. A record shows them side by side: one sequence of all windows in the order
in which the model cuts them, in which a query sees its own window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef

from regard.capture.calls import Call


def side_by_side(call: Call, rows: int) -> Call:
    """The call with as many sequences as the batch has rows, each one the windows of its row, one after another.

    Unchanged where it has as many already, or where its sequences cannot be shared out evenly.
    """
    count, rest = divmod(call.query.shape[0], rows)
    if rest or count < 2:
        return call
    lengths = (call.query.shape[2],) * count
    return replace(call, query=_joined(call.query, rows), key=_joined(call.key, rows), windows=lengths)


def _joined(states: Tensor, rows: int) -> Tensor:
    """[row · window, head, token, d] as [row, head, window · token, d]."""
    found = states.reshape(rows, -1, *states.shape[1:]).transpose(1, 2)
    return found.reshape(rows, found.shape[1], -1, states.shape[-1])


class Pieces:
    """Tells whether a call only goes on with the one before it.

    Packed sequences (the pictures of a batch, the windows of one) come as one call for each part of the same tensors;
    and a module may attend twice with the same queries and keys, to values of two kinds.

    A call is kept only while it may go on, so that its tensors are not in memory longer than the model needs them.
    """

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._latest: _Memory | None = None

    def goes_on(self, call: Call) -> bool:
        """Whether this call belongs to the ones before it, and is counted among them."""
        latest, here = self._latest, _Memory.of(call)
        if latest is None or call.module is not latest.module or here.storages != latest.storages:
            return False
        if here.offset == latest.offset:
            return True
        if call.terms or not self._calls:
            return False
        self._calls.append(call)
        self._latest = here
        return True

    def begin(self, call: Call) -> None:
        """Let this call be the first of its own."""
        self._calls = [call] if _is_piece(call.query) else []
        self._latest = _Memory.of(call)

    def joined(self) -> Call | None:
        """The calls so far as one, with their sequences side by side; ``None`` when there is only one."""
        calls = self._calls
        if len(calls) < 2:
            return None
        query, key = (torch.cat([getattr(call, name) for call in calls], dim=2) for name in ("query", "key"))
        return replace(calls[0], query=query, key=key, windows=tuple(call.query.shape[2] for call in calls))


@dataclass(frozen=True, eq=False)
class _Memory:
    """Which memory a call's queries and keys are, without keeping it: a weak reference is equal to no later one."""

    module: nn.Module
    storages: tuple[StorageWeakRef, StorageWeakRef]
    offset: int

    @classmethod
    def of(cls, call: Call) -> _Memory:
        query, key = (
            StorageWeakRef(states.untyped_storage())  # type: ignore[no-untyped-call]
            for states in (call.query, call.key)
        )
        return cls(call.module, (query, key), int(call.query.storage_offset()))


def _is_piece(states: Tensor) -> bool:
    """Whether the memory of these states [sequence, head, token, d] has room for a token more."""
    span = sum((size - 1) * stride for size, stride in zip(states.shape, states.stride(), strict=True)) + 1
    return states.untyped_storage().nbytes() // states.element_size() - span >= states.stride(2)


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


@dataclass(frozen=True, eq=False)
class SameWindow:
    """An array [1, query, key] that is True within windows of these lengths, computed where it is sliced."""

    lengths: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """[1, query, key] of the windows side by side."""
        return 1, sum(self.lengths), sum(self.lengths)

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Boolean."""
        return np.dtype(bool)

    def __getitem__(self, index: tuple[slice, slice, slice]) -> np.ndarray:
        window = np.repeat(np.arange(len(self.lengths)), self.lengths)
        same: np.ndarray = window[index[1], None] == window[None, index[2]]
        return same[None][index[0]]
