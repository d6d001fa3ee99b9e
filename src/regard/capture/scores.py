"""Attention scores in the making: which queries, keys, factors and additions a tensor was computed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Scores:
    """``scale · query · key + Σ terms``; with a ``cap`` c, ``c · tanh(scale / c · query · key) + Σ terms``.

    ``query`` [..., query, d_head] and ``key`` [..., key, d_head] have leading axes that broadcast to those of the
    scores. Terms are added (floating) or say which cells are visible (boolean); they broadcast to the scores.
    ``grid`` is (row, column, row, column) while the axes of queries and keys are split into those of pictures.
    """

    query: Tensor
    key: Tensor
    scale: float = 1.0
    cap: float | None = None
    terms: tuple[Tensor, ...] = ()
    grid: torch.Size | None = None

    def times(self, factor: Any) -> Scores | None:
        """These scores multiplied by a number, by one factor per row, or by a mask of zeros and ones.

        A mask leaves zeros where it hides; to add a large negative number there is then the next step of models that
        do so.
        """
        if not isinstance(factor, Tensor) or factor.numel() == 1:
            number = float(factor)
            cap = None if self.cap is None else self.cap * number
            return replace(self, scale=self.scale * number, cap=cap, terms=_times(self.terms, number))
        if factor.shape[-1] == 1 and self.cap is None and self.grid is None:
            return replace(self, query=self.query * factor, terms=_times(self.terms, factor))
        return self.plus(factor != 0) if bool(((factor == 0) | (factor == 1)).all()) else None

    def plus(self, term: Any) -> Scores:
        """These scores with something added; what is the same for all keys of a query changes no weight."""
        if isinstance(term, Tensor) and self.grid is not None:
            whole = term.reshape(*(1,) * (4 - term.ndim), *term.shape)
            term = whole.expand(*whole.shape[:-4], *self.grid).flatten(-4, -3).flatten(-2)
        if not isinstance(term, Tensor) or term.ndim == 0 or (term.shape[-1] == 1 < self.key.shape[-2]):
            return self
        return replace(self, terms=(*self.terms, term))

    def joined(self, other: Scores) -> Scores | None:
        """The sum of two products (of text and of layout, LiLT) as one: their queries and keys side by side along
        d_head. The same tensors in either order, for as long as both are known."""
        first, second = sorted((self, other), key=id)
        known: Any = _sums.setdefault(first, WeakKeyDictionary())
        if second not in known:
            known[second] = first._with(second)
        found: Scores | None = known[second]
        return found

    def _with(self, other: Scores) -> Scores | None:
        plain = self.cap is other.cap is None and self.grid is other.grid is None
        if not plain or self.query.shape[:-1] != other.query.shape[:-1] or self.key.shape[:-1] != other.key.shape[:-1]:
            return None
        query = torch.cat([self.query * self.scale, other.query * other.scale], dim=-1)
        return Scores(query, torch.cat([self.key, other.key], dim=-1), terms=(*self.terms, *other.terms))

    def beside(self, other: Scores) -> Scores | None:
        """These scores and those of the same queries with further keys, side by side."""
        same = all(
            getattr(self.query, name)() == getattr(other.query, name)() for name in ("data_ptr", "stride", "size")
        )
        if not same or (self.scale, self.cap) != (other.scale, other.cap) or self.terms or other.terms:
            return None
        lead: Any = torch.broadcast_shapes(self.key.shape[:-2], other.key.shape[:-2])  # type: ignore[no-untyped-call]
        keys = [key.expand(*lead, *key.shape[-2:]) for key in (self.key, other.key)]
        return replace(self, key=torch.cat(keys, dim=-2))

    def tanh(self) -> Scores | None:
        """The hyperbolic tangent of these scores, where nothing has been added before."""
        return None if self.terms or self.cap is not None else replace(self, cap=1.0)

    def on_grid(self, before: torch.Size, after: torch.Size) -> Scores | None:
        """These scores, of the shape ``before``, with queries and keys split into rows and columns or whole again."""
        grid, whole = (after[-4:], before) if self.grid is None else (self.grid, after)
        sizes = (grid[:2].numel(), grid[2:].numel())
        lead = before[:-2] == after[:-4] if self.grid is None else before[:-4] == after[:-2]
        fits = len(grid) == 4 and lead and tuple(whole[-2:]) == sizes
        return replace(self, grid=grid if self.grid is None else None) if fits else None

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


_sums: WeakKeyDictionary[Scores, Any] = WeakKeyDictionary()
"""Sums of two scores, by both."""


def _times(terms: tuple[Tensor, ...], factor: Any) -> tuple[Tensor, ...]:
    return tuple(term if term.dtype == torch.bool else term * factor for term in terms)
