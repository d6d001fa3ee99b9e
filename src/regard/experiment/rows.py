"""Scores and weights of chosen rows of an attention call, as its kernel computes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from regard.capture.calls import Call
from regard.capture.families import HIDES
from regard.capture.masks import implied_rule
from regard.errors import NoAttentionError


@runtime_checkable
class Attended(Protocol):
    """One attention call as whole sequences, one for each variant, whose rows can be computed and written over."""

    @property
    def call(self) -> Call:
        """The call as it was received."""

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Heads, queries and keys of each sequence."""

    def has(self, query: int) -> bool:
        """Whether this call computes that query's rows."""

    def scores(self, variants: list[int], heads: list[int], queries: list[int]) -> Tensor:
        """What the softmax gets, [variant, head, query, key]; minus infinity where a key is hidden."""

    def summed(self, weights: Tensor, variants: list[int], heads: list[int]) -> Tensor:
        """The values summed with these weights [variant, head, query, key], [variant, query, head, d_value]."""

    def joined(self, output: Tensor) -> Tensor:
        """What heads gave, [variant, query, head, d_value]."""

    def parted(self, output: Tensor) -> Tensor:
        """The same as the call gives it."""

    def table(self, weights: Tensor) -> Any:
        """A copy of the call's weights that is written to by ``table[variant, head, query] = rows``."""


@dataclass(frozen=True, eq=False)
class Whole:
    """A call of one sequence for each variant."""

    call: Call

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Heads, queries and keys."""
        _, heads, queries, _ = self.call.query.shape
        return heads, queries, self.call.key.shape[2]

    def has(self, query: int) -> bool:
        """Always."""
        return query >= 0

    def scores(self, variants: list[int], heads: list[int], queries: list[int]) -> Tensor:
        """See :func:`scores`."""
        return scores(self.call, variants, heads, queries)

    def summed(self, weights: Tensor, variants: list[int], heads: list[int]) -> Tensor:
        """See :func:`summed`."""
        return summed(self.call, weights, variants, heads)

    def joined(self, output: Tensor) -> Tensor:
        """As it is."""
        return output

    def parted(self, output: Tensor) -> Tensor:
        """As it is."""
        return output

    def table(self, weights: Tensor) -> Any:
        """A copy."""
        return weights.clone()


def scores(call: Call, variants: list[int], heads: list[int], queries: list[int]) -> Tensor:
    """What the softmax gets in these rows, ``scale · q · k + bias``, minus infinity where a key is hidden.

    [variant, head, query, key], in float32 or better; numbers are those within the call.
    """
    if call.band is not None:
        raise NoAttentionError(
            f"{call.path}: attention over sliding windows, which is no product of queries and keys of the whole text; "
            "knock-outs, replaced rows and ablations work there (regard.experiment.run and the scans)"
        )
    query = _wide(call.query if variants == _all(call) else call.query[variants])
    found = _times(query[:, heads][:, :, queries], call.key.mT, call, variants, heads) * call.scale
    if call.softcap is not None:
        found = torch.tanh(found / call.softcap) * call.softcap
    for term in call.terms:
        found = _with_term(found, _rows(term, call, variants, heads, queries))
    hidden = implied_rule(call).hidden(np.array(queries)[:, None], np.arange(call.key.shape[2])[None])
    return found.masked_fill(torch.as_tensor(hidden, device=found.device), -torch.inf)


def softmax(found: Tensor, call: Call, heads: list[int]) -> Tensor:
    """Weights of scores [variant, head, query, key]: attention sinks take their share; a row without keys is zero."""
    sink = call.sink
    if sink is not None:
        extra = _wide(sink)[heads].to(found.device)[None, :, None, None].expand(*found.shape[:-1], 1)
        return torch.cat([found, extra], dim=-1).softmax(-1)[..., :-1]
    empty = (found == -torch.inf).all(-1, keepdim=True)
    return found.masked_fill(empty, 0).softmax(-1).masked_fill(empty, 0)


def summed(call: Call, weights: Tensor, variants: list[int], heads: list[int]) -> Tensor:
    """The values summed with these weights, [variant, head, query, d_value]."""
    assert call.value is not None
    return _times(weights, call.value, call, variants, heads)


def check_value(call: Call, what: str) -> None:
    """Raises ``NoAttentionError`` where values are not seen, because the module itself sums them."""
    if call.value is None:
        raise NoAttentionError(
            f"{call.path}: {type(call.module).__name__} sums values in its own code, where {what} cannot see them; "
            "knock-outs and ablations work there (regard.experiment.run, scan_heads, scan_edges)"
        )


def _times(rows: Tensor, of_key_heads: Tensor, call: Call, variants: list[int], heads: list[int]) -> Tensor:
    """Rows [variant, head, query, ...] times what their key heads have; nothing is copied where all heads take part."""
    group = call.query.shape[1] // of_key_heads.shape[1]
    chosen = _wide(of_key_heads if variants == _all(call) else of_key_heads[variants])
    if len(heads) < call.query.shape[1]:
        return rows @ chosen[:, [head // group for head in heads]]
    count, _, queries, inner = rows.shape
    grouped = rows.reshape(count, chosen.shape[1], group * queries, inner)
    return (grouped @ chosen).reshape(count, len(heads), queries, chosen.shape[-1])


def _all(call: Call) -> list[int]:
    return list(range(call.query.shape[0]))


def _wide(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def _rows(term: Tensor, call: Call, variants: list[int], heads: list[int], queries: list[int]) -> Tensor:
    """The part of a mask or bias that belongs to these rows, with axes of one left as they are."""
    found = term if term.ndim > 2 else term[:, None, None]
    while found.ndim < 4:
        found = found[None]
    found = found[..., : call.key.shape[2]]
    for axis, chosen in enumerate((variants, heads, queries)):
        if found.shape[axis] > 1:
            found = found.index_select(axis, torch.tensor(chosen, device=found.device))
    return found


def _with_term(found: Tensor, term: Tensor) -> Tensor:
    if not term.dtype.is_floating_point:
        return found.masked_fill(term == 0, -torch.inf)
    return (found + term).masked_fill(term <= max(torch.finfo(term.dtype).min / 2, HIDES), -torch.inf)
