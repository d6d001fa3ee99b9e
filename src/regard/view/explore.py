"""Explore: every layer and head of a record, and the ways to look at one of them, with one selection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record import Factored, Record, Slices
from regard.view.generation_view import GenerationView
from regard.view.head_view import HeadView
from regard.view.map_view import MapView
from regard.view.model_view import ModelView
from regard.view.neuron_view import NeuronView
from regard.view.spec import Language, Theme
from regard.view.text_view import TextView
from regard.view.view import Part, View

_LINES_UP_TO = 128
_HEAD_VIEW_UP_TO = 512
_NEURON_BYTES = 1 << 20
_COLOURED = (ModelView.name, HeadView.name, MapView.name, TextView.name, GenerationView.name)


@dataclass(frozen=True)
class Pane:
    """A view that can be a part of explore, and for which records it is (nothing: for all)."""

    name: str
    make: Callable[..., View]
    fits: Callable[[Record], bool] | None = None


def _is_short(record: Record) -> bool:
    return _longest(record) <= _HEAD_VIEW_UP_TO


def _has_queries(record: Record) -> bool:
    """Whether every layer holds queries and keys, and not finished weights."""
    attentions = record.attentions.values()
    return all(isinstance(one.layer(number), Factored) for one in attentions for number in one.present)


def _is_answer(record: Record) -> bool:
    """Whether the record is of a model while it wrote, and all its attention of what it wrote."""
    answer = record.generation
    return answer is not None and all(one.query_stream == answer.stream for one in record.attentions.values())


PANES = (
    Pane(ModelView.name, ModelView),
    Pane(HeadView.name, HeadView, _is_short),
    Pane(MapView.name, MapView),
    Pane(TextView.name, TextView),
    Pane(GenerationView.name, GenerationView, _is_answer),
    Pane(NeuronView.name, partial(NeuronView, page_bytes=_NEURON_BYTES), _has_queries),
)


@dataclass(frozen=True, eq=False, repr=False)
class Explore(View):
    """Several views of one record with one selection; see :func:`explore`. A source of all their arrays."""

    name: ClassVar[str] = "explore"

    pane: str | None = None
    panes: dict[str, View] = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        state = self.selection.state
        found = {
            pane.name: pane.make(
                self.record,
                kind=state.kind,
                layer=state.layer,
                heads=state.heads,
                include_layers=self.include_layers,
                include_heads=self.include_heads,
                color=self.color if pane.name in _COLOURED else None,
            )
            for pane in PANES
            if pane.fits is None or pane.fits(self.record)
        }
        object.__setattr__(self, "panes", found)
        if self.pane is not None and self.pane not in self.details():
            raise not_one_of("pane", self.pane, self.details())
        self.selection.link(*(view.selection for view in found.values()))

    def first_heads(self, heads: list[int]) -> list[int]:
        """One head, unless several are named."""
        return heads[:1]

    def details(self) -> list[str]:
        """Names of the views beside the grid of all layers and heads, one of which is open at a time."""
        return [name for name in self.panes if name != ModelView.name]

    @property
    def opened(self) -> View:
        """The view of one head that is open first."""
        short = HeadView.name if _longest(self.record) <= _LINES_UP_TO else MapView.name
        usual = GenerationView.name if GenerationView.name in self.panes else short
        return self.panes[self.pane or usual]

    def options(self) -> dict[str, str]:
        """Which views there are, which is open first, what the model is, and each view's own options."""
        answer = self.record.generation
        return {
            "panes": " ".join(self.details()),
            "pane": self.opened.name,
            "family": self.record.model.family,
            **({} if answer is None else {"prompt": str(answer.border), "answer": str(len(answer.answer))}),
            **{f"{name}.{key}": word for name, view in self.panes.items() for key, word in view.options().items()},
        }

    def scripts(self) -> tuple[str, ...]:
        """Names of the views whose scripts draw this one."""
        return (self.name, *self.panes)

    def spec(self) -> dict[str, Any]:
        """The declaration, with the token sequences of all the views."""
        found = super().spec()
        for view in self.panes.values():
            found["streams"] |= view.spec()["streams"]
        return found

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that any of the views refers to."""
        return tuple(dict.fromkeys(array for view in self.panes.values() for array in view.arrays()))

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        return self._owner(array).shape(array)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        return self._owner(array).read(array, slices)

    def refine(self, array: str, slices: Slices) -> Iterator[tuple[np.ndarray, float]]:
        """The rectangle as it gets better, and the share of the queries read for it; the last one is exact."""
        return self._owner(array).refine(array, slices)

    def parts(self) -> Iterator[Part]:
        """What any of the views needs on a page without Python, each part once."""
        found = _each_once(part for view in self.panes.values() for part in view.parts())
        return (part for part in found if not part[0].endswith(".weights") or self._is_whole(part))

    def overviews(self, kind: Kind, layer: int, head: int) -> list[Part]:
        """What any of the views needs beside the queries and keys of a head."""
        return list(_each_once(part for view in self.panes.values() for part in view.overviews(kind, layer, head)))

    def first_parts(self) -> list[Part]:
        """What the grid and the view that is open first need."""
        shown = (self.panes[ModelView.name], self.opened)
        return list(_each_once(part for view in shown for part in view.first_parts()))

    def _is_whole(self, part: Part) -> bool:
        array, (_, _, *rest) = part
        return all(found == slice(0, size) for found, size in zip(rest, self.shape(array)[2:], strict=True))

    def _owner(self, array: str) -> View:
        """The first of the views that knows the array."""
        for view in self.panes.values():
            try:
                view.shape(array)
            except ArgumentError:
                continue
            return view
        raise not_one_of("array", array, self.arrays())


def explore(
    record: Record,
    *,
    layer: int | None = None,
    head: int | None = None,
    heads: Sequence[int] | None = None,
    kind: Kind | None = None,
    pane: str | None = None,
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
    color: Any = None,
    question: Any = None,
) -> Explore:
    """Everything that can be looked at in a record, in one view with one selection.

    What was captured; every layer and head as a small picture; and for the one that is chosen there its lines between
    tokens (up to 512 tokens), its map, the text shaded by it, how its weights come out of queries and keys (where the
    record holds these), and an answer step by step (where the record is of one). What is selected in one is selected in
    all. ``pane`` names the view that is open first (``"head_view"``, ``"map_view"``, ``"text_view"`` or
    ``"neuron_view"``); it is the answer where there is one, else the lines up to 128 tokens and the map above.

    >>> import numpy as np, regard
    >>> view = regard.explore(regard.from_weights(np.full((2, 2, 3, 3), 1 / 3)), layer=1)
    >>> view.details(), view.selection.layer
    (['head_view', 'map_view', 'text_view'], 1)

    Save it as one offline page with ``view.save("page.html", budget="10 MB")``. Raises ``ArgumentError`` for a
    ``pane`` that this record does not have.
    """
    if head is not None and heads is not None:
        raise ArgumentError("give head= or heads=, not both")
    return Explore(
        record,
        kind=kind,
        layer=layer,
        heads=heads if head is None else [head],
        include_layers=include_layers,
        include_heads=include_heads,
        theme=theme,
        language=language,
        title=title,
        question=question,
        color=color,
        pane=pane,
    )


def _longest(record: Record) -> int:
    return max(max(one.queries, one.keys) for one in record.attentions.values())


def _each_once(parts: Iterator[Part]) -> Iterator[Part]:
    known: set[str] = set()
    for part in parts:
        if str(part) not in known:
            known.add(str(part))
            yield part
