"""Which keys a query may see, as a rule instead of a matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from regard.axes import Visible

Positions = Int[np.ndarray, "..."]
Hidden = Bool[np.ndarray, "..."]


@dataclass(frozen=True)
class MaskRule:
    """A band of visible keys around each query.

    Query row ``i`` stands at position ``i + offset``, key ``j`` at position ``j``. A key is visible when it lies
    at most ``before`` positions before and at most ``after`` positions after the query (``None``: no limit), and,
    with ``chunk``, in the same chunk of that many positions (Llama 4). So full attention is ``MaskRule()``, causal
    attention ``MaskRule(after=0)``, Mistral's window of w keys ``MaskRule(before=w - 1, after=0)`` and ModernBERT's
    local attention ``MaskRule(before=w // 2, after=w // 2)``. ``offset`` is the number of cached keys before the
    first query.
    """

    before: int | None = None
    after: int | None = None
    chunk: int | None = None
    offset: int = 0

    @property
    def is_full(self) -> bool:
        """Whether every key is visible to every query."""
        return self.before is None and self.after is None and self.chunk is None

    def visible(self, queries: slice, keys: slice) -> Visible:
        """Boolean rectangle [query, key]: which of these keys each of these queries may see.

        >>> MaskRule(after=0).visible(slice(0, 2), slice(0, 3)).astype(int)
        array([[1, 0, 0],
               [1, 1, 0]])
        """
        return ~self.hidden(_steps(queries)[:, None], _steps(keys)[None, :])

    def hidden(self, query: Positions, key: Positions) -> Hidden:
        """Which keys are hidden, for query and key numbers of any shapes that broadcast."""
        position = query + self.offset
        hidden = np.zeros(np.broadcast_shapes(position.shape, key.shape), dtype=bool)
        if self.before is not None:
            hidden |= key < position - self.before
        if self.after is not None:
            hidden |= key > position + self.after
        if self.chunk is not None:
            hidden |= position // self.chunk != key // self.chunk
        return hidden

    def bounds(self, query: Positions, keys: slice) -> tuple[Positions, Positions]:
        """First and one past the last of these keys that each query sees; equal where it sees none.

        >>> MaskRule(before=1, after=0).bounds(np.array([0, 4]), slice(0, 9))
        (array([0, 3]), array([1, 5]))
        """
        position = query + self.offset
        start, stop = np.full_like(position, keys.start), np.full_like(position, keys.stop)
        if self.before is not None:
            start = np.maximum(start, position - self.before)
        if self.after is not None:
            stop = np.minimum(stop, position + self.after + 1)
        if self.chunk is not None:
            start = np.maximum(start, position // self.chunk * self.chunk)
            stop = np.minimum(stop, (position // self.chunk + 1) * self.chunk)
        start = np.minimum(start, keys.stop)
        return start, np.maximum(start, stop)

    def reach(self, queries: slice, keys: slice) -> slice:
        """The smallest run of these keys outside which none of these queries sees anything (it may be empty).

        >>> MaskRule(before=1, after=0).reach(slice(4, 6), slice(0, 9))
        slice(3, 6, None)
        """
        start, stop = self.bounds(np.array([queries.start, queries.stop - 1]), keys)
        return slice(int(start[0]), int(stop[1]))

    def core(self, queries: slice, keys: slice) -> slice:
        """The run of these keys that every one of these queries sees (it may be empty).

        >>> MaskRule(after=0).core(slice(4, 6), slice(0, 9))
        slice(0, 5, None)
        """
        start, stop = self.bounds(np.array([queries.start, queries.stop - 1]), keys)
        return slice(int(start[1]), max(int(start[1]), int(stop[0])))

    def shows_all(self, queries: slice, keys: slice) -> bool:
        """Whether each of these queries sees each of these keys."""
        return self.core(queries, keys) == keys


def _steps(run: slice) -> Positions:
    return np.arange(run.start, run.stop)
