"""Calls whose batch axis holds several windows of each variant, read as one sequence of all windows side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from regard.capture.calls import Call
from regard.experiment.rows import scores, summed


@dataclass(frozen=True, eq=False)
class SideBySide:
    """A call [variant · window, head, query, ...] as records number it: one window's queries and keys after another's.

    Queries see the keys of their own window. ``count`` is the number of windows of each variant.
    """

    call: Call
    count: int

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Heads, queries and keys of all windows."""
        queries, keys = self._window
        return self.call.query.shape[1], self.count * queries, self.count * keys

    @property
    def _window(self) -> tuple[int, int]:
        return self.call.query.shape[2], self.call.key.shape[2]

    def has(self, query: int) -> bool:
        """Always."""
        return query >= 0

    def scores(self, variants: list[int], heads: list[int], queries: list[int]) -> Tensor:
        """Each query's scores of its own window; minus infinity elsewhere."""
        rows, columns = self._window
        shape = (len(variants), len(heads), len(queries), self.count * columns)
        whole = self.call.query.new_full(shape, -torch.inf, dtype=torch.float32)
        for window in sorted({query // rows for query in queries}):
            places = [place for place, query in enumerate(queries) if query // rows == window]
            local = [queries[place] % rows for place in places]
            found = scores(self._call_of(window), variants, heads, local)
            whole = whole.to(found.dtype)
            whole[:, :, places, window * columns : (window + 1) * columns] = found
        return whole

    def _call_of(self, window: int) -> Call:
        """The call of one window of every variant."""
        keywords = {name: value for name, value in self.call.keywords.items() if name != "position_bias"}
        query, key = (self._each(states)[:, window] for states in (self.call.query, self.call.key))
        terms = tuple(self._term(term, window) for term in self.call.terms)
        return replace(self.call, query=query, key=key, value=None, mask=None, keywords=keywords, added=terms)

    def _each(self, states: Tensor) -> Tensor:
        """[variant, window, ...] of [variant · window, ...]."""
        return states.reshape(-1, self.count, *states.shape[1:])

    def _term(self, term: Tensor, window: int) -> Tensor:
        """A mask or bias of all windows, of those of one variant, or of any window: that of this one."""
        found = term[:, None, None] if term.ndim == 2 else term
        if found.ndim < 4 or len(found) == 1:
            return found
        if len(found) == self.count:
            return found[window : window + 1]
        return self._each(found)[:, window]

    def summed(self, weights: Tensor, variants: list[int], heads: list[int]) -> Tensor:
        """The values of all windows summed with these weights."""
        assert self.call.value is not None
        value = self._each(self.call.value).transpose(1, 2).flatten(2, 3)
        whole = replace(self.call, query=self.call.query[:: self.count], value=value)
        return summed(whole, weights, variants, heads)

    def joined(self, output: Tensor) -> Tensor:
        """[variant, window · query, head, d_value] of [variant · window, query, head, d_value]."""
        return self._each(output).flatten(1, 2)

    def parted(self, output: Tensor) -> Tensor:
        """The other way round."""
        return output.reshape(self.call.query.shape[0], -1, *output.shape[2:])

    def table(self, weights: Tensor) -> WindowTable:
        """Weights whose rows are as long as all windows."""
        return WindowTable(weights.clone(), self.count)


@dataclass(frozen=True, eq=False)
class WindowTable:
    """Weights [variant · window, head, query, key], written to by rows over the keys of all windows."""

    held: Tensor
    count: int

    @property
    def dtype(self) -> torch.dtype:
        """Type of the numbers."""
        return self.held.dtype

    def __setitem__(self, place: tuple[Tensor, Tensor, Tensor], rows: Any) -> None:
        """Write rows [variant, head, query, key], of which each keeps its own window, or one number."""
        variant, head, query = place
        _, _, queries, keys = self.held.shape
        window = query // queries
        index = (variant * self.count + window, head, query % queries)
        if isinstance(rows, Tensor):
            columns = (window[..., None] * keys + torch.arange(keys)).to(rows.device)
            rows = rows.gather(-1, columns.expand(*rows.shape[:-1], keys))
        self.held[index] = rows
