"""Answers attention calls with edits: the model's own kernel runs, then the edited rows are written over its output."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.written import AS_IS, Written
from regard.errors import ArgumentError, NoAttentionError
from regard.experiment.banded import Banded
from regard.experiment.edits import Edit
from regard.experiment.frame import Box, Frame
from regard.experiment.order import Order
from regard.experiment.packed import Packed
from regard.experiment.places import includes, numbers, reached
from regard.experiment.rows import Attended, Whole, softmax
from regard.experiment.side_by_side import SideBySide

Edits = Sequence[Edit]
Kept = Callable[[Kind, int, list[int], list[int], Tensor], None]
"""Told the weights [head, query, key] of edited rows of the first variant: kind, layer, heads, queries, weights."""


class NotApartError(NoAttentionError):
    """The variants of a batch cannot be told apart in an attention call."""


class Editor:
    """Makes each batch row of a run one variant, with the edits of that row.

    ``start`` tokens were run before and lie in a cache. Where the sequence ``grows``, edits of queries that are not
    there (yet, or any more) change nothing. ``packed`` is how many tokens those sequences have that come in several
    calls, by kind and layer. Rows of heads and queries that no edit names are exactly what the model's kernel gave.
    """

    def __init__(
        self,
        variants: Sequence[Edits],
        order: Order,
        start: int = 0,
        *,
        grows: bool = False,
        kept: Kept | None = None,
        packed: Mapping[tuple[Kind, int], int] | None = None,
    ) -> None:
        self._variants, self._order = variants, order
        self._start, self._grows, self._kept, self._packed = start, grows, kept, packed or {}
        self.used: set[int] = set()
        """``id`` of the edits whose layer was seen (and, in a sequence that grows, whose queries)."""
        self.seen: set[tuple[Kind, int]] = set()
        """Kind and layer of the attention that was edited."""

    def __call__(self, call: Call, run: Callable[[], Any]) -> Any:
        """What the attention function answers."""
        kind, layer, layers = self._order.number(call)
        here = [[edit for edit in edits if _is_at(edit, kind, layer, layers)] for edits in self._variants]
        if kind is None or not any(here):
            return AS_IS
        attended = self._attended(call, self._packed.get((kind, layer)))
        turn = 0 if isinstance(attended, Packed) else self._order.turn
        box = Box(kind, layer, self._frame(kind, attended), [], [], turn=turn, in_parts=isinstance(attended, Packed))
        if self._grows:
            here = [[edit for edit in edits if reached(edit.query, *box.frame.span)] for edits in here]
            if not any(here):
                return AS_IS
        self.used |= {id(edit) for edits in here for edit in edits}
        self.seen.add((kind, layer))
        answer = run()
        if isinstance(answer, Written):
            return _written(_Rows(attended, None, attended.table(answer.weights), box, self._grows, self._kept), here)
        output, weights = answer if isinstance(answer, tuple) else (answer, None)
        whole = attended.joined(output.clone())
        table = attended.table(weights) if isinstance(weights, Tensor) else None
        _Rows(attended, whole, table, box, self._grows, self._kept).edit(here)
        output = attended.parted(whole)
        return (output, _held(table), *answer[2:]) if isinstance(answer, tuple) else output

    def _frame(self, kind: Kind, attended: Attended) -> Frame:
        heads, queries, keys = attended.sizes
        if not self._grows and not self._start:
            return Frame(heads, queries, keys)
        if kind == "encoder" and queries == keys and not self._start:
            return Frame(heads, queries, keys)
        whole = self._start + queries
        if kind == "cross":
            return Frame(heads, whole, keys, self._start)
        if keys > whole:
            raise ArgumentError(
                f"{attended.call.path}: a cache of {keys} places holds {whole} tokens; edits need one that grows with "
                "the text (the default cache, not cache_implementation='static')"
            )
        return Frame(heads, whole, whole, self._start, whole - keys)

    def _attended(self, call: Call, packed: int | None) -> Attended:
        """The call as one sequence for each variant; raises ``NoAttentionError`` where it is none."""
        count, rest = divmod(call.query.shape[0], len(self._variants))
        if packed is not None and (count, rest) == (1, 0) and call.query.shape[2] == call.key.shape[2]:
            return Packed(call, self._order.begins, packed)
        if rest or call.windows or self._order.begins:
            raise NotApartError(
                f"{call.path}: attention over {call.query.shape[0]} sequences for a batch of {len(self._variants)}, "
                "or in several calls for one sequence, whose rows cannot be edited apart. Experiment on that part of "
                "the model alone"
            )
        if call.band is not None:
            return Banded(call)
        return Whole(call) if count == 1 else SideBySide(call, count)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of one call; ``output`` [variant, query, head, d_value] and the table ``weights`` [variant, head, query,
    key] are written into, each where there is one."""

    attended: Attended
    output: Tensor | None
    weights: Any
    box: Box
    grows: bool = False
    kept: Kept | None = None
    _places: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)

    def edit(self, variants: Sequence[Edits]) -> None:
        """Make the edits of each variant, those of weights first."""
        alike: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = defaultdict(list)
        for number, edits in enumerate(variants):
            on_weights = [edit for edit in edits if edit.changes_weights]
            if on_weights:
                alike[self._union(on_weights)].append(number)
        for (heads, queries), chosen in alike.items():
            if queries:
                self._edit_weights(list(heads), list(queries), chosen, [variants[number] for number in chosen])
        if self.output is not None:
            self.edit_outputs(self.output, variants)

    def edit_outputs(self, output: Tensor, variants: Sequence[Edits]) -> None:
        """Make the edits of what heads give, written into ``output``."""
        for number, edits in enumerate(variants):
            for edit in edits:
                if not edit.changes_weights:
                    self._edit_output(output, number, edit)

    def zero(self, variants: Sequence[Edits]) -> None:
        """Set the weights to zero where edits leave nothing of what heads give."""
        assert self.weights is not None
        for number, edits in enumerate(variants):
            for edit in edits:
                heads, queries = self._rows(edit) if edit.gives_zero else ([], [])
                if queries:
                    self.weights[_grid([number], heads, [query - self.box.frame.first_query for query in queries])] = 0

    def _edit_weights(self, heads: list[int], queries: list[int], chosen: list[int], edits: Sequence[Edits]) -> None:
        local = [query - self.box.frame.first_query for query in queries]
        found = self.attended.scores(chosen, heads, local)
        visible = found > -torch.inf
        boxes = [replace(self.box, heads=heads, queries=queries, visible=rows) for rows in visible]
        for i, box in enumerate(boxes):
            self._apply(box, found[i], edits[i], "on_scores")
        weights = softmax(found, self.attended.call, heads).clone()
        for i, box in enumerate(boxes):
            self._apply(box, weights[i], edits[i], "on_weights")
        v, h, q = _grid(chosen, heads, local)
        if self.output is not None:
            self.output[v, q, h] = self.attended.summed(weights, chosen, heads).to(self.output.dtype)
        if self.weights is not None:
            self.weights[v, h, q] = weights.to(self.weights.dtype)
        if self.kept is not None and 0 in chosen:
            self.kept(self.box.kind, self.box.layer, heads, queries, weights[chosen.index(0)])

    def _apply(self, box: Box, rows: Tensor, edits: Edits, what: str) -> None:
        """Let each edit change its part of the rows [head, query, key] of one variant, one after the other."""
        for edit in edits:
            if edit.changes_weights:
                heads, queries = self._rows(edit)
                box = replace(box, asked=self._place(edit)[1])
                if len(heads) == len(box.heads) and len(queries) == len(box.queries):
                    changed = getattr(edit, what)(rows, box)
                    if changed is not rows:
                        rows.copy_(changed)
                    continue
                part = box.index(heads, queries)
                rows[part] = getattr(edit, what)(rows[part], box.part(heads, queries))

    def _edit_output(self, output: Tensor, number: int, edit: Edit) -> None:
        heads, queries = self._place(edit)
        box = replace(self.box, heads=heads, queries=queries, outputs=output[number])
        q = torch.tensor(queries)[:, None] - self.box.frame.first_query
        h = torch.tensor(heads)[None]
        output[number, q, h] = edit.on_output(output[number, q, h], box)

    def _rows(self, edit: Edit) -> tuple[list[int], list[int]]:
        """The heads and queries of an edit whose weights this call computes."""
        heads, queries = self._place(edit)
        return heads, [query for query in queries if self.attended.has(query)]

    def _place(self, edit: Edit) -> tuple[list[int], list[int]]:
        """The heads and queries of an edit; those that lie in the cache are never edited."""
        found = self._places.get(id(edit))
        if found is None:
            frame = self.box.frame
            if self.grows:
                queries = reached(edit.query, *frame.span)
            else:
                queries = [q for q in numbers("query", edit.query, frame.queries) if q >= frame.first_query]
            found = numbers("head", edit.head, frame.heads), queries
            self._places[id(edit)] = found
        return found

    def _union(self, edits: Edits) -> tuple[tuple[int, ...], tuple[int, ...]]:
        places = [self._rows(edit) for edit in edits]
        heads = sorted({head for found, _ in places for head in found})
        return tuple(heads), tuple(sorted({query for _, found in places for query in found}))


def _written(rows: _Rows, variants: Sequence[Edits]) -> Written:
    """The answer to a call that a module writes out, which sums the values itself."""
    rows.edit(variants)
    rows.zero(variants)
    if not any(not (edit.changes_weights or edit.gives_zero) for edits in variants for edit in edits):
        return Written(_held(rows.weights))

    def outputs(given: Tensor) -> Tensor:
        found = rows.attended.joined(given.clone())
        rows.edit_outputs(found, variants)
        return rows.attended.parted(found)

    return Written(_held(rows.weights), outputs)


def _held(table: Any) -> Any:
    """The weights of a table that was written to."""
    return getattr(table, "held", table)


def _grid(variants: list[int], heads: list[int], queries: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    v, h, q = (torch.tensor(each) for each in (variants, heads, queries))
    return v[:, None, None], h[None, :, None], q[None, None]


def _is_at(edit: Edit, kind: Kind | None, layer: int, layers: int | None) -> bool:
    return edit.kind in (None, kind) and includes(edit.layer, layer, layers)
