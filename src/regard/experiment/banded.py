"""Calls over sliding windows with global tokens, whose rows are read from and written to a band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from regard.capture.band import Band
from regard.capture.calls import Call
from regard.capture.families import HIDES


@dataclass(frozen=True, eq=False)
class Banded:
    """One of the two calls of a layer (Longformer, LED): the rows of the global tokens, or those of the others."""

    call: Call

    @property
    def _band(self) -> Band:
        assert self.call.band is not None
        return self.call.band

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Heads, and twice the number of tokens that are no padding."""
        return self._band.heads, self._band.tokens, self._band.tokens

    def has(self, query: int) -> bool:
        """Whether this call computes that query's rows."""
        return self._band.has(query)

    def scores(self, variants: list[int], heads: list[int], queries: list[int]) -> Tensor:
        """What the softmax gets; minus infinity outside a query's window."""
        found = self._band.rows(self._band.scores.float(), variants, heads, queries, -torch.inf)
        return found.masked_fill(found <= HIDES, -torch.inf)

    def summed(self, weights: Tensor, variants: list[int], heads: list[int]) -> Tensor:
        """Never asked for: the module sums the values itself."""
        raise NotImplementedError

    def joined(self, output: Tensor) -> Tensor:
        """As it is."""
        return output

    def parted(self, output: Tensor) -> Tensor:
        """As it is."""
        return output

    def table(self, weights: Tensor) -> BandTable:
        """Weights whose rows are as long as the text."""
        return BandTable(weights.clone(), self._band)


@dataclass(frozen=True, eq=False)
class BandTable:
    """Weights as a band's softmax has them, written to by rows over all keys."""

    held: Tensor
    band: Band

    @property
    def dtype(self) -> torch.dtype:
        """Type of the numbers."""
        return self.held.dtype

    def __setitem__(self, place: tuple[Tensor, Tensor, Tensor], rows: Any) -> None:
        """Write rows [variant, head, query, key], or one number."""
        variant, head, query = place
        if self.band.of_global:
            number = torch.tensor([self.band.places.index(one) for one in query.flatten().tolist()])
            self.band.by_head(self.held)[..., : self.band.tokens][variant, head, number.view(query.shape)] = rows
            return
        if isinstance(rows, Tensor):
            width = self.held.shape[-1]
            index = self.band.columns(query.flatten().to(rows.device)).expand(rows.shape)
            rows = rows.new_zeros(*rows.shape[:-1], width + 1).scatter(-1, index, rows)[..., :width]
        self.held[variant, query, head] = rows
