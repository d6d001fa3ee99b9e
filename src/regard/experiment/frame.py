"""Where edited rows stand: the size of the whole sequence, and the part of it that one attention call is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.axes import Kind
from regard.errors import ArgumentError, NoAttentionError
from regard.experiment.places import numbers


@dataclass(frozen=True)
class Frame:
    """Heads, queries and keys of the whole sequence; the call holds those from ``first_query`` and ``first_key`` on."""

    heads: int
    queries: int
    keys: int
    first_query: int = 0
    first_key: int = 0

    @property
    def span(self) -> tuple[int, int]:
        """The first query of the call, and one past its last."""
        return self.first_query, self.queries


@dataclass(frozen=True, eq=False)
class Box:
    """Rows of one variant in one call: ``heads`` and ``queries`` (numbers of the whole sequence), ascending.

    ``visible`` [head, query, key] is which keys the model lets the rows see; ``outputs`` [query, head, d_value] what
    all heads give at all queries of the call, before the edit. Each is there where an edit is asked about it.

    ``asked`` are the queries of the edit, of which this call may compute a part (global tokens' rows are apart).
    ``turn`` counts the calls of one layer that go on with the same queries and keys, to values of another kind
    (LiLT); ``in_parts``: the layer's calls hold a part of the sequence each.
    """

    kind: Kind
    layer: int
    frame: Frame
    heads: list[int]
    queries: list[int]
    visible: Tensor | None = None
    outputs: Tensor | None = None
    turn: int = 0
    asked: Sequence[int] = ()
    in_parts: bool = False

    def part(self, heads: list[int], queries: list[int]) -> Box:
        """Some of the rows."""
        return replace(self, heads=heads, queries=queries, visible=self._visible_of(heads, queries))

    def _visible_of(self, heads: list[int], queries: list[int]) -> Tensor | None:
        return None if self.visible is None else self.visible[self.index(heads, queries)]

    def index(self, heads: list[int], queries: list[int]) -> tuple[Tensor, Tensor]:
        """What indexes these rows among those of the box, whose arrays are [head, query, ...]."""
        h = torch.tensor([self.heads.index(head) for head in heads])
        q = torch.tensor([self.queries.index(query) for query in queries])
        return h[:, None], q[None]

    @property
    def seen(self) -> Tensor:
        """``visible``, which is known wherever weights are edited."""
        assert self.visible is not None
        return self.visible

    def keys(self, asked: Any) -> Tensor:
        """The keys asked for as numbers within the call; those that its window has left behind are no longer there."""
        found = [key - self.frame.first_key for key in numbers("key", asked, self.frame.keys)]
        return torch.tensor([key for key in found if key >= 0], dtype=torch.long, device=self.seen.device)

    def free(self, keep: Any) -> Tensor:
        """Which keys [head, query, key] may get other weights: those seen, but not those to keep."""
        if isinstance(keep, tuple) and not keep:
            return self.seen
        return self.seen.index_fill(-1, self.keys(keep), False)

    def given(self, rows: np.ndarray, weights: Tensor) -> Tensor:
        """Rows [key], [query, key] or [head, query, key] as weights of the box; raises ``ArgumentError``."""
        frame, heads, queries = self.frame, len(self.heads), len(self.asked or self.queries)
        whole = rows.reshape((1,) * (3 - rows.ndim) + rows.shape)
        if whole.shape[2] != frame.keys or whole.shape[1] not in (1, queries) or whole.shape[0] not in (1, heads):
            raise ArgumentError(
                f"weights must be [key] = [{frame.keys}], [query, key] = [{queries}, {frame.keys}] or [head, query, "
                f"key] = [{heads}, {queries}, {frame.keys}]; got {list(rows.shape)}"
            )
        if whole.shape[1] > 1:
            asked = list(self.asked or self.queries)
            whole = whole[:, [asked.index(query) for query in self.queries]]
        found = torch.as_tensor(whole[..., frame.first_key :], device=weights.device).to(weights)
        found = found.expand(weights.shape)
        wrong = ((found != 0) & ~self.seen).nonzero()
        if len(wrong):
            _, query, key = wrong[0].tolist()
            raise ArgumentError(
                f"the weights given for query {self.queries[query]} look at key {key + frame.first_key}, which the "
                f"model hides from it in {self.kind} layer {self.layer}"
            )
        return found

    def permuted(self, weights: Tensor, free: Tensor, seed: int) -> Tensor:
        """Weights with those of free keys in another order, by (seed, layer, head, query): the same in every run."""
        order = torch.arange(weights.shape[-1], device=weights.device).repeat(*weights.shape[:2], 1)
        for h, head in enumerate(self.heads):
            for q, query in enumerate(self.queries):
                places = free[h, q].nonzero()[:, 0]
                shuffled = np.random.default_rng((seed, self.layer, head, query)).permutation(len(places))
                order[h, q, places] = places[torch.as_tensor(shuffled, device=places.device)]
        return weights.gather(-1, order)

    def whole_output(self) -> Tensor:
        """What the heads of the box give at all queries of the call, [query, head, d_value]."""
        assert self.outputs is not None
        if self.in_parts:
            raise NoAttentionError(
                f"{self.kind} layer {self.layer} attends to packed sequences part by part, so the mean of a head over "
                "all of them is not known when it is needed; Ablate by 'zero' or by outputs of a reference run works"
            )
        return self.outputs[:, self.heads]
