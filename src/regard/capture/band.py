"""Scores of sliding windows with global tokens, and where each key lies among them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Band:
    """What one softmax of a module with sliding windows gets (``scores``), of texts of so many ``tokens``.

    Either that of the windows, [batch, token, head, global + 2 · reach + 1]: the scores of the global tokens, at
    ``places``, and then of the keys from ``reach`` before the query to ``reach`` after it, where a global token's own
    place is empty. Or that of the global tokens' rows, [batch · head, global, token]. Tokens after the text's are
    padding.
    """

    scores: Tensor
    heads: int
    reach: int
    tokens: int
    places: tuple[int, ...]

    @property
    def of_global(self) -> bool:
        """Whether these are the rows of the global tokens, and not those of the others."""
        return self.scores.ndim == 3

    def has(self, query: int) -> bool:
        """Whether this softmax computes that query's rows."""
        return (query in self.places) == self.of_global

    def rows(self, held: Tensor, variants: list[int], heads: list[int], queries: list[int], empty: float) -> Tensor:
        """Rows [variant, head, query, key] of scores as the softmax gets them, ``empty`` where it gets none."""
        if self.of_global:
            found = self.by_head(held)[variants][:, heads][:, :, [self.places.index(query) for query in queries]]
            return found[..., : self.tokens]
        found = held[variants][:, queries][:, :, heads].transpose(1, 2)
        columns = self.columns(torch.tensor(queries, device=held.device))
        outside = columns == held.shape[-1]
        index = columns.masked_fill(outside, 0).expand(*found.shape[:-1], -1)
        return found.gather(-1, index).masked_fill(outside, empty)

    def columns(self, queries: Tensor) -> Tensor:
        """The column [query, key] of each key in the windows' softmax; one past the last where it has none."""
        keys = torch.arange(self.tokens, device=queries.device)
        offset = keys[None] - queries[:, None] + self.reach
        inside = (offset >= 0) & (offset <= 2 * self.reach)
        width = self.scores.shape[-1]
        found = torch.where(inside, width - 2 * self.reach - 1 + offset, width)
        for number, place in enumerate(self.places):
            found[:, place] = number
        return found

    def by_head(self, held: Tensor) -> Tensor:
        """[batch, head, global, token] of the global tokens' rows."""
        return held.reshape(-1, self.heads, *held.shape[1:])
