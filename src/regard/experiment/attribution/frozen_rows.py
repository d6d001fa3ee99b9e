"""Values summed with constant weights, which are computed again whenever they are needed, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from regard.capture.calls import Call
from regard.experiment.rows import scores, softmax, summed

BLOCK = 1 << 24
"""How many weights there are at a time."""


def frozen_sum(call: Call) -> Tensor:
    """What the heads of an attention call give, [batch, query, head, d_value], with its weights as constants.

    Gradients go to the values alone. No more than a block of the weights is in memory, in the backward pass too.
    """
    assert call.value is not None
    rows = _Rows(replace(call, query=call.query.detach(), key=call.key.detach(), value=call.value.detach()))
    found: Tensor = _Sum.apply(call.value, rows)  # type: ignore[no-untyped-call]
    return found.to(call.value.dtype)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The weights of a call, [batch, head, query, key]."""

    call: Call

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """Rows, and their weights."""
        batch, heads, queries, _ = self.call.query.shape
        size = max(1, BLOCK // (batch * heads * self.call.key.shape[2]))
        for first in range(0, queries, size):
            rows = list(range(first, min(first + size, queries)))
            found = scores(self.call, list(range(batch)), list(range(heads)), rows)
            yield slice(first, first + size), softmax(found, self.call, list(range(heads)))

    def times(self, value: Tensor) -> Tensor:
        """Values [batch, kv_head, key, d_value] summed, [batch, query, head, d_value]."""
        call = replace(self.call, value=value)
        batch, heads = list(range(value.shape[0])), list(range(call.query.shape[1]))
        return torch.cat([summed(call, weights, batch, heads).transpose(1, 2) for _, weights in self.blocks()], dim=1)

    def transposed_times(self, given: Tensor) -> Tensor:
        """What comes back to the values [batch, kv_head, key, d_value] of [batch, query, head, d_value]."""
        total: Any = 0
        for rows, weights in self.blocks():
            total = total + torch.einsum("bhqk,bqhd->bhkd", weights, given[:, rows].to(weights))
        kv_heads = self.call.key.shape[1]
        found: Tensor = total.unflatten(1, (kv_heads, -1)).sum(2)
        return found


class _Sum(torch.autograd.Function):
    """A linear map; its gradient is the transposed one, and that one's gradient this."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, rows: _Rows) -> Tensor:
        """A v."""
        ctx.rows, ctx.dtype = rows, value.dtype
        return rows.times(value)

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> Any:
        """Aᵀ g."""
        return _Transposed.apply(given, ctx.rows).to(ctx.dtype), None  # type: ignore[no-untyped-call]


class _Transposed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, given: Tensor, rows: _Rows) -> Tensor:
        """Aᵀ g."""
        ctx.rows, ctx.dtype = rows, given.dtype
        return rows.transposed_times(given)

    @staticmethod
    def backward(ctx: Any, value: Tensor) -> Any:
        """A v."""
        return _Sum.apply(value, ctx.rows).to(ctx.dtype), None  # type: ignore[no-untyped-call]
