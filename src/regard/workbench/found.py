"""What was found out about a state as the data that pictures and programs get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regard.measure.alignment import Alignment
from regard.measure.links import AlignmentError
from regard.view.found_spec import (
    AlignmentErrorSpec,
    ComponentsSpec,
    LinksSpec,
    NeighbourSpec,
    NeighboursSpec,
    PointSpec,
    ProjectionSpec,
    ReplacementSpec,
    ReplacementsSpec,
    WordSpec,
    WordsSpec,
)
from regard.view.state_spec import SequenceSpec
from regard.workbench.backend import Near, NearState, Plane, Word
from regard.workbench.components import Components
from regard.workbench.kept import Maker
from regard.workbench.replacements import Replacement
from regard.workbench.specs import finite
from regard.workbench.state import State

Asked = dict[str, Any]


def words_spec(state: State, asked: Asked, found: Sequence[Word]) -> WordsSpec:
    """The words nearest to one."""
    return WordsSpec(state.id, asked["side"], asked["position"], [_word(one) for one in found])


def links_spec(state: State, asked: Asked, found: Alignment) -> LinksSpec:
    """Word alignment, beside gold between the same."""
    start = len(state.decoding.start)
    gold = state.gold if state.gold is not None and state.gold.words == asked["words"] else None
    return LinksSpec(
        state=state.id,
        links=[list(link) for link in found.links],
        source_words=[list(word.tokens) for word in found.source],
        target_words=[[token - start for token in word.tokens] for word in found.target],
        heads=[list(head) for head in found.heads],
        how=found.how,
        words=asked["words"],
        pharaoh=found.pharaoh(),
        error=None if gold is None else _error(gold.error(found.links)),
    )


def neighbours_spec(state: State, asked: Asked, found: Near) -> NeighboursSpec:
    """The states of other texts nearest to one."""
    place = (state.id, asked["stream"], asked["layer"], asked["position"])
    return NeighboursSpec(*place, [_near(one) for one in found.found], found.note)


def projection_spec(state: State, asked: Asked, found: Plane) -> ProjectionSpec:
    """States and neighbours in two dimensions."""
    points = [PointSpec(x, y, n, None) for n, (x, y) in enumerate(found.own)]
    points += [PointSpec(x, y, None, n) for n, (x, y) in enumerate(found.places)]
    return ProjectionSpec(
        state=state.id,
        stream=asked["stream"],
        layer=asked["layer"],
        method=asked["method"],
        points=points,
        found=[_near(one) for one in found.found],
        labels=list(found.labels),
        explained=None if found.explained is None else list(found.explained),
        note=found.note,
        search=found.search,
    )


def components_spec(state: State, asked: Asked, found: Components) -> ComponentsSpec:
    """Components over positions."""
    return ComponentsSpec(
        state=state.id,
        stream=asked["stream"],
        layer=asked["layer"],
        positions=list(found.positions),
        dimensions=list(found.dimensions),
        values=_rows(found.values),
        change=list(found.change),
        width=found.width,
        beside=found.beside,
        others=None if found.others is None else _rows(found.others),
    )


def replacements_spec(state: State, asked: Asked, found: Sequence[Replacement]) -> ReplacementsSpec:
    """Words tried in a source token's place."""
    heads = None if asked["heads"] is None else [list(pair) for pair in asked["heads"]]
    tried = [
        ReplacementSpec(_word(one.word), one.attention, one.step, list(one.steps), finite(one.total)) for one in found
    ]
    return ReplacementsSpec(state.id, asked["position"], heads, tried)


MAKERS: dict[str, Maker] = {
    "words": words_spec,
    "links": links_spec,
    "neighbours": neighbours_spec,
    "projections": projection_spec,
    "components": components_spec,
    "replacements": replacements_spec,
}


def _word(one: Word) -> WordSpec:
    return WordSpec(one.id, one.label, one.piece, one.similarity, one.x, one.y)


def _error(found: AlignmentError) -> AlignmentErrorSpec:
    rates = (finite(found.rate), finite(found.precision), finite(found.recall))
    return AlignmentErrorSpec(*found, *rates)


def _near(found: NearState) -> NeighbourSpec:
    return NeighbourSpec(
        text=found.text,
        side=found.side,
        position=found.position,
        distance=found.distance,
        near=list(found.near),
        distances=list(found.distances),
        source=_labelled(found.source, found.source_text),
        target=None if found.target is None else _labelled(found.target, found.target_text or ""),
    )


def _labelled(labels: tuple[str, ...], text: str) -> SequenceSpec:
    """Tokens of which only the labels are known, and the text."""
    return SequenceSpec(None, list(labels), spaced(labels, text), [], None, None, text)


def spaced(labels: Sequence[str], text: str) -> list[str]:
    """Labels with the white space that stands before them in the text, where they are found there in order.

    >>> spaced(["The", "cat", "s", "</s>"], "The cats")
    ['The', ' cat', 's', '</s>']
    """
    found, at = [], 0
    for label in labels:
        rest = text[at:]
        gap = rest[: len(rest) - len(rest.lstrip())]
        here = bool(label.strip()) and rest.lstrip().startswith(label)
        found.append(gap + label if here else label)
        at += len(gap) + len(label) if here else 0
    return found


def _rows(values: Any) -> list[list[float]]:
    return [[float(f"{number:.5g}") for number in row] for row in values]
