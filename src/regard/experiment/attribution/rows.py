"""Rows of attention that gradients are taken by: which are asked for, and attention calls that answer with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.written import Written
from regard.errors import NoAttentionError
from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.scalar import Scalar
from regard.experiment.edits import Edit
from regard.experiment.layout import Site
from regard.experiment.order import Order
from regard.experiment.places import Numbers, numbers
from regard.experiment.question import Question
from regard.experiment.rows import scores, softmax, summed

Queries = Numbers | Literal["asked"]
"""Queries as everywhere, or ``"asked"``: the one whose prediction is asked about (the last one where there is none)."""


@dataclass(frozen=True)
class Chosen:
    """Heads and queries of one attention call, ascending numbers of the whole sequence."""

    heads: list[int]
    queries: list[int]


@dataclass(frozen=True, eq=False)
class Place:
    """The edges that are asked about: [layer, head, query, key] of one kind of attention."""

    question: Question
    kind: Kind
    sites: Sequence[Site]
    heads: list[int]
    queries: list[int]
    sizes: tuple[int, int, int, int]

    @classmethod
    def of(cls, question: Question, layer: Numbers, head: Numbers, query: Queries, kind: Kind | None) -> Place:
        """What these numbers name; raises ``ArgumentError`` for what does not exist."""
        layout = question.passes.layout
        if isinstance(query, str):
            query = -1 if question.position is None else question.position
        every = layout.of_kind(kind)
        named = every[0].kind
        sites = layout.touched(Edit(layer=layer, head=head, query=query, kind=named))
        heads = max(site.heads for site in every)
        sizes = (layout.counts[named], heads, sites[0].queries, sites[0].keys)
        return cls(question, named, sites, numbers("head", head, heads), numbers("query", query, sizes[2]), sizes)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the values, [layer, head, query, key]."""
        return len(self.sites), len(self.heads), len(self.queries), self.sizes[3]

    def heads_of(self, site: Site) -> list[int]:
        """The heads asked for that this layer has."""
        return [head for head in self.heads if head < site.heads]

    def attribution(self, values: np.ndarray, scalar: Scalar, what: str, total: float | None) -> Attribution:
        """The result."""
        return Attribution(
            values=values,
            effect=scalar.effect,
            axes=("layer", "head", "query", "key"),
            numbers={
                "layer": tuple(site.layer for site in self.sites),
                "head": tuple(self.heads),
                "query": tuple(self.queries),
                "key": tuple(range(self.sizes[3])),
            },
            sizes=self.sizes,
            what=f"{what}, {self.kind} attention",
            baseline=self.question.baseline,
            kind=self.kind,
            total=total,
        )


class Rows:
    """Answers attention calls with their chosen rows, computed anew, as tensors that gradients can be taken by.

    With ``factors`` [variant], variant v gets the row times factor v, cut off from what it was computed of; without,
    the row itself. ``start`` tokens lie in a cache. Afterwards ``rows`` holds the tensors [variant, head, query, key],
    ``whole`` the rows as they are [head, query, key].
    """

    def __init__(
        self, order: Order, chosen: Mapping[Site, Chosen], start: int = 0, factors: Tensor | None = None
    ) -> None:
        self._order, self._start, self._factors = order, start, factors
        self._chosen = {(site.kind, site.layer): (site, places) for site, places in chosen.items()}
        self.rows: dict[Site, Tensor] = {}
        self.whole: dict[Site, Tensor] = {}
        self._visible: dict[Site, Tensor] = {}

    def answer(self, call: Call, run: Callable[[], Any]) -> Any:
        """What the attention function answers."""
        kind, layer, _ = self._order.number(call)
        if kind is None or (kind, layer) not in self._chosen:
            return run()
        site, chosen = self._chosen[kind, layer]
        several = self._factors is not None and call.query.shape[0] != len(self._factors)
        if call.windows or site.windows > 1 or site.packed or self._order.turn or several:
            raise NoAttentionError(f"{call.path}: attention over packed sequences, whose rows cannot be told apart")
        queries = [query - self._start for query in chosen.queries]
        v, h, q = (torch.tensor(each, device=call.query.device) for each in (_all(call), chosen.heads, queries))
        answer = run()
        if isinstance(answer, Written):
            taken = self._taken(call, site, chosen.heads, queries).expand(len(v), -1, -1, -1)
            place = (v[:, None, None], h[None, :, None], q[None, None])
            return replace(answer, weights=answer.weights.index_put(place, taken.to(answer.weights.dtype)))
        if call.value is None:
            raise NoAttentionError(f"{call.path}: one function of torch projects and attends, whose rows are not seen")
        output, *rest = answer if isinstance(answer, tuple) else (answer,)
        given = summed(call, self._taken(call, site, chosen.heads, queries), _all(call), chosen.heads)
        output = output.index_put((v[:, None, None], q[None, None], h[None, :, None]), given.to(output.dtype))
        return (output, *rest) if isinstance(answer, tuple) else output

    def numpy(self, site: Site, values: Tensor) -> np.ndarray:
        """[head, query, key] among all keys of the site; NaN at those that are hidden."""
        found = values.double().masked_fill(~self._visible[site].to(values.device), torch.nan).cpu().numpy()
        left = np.full((*found.shape[:2], site.keys - found.shape[2]), np.nan)
        whole: np.ndarray = np.concatenate([left, found], axis=2)
        return whole

    def _taken(self, call: Call, site: Site, heads: list[int], queries: list[int]) -> Tensor:
        found = scores(call, _all(call) if self._factors is None else [0], heads, queries)
        weights = softmax(found, call, heads)
        self._visible[site] = (found > -torch.inf)[0]
        self.whole[site] = weights[0].detach()
        if self._factors is not None:
            factors = self._factors.to(weights)[:, None, None, None]
            weights = (weights.detach() * factors).requires_grad_()
        elif not weights.requires_grad:
            weights = weights.requires_grad_()
        self.rows[site] = weights
        return weights


def _all(call: Call) -> list[int]:
    return list(range(call.query.shape[0]))
