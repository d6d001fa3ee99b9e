"""Attention scores in the making: which queries, keys, factors and additions a tensor was computed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Scores:
    """``scale · query · key + Σ terms``; with a ``cap`` c, ``c · tanh(scale / c · query · key) + Σ terms``.

    ``query`` [..., query, d_head] and ``key`` [..., key, d_head] have leading axes that broadcast to those of the
    scores. Terms are added (floating) or say which cells are visible (boolean); they broadcast to the scores.
    """

    query: Tensor
    key: Tensor
    scale: float = 1.0
    cap: float | None = None
    terms: tuple[Tensor, ...] = ()

    def times(self, factor: Any) -> Scores | None:
        """These scores multiplied by a number, by one factor per row, or by a mask of zeros and ones.

        A mask leaves zeros where it hides; to add a large negative number there is then the next step of models that
        do so.
        """
        if not isinstance(factor, Tensor) or factor.numel() == 1:
            number = float(factor)
            cap = None if self.cap is None else self.cap * number
            return replace(self, scale=self.scale * number, cap=cap, terms=_times(self.terms, number))
        if factor.shape[-1] == 1 and self.cap is None:
            return replace(self, query=self.query * factor, terms=_times(self.terms, factor))
        return self.plus(factor != 0) if bool(((factor == 0) | (factor == 1)).all()) else None

    def plus(self, term: Any) -> Scores:
        """These scores with something added; a number, the same for all keys, changes no weight."""
        return replace(self, terms=(*self.terms, term)) if isinstance(term, Tensor) else self

    def tanh(self) -> Scores | None:
        """The hyperbolic tangent of these scores, where nothing has been added before."""
        return None if self.terms or self.cap is not None else replace(self, cap=1.0)

    def led(self, lead: torch.Size, change: Callable[[Tensor], Tensor]) -> Scores:
        """These scores, whose leading axes were ``lead``, with the leading axes changed."""

        def changed(tensor: Tensor) -> Tensor:
            if tensor.ndim < 3 or tensor.shape[:-2].numel() == 1:
                return tensor.reshape(tensor.shape[-2:])
            return change(tensor.expand(*lead, *tensor.shape[-2:]))

        terms = tuple(changed(term) for term in self.terms)
        return replace(self, query=changed(self.query), key=changed(self.key), terms=terms)

    def rows(self, queries: list[int]) -> Tensor:
        """The scores of these queries, computed from what they are made of: [..., query, key]."""
        found = self.query[..., queries, :] @ self.key.mT * (self.scale / (self.cap or 1.0))
        found = found if self.cap is None else found.tanh() * self.cap
        for term in self.terms:
            part = term[..., queries, :] if term.ndim > 1 and term.shape[-2] > 1 else term
            found = found.masked_fill(~part, -torch.inf) if part.dtype == torch.bool else found + part
        return found


def _times(terms: tuple[Tensor, ...], factor: Any) -> tuple[Tensor, ...]:
    return tuple(term if term.dtype == torch.bool else term * factor for term in terms)
