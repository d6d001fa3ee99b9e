"""The masks of one layer through all passes of a generation, shared by the layers that share their tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from regard.capture.arrays import Keep
from regard.capture.calls import Call
from regard.capture.generation.bias import Bias
from regard.capture.generation.spans import Spans, joined
from regard.capture.masks import Mask, Masks
from regard.record.mask import MaskRule

T = TypeVar("T")
_BIASES = ("bias", "distance_bias")


@dataclass(frozen=True)
class Place:
    """Where one pass of a layer stands in its sequences, padding included: ``past`` queries came before it; its keys
    are those from ``start`` to ``stop``, the rest of the tensor is not written yet."""

    past: int
    start: int
    stop: int


class Padding:
    """Which positions of one sequence are padding: those a prompt's mask [token] says; what follows it is none."""

    def __init__(self, mask: Tensor | None):
        self._real = None if mask is None or bool(mask.all()) else mask.detach().cpu().numpy() != 0

    def count(self, stop: int) -> int:
        """Number of real positions before ``stop``."""
        return stop if self._real is None else int(self._real[:stop].sum()) + max(0, stop - len(self._real))

    def keep(self, start: int, stop: int) -> Keep:
        """The real positions from ``start`` to ``stop``, counted from ``start``."""
        if self._real is None or self._real[start:].all():
            return slice(0, stop - start)
        real = np.ones(stop - start, dtype=bool)
        real[: len(self._real) - start] = self._real[start:stop]
        places = np.flatnonzero(real)
        if len(places) and places[-1] - places[0] == len(places) - 1:
            return slice(int(places[0]), int(places[-1]) + 1)
        return torch.from_numpy(places)


@dataclass(eq=False)
class Seen:
    """What one item's queries saw in one pass: once where all its rows (beams) saw the same, else row by row.

    ``spans`` are ``None`` where all queries are padding.
    """

    masks: tuple[Mask, ...]
    spans: tuple[Spans | None, ...]
    bias: Bias | None


@dataclass(eq=False)
class History:
    """What every item's queries saw in one pass, and in those before it."""

    before: History | None
    seen: tuple[Seen, ...]

    def joined(self, item: int, rows: Sequence[int], keys: int) -> tuple[MaskRule, Mapping[str, np.ndarray]]:
        """One item's rule and mask arrays over all passes, for the queries ``rows`` and the first ``keys`` keys.

        ``rows[query]`` is the row, among the item's own, in which that query was.
        """
        if self.before is None:
            found = _own(self.seen[item].masks, rows[0])
            return found.rule, found.arrays
        rule, arrays = joined(self._spans(item, rows), len(rows), keys)
        bias = self.seen[item].bias
        return rule, arrays if bias is None else {**arrays, **bias.arrays(rows, keys)}

    def _spans(self, item: int, rows: Sequence[int]) -> list[Spans]:
        """The item's spans in each pass that has one of its queries, the first pass first."""
        found: list[Spans] = []
        here: History | None = self
        while here is not None:
            spans = here.seen[item].spans
            first = spans[0]
            if first is not None and first.position[0] < len(rows):
                own = _own(spans, rows[int(first.position[0])])
                found += [own] if own is not None else []
            here = here.before
        return found[::-1]


def _own(found: tuple[T, ...], row: int) -> T:
    """A row's own, or the only one where all rows share it."""
    return found[row] if len(found) > 1 else found[0]


class Histories:
    """Reduces the masks of each pass as they come: once for all layers that have had the same ones so far."""

    def __init__(self) -> None:
        self._masks = Masks()
        self._pass: dict[object, tuple[History, object]] = {}

    def begin(self) -> None:
        """A new pass begins: only the biases of the last one can be continued, so those before it are let go."""
        for history, _ in self._pass.values():
            for seen in history.before.seen if history.before is not None else ():
                seen.bias = None
        self._pass = {}

    def after(
        self, before: History | None, call: Call, place: Place, queries: Sequence[Padding], keys: Sequence[Padding]
    ) -> History:
        """The history of a layer that has had ``before``, with this call after it.

        ``queries`` and ``keys`` are the padding of every item's sequences.
        """
        held = call.terms
        window = call.keywords.get("sliding_window")
        key = (id(before), place, call.key.shape[2], call.kernel, window, call.is_causal, *map(_address, held))
        if key not in self._pass:
            group = call.query.shape[0] // len(queries)
            seen = tuple(
                self._seen(
                    None if before is None else before.seen[item].bias,
                    call,
                    place,
                    range(item * group, item * group + group),
                    *paddings,
                )
                for item, paddings in enumerate(zip(queries, keys, strict=True))
            )
            self._pass[key] = (History(before, seen), held)
        return self._pass[key][0]

    def _seen(
        self, bias: Bias | None, call: Call, place: Place, rows: range, of_query: Padding, of_key: Padding
    ) -> Seen:
        """What one item's rows saw, after what ``bias`` was added to the scores of the passes before."""
        rows = rows[:1] if all(_alike(term, rows) for term in call.terms) else rows
        found = [self._reduced(call, place, row, of_query, of_key) for row in rows]
        masks, spans = tuple(mask for mask, _ in found), tuple(one for _, one in found)
        here = spans[0]
        if here is not None and (bias is not None or any(not mask.arrays.keys().isdisjoint(_BIASES) for mask in masks)):
            bias = (bias or Bias.none(int(here.position[0]))).extended([mask.arrays for mask in masks], here)
        return Seen(masks, spans, bias)

    def _reduced(
        self, call: Call, place: Place, row: int, of_query: Padding, of_key: Padding
    ) -> tuple[Mask, Spans | None]:
        """The mask of one row, and the spans that it means."""
        stop = place.past + call.query.shape[2]
        mask = self._masks.of(call, row, of_query.keep(place.past, stop), of_key.keep(place.start, place.stop))
        past, first, last = of_query.count(place.past), of_key.count(place.start), of_key.count(place.stop)
        count = of_query.count(stop) - past
        if not count:
            return mask, None
        rule = replace(mask.rule, offset=last - first - count if mask.rule.offset else 0)
        return mask, Spans.of(rule, mask.arrays, past, count, first, last - first)


def _alike(tensor: Tensor, rows: range) -> bool:
    """Whether a mask or bias ([batch or 1, …]; without a batch: fewer axes) is the same for all these rows."""
    if len(rows) == 1 or tensor.shape[0] == 1 or tensor.ndim == 3:
        return True
    own = tensor[rows.start : rows.stop]
    return torch.equal(own, own[:1].expand_as(own))


def _address(tensor: Tensor) -> object:
    return (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
