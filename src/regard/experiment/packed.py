"""Packed sequences, whose attention comes in several calls of one layer, one for each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from regard.capture.calls import Call
from regard.experiment.rows import scores, summed


@dataclass(frozen=True, eq=False)
class Packed:
    """One part, from the token ``first`` on, of a sequence of so many ``tokens``; a query sees keys of its part."""

    call: Call
    first: int
    tokens: int

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Heads, and twice the tokens of the whole sequence."""
        return self.call.query.shape[1], self.tokens, self.tokens

    @property
    def _part(self) -> slice:
        return slice(self.first, self.first + self.call.query.shape[2])

    def has(self, query: int) -> bool:
        """Whether the query is in this part."""
        return query in range(self.first, self.first + self.call.query.shape[2])

    def scores(self, variants: list[int], heads: list[int], queries: list[int]) -> Tensor:
        """Each query's scores of its own part; minus infinity elsewhere."""
        found = scores(self.call, variants, heads, [query - self.first for query in queries])
        whole = found.new_full((*found.shape[:-1], self.tokens), -torch.inf)
        whole[..., self._part] = found
        return whole

    def summed(self, weights: Tensor, variants: list[int], heads: list[int]) -> Tensor:
        """The values of this part summed with these weights."""
        return summed(self.call, weights[..., self._part], variants, heads)

    def joined(self, output: Tensor) -> Tensor:
        """What heads gave in this part, with nothing around it."""
        whole = output.new_zeros(len(output), self.tokens, *output.shape[2:])
        whole[:, self._part] = output
        return whole

    def parted(self, output: Tensor) -> Tensor:
        """This part of it."""
        return output[:, self._part].contiguous()

    def table(self, weights: Tensor) -> PartTable:
        """Weights whose rows are as long as the whole sequence."""
        return PartTable(weights.clone(), self._part)


@dataclass(frozen=True, eq=False)
class PartTable:
    """Weights [variant, head, query, key] of a part, written to by rows over the keys of the whole sequence."""

    held: Tensor
    part: slice

    @property
    def dtype(self) -> torch.dtype:
        """Type of the numbers."""
        return self.held.dtype

    def __setitem__(self, place: tuple[Tensor, Tensor, Tensor], rows: Any) -> None:
        """Write rows, or one number."""
        variant, head, query = place
        self.held[variant, head, query - self.part.start] = rows[..., self.part] if isinstance(rows, Tensor) else rows
