"""The workbench as data: the session, what is asked of it, and what it answers; plain JSON, no arrays.

These dataclasses are the one definition, with those of :mod:`regard.view.state_spec` and :mod:`regard.view.found_spec`;
``make spec`` writes them into ``web/src/spec.ts`` too. Nothing in them is particular to a model or to a library, so
that any back end can answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regard.view.found_spec import (
    ComponentsSpec,
    FoundSpec,
    LinksSpec,
    NeighboursOfferSpec,
    NeighboursSpec,
    ProjectionSpec,
    ReplacementsSpec,
    WordsSpec,
)
from regard.view.spec import ViewSpec
from regard.view.state_spec import BranchSpec, ComparisonSpec, StateSpec


@dataclass(frozen=True)
class HistorySpec:
    """One line of the history: its number, what it is called, what it was made from, its texts, its score, and whether
    it is a favourite."""

    id: int
    name: str
    parent: int | None
    made: str
    source: str
    target: str
    total: float | None
    score: float | None
    favourite: bool


@dataclass(frozen=True)
class WorkbenchSpec:
    """A session: every state by line, which is shown, which is pinned to be compared with, and the whole states that
    travel along (a page without Python has all of them).

    ``changes`` counts what has changed so far: of two sessions the one with more is the newer. ``live``: requests are
    answered. ``can_edit_source``: the source is words (not sound or a picture); ``can_edit_sound``: it is a sound, of
    which stretches can be silenced and cut out. ``comparison`` is that of the pinned state and the one shown; any
    others can be asked for. What was ``found`` is what a page without Python knows.
    """

    changes: int
    history: list[HistorySpec]
    current: int
    pinned: int | None
    comparison: ComparisonSpec | None
    can_undo: bool
    can_redo: bool
    live: bool
    can_edit_source: bool
    can_edit_sound: bool
    family: str
    encoder_decoder: bool
    states: list[StateSpec]
    neighbours: NeighboursOfferSpec | None
    found: FoundSpec | None


@dataclass(frozen=True)
class Seq2SeqSpec(ViewSpec):
    """The declaration of the workbench's view: that of any view, of the state shown, and the session."""

    workbench: WorkbenchSpec


@dataclass(frozen=True)
class RequestSpec:
    """What is asked of a workbench: an ``ask`` of :data:`ASKS`, and the fields that it takes.

    A number ``id`` comes back with the answer. A request that decodes takes the place of one that still runs.
    """

    id: int
    ask: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class AnswerSpec:
    """What a workbench answers: the session as it is now, without whole states but those in ``states`` that are new or
    asked for, and what was asked for. ``error`` says why nothing was done; ``cancelled``, that another request came.
    """

    id: int
    error: str | None = None
    cancelled: bool = False
    session: WorkbenchSpec | None = None
    comparison: ComparisonSpec | None = None
    branch: BranchSpec | None = None
    words: WordsSpec | None = None
    links: LinksSpec | None = None
    neighbours: NeighboursSpec | None = None
    projection: ProjectionSpec | None = None
    components: ComponentsSpec | None = None
    replacements: ReplacementsSpec | None = None


@dataclass(frozen=True)
class ProgressSpec:
    """How far a request is: tokens so far, of at most so many; of a projection, states; of replacements, words."""

    id: int
    tokens: int
    most: int


ASKS: dict[str, dict[str, str]] = {
    "show": {"state": "int"},
    "translate": {"text": "str"},
    "replace_source": {"position": "int", "by": "int | str"},
    "insert_source": {"position": "int", "what": "int | str"},
    "delete_source": {"position": "int"},
    "silence_source": {"start": "number", "stop": "number"},
    "cut_source": {"start": "number", "stop": "number"},
    "keep_source": {"start": "number", "stop": "number"},
    "force": {"step": "int", "token": "int | str"},
    "follow": {"node": "int"},
    "score": {"target": "str"},
    "begin": {"target": "str"},
    "edit_attention": {"edits": "list[AttentionEditSpec]"},
    "reset_attention": {"step": "int | None"},
    "settings": {"beams": "int", "k": "int", "max_new_tokens": "int"},
    "undo": {},
    "redo": {},
    "rename": {"state": "int", "name": "str"},
    "pin": {"state": "int | None"},
    "swap": {},
    "compare": {"first": "int", "second": "int"},
    "branch": {"state": "int", "node": "int"},
    "words": {"state": "int", "side": "str", "position": "int", "k": "int"},
    "links": {"state": "int", "heads": "list[pair] | None", "how": "str | None", "words": "bool | None"},
    "neighbours": {"state": "int", "stream": "str", "layer": "int", "position": "int", "k": "int"},
    "projection": {"state": "int", "stream": "str", "layer": "int", "method": "str", "k": "int"},
    "components": {
        "state": "int",
        "stream": "str",
        "layer": "int",
        "positions": "list[int] | None",
        "beside": "int | None",
        "count": "int",
    },
    "replacements": {"state": "int", "position": "int", "heads": "list[pair] | None", "k": "int"},
    "gold": {"state": "int", "links": "str | None", "words": "bool | None"},
    "favourite": {"state": "int", "on": "bool"},
    "session": {},
    "cancel": {},
}
"""Every request by name, with its fields. What follows a request that changes something is a new state. ``session``
asks for nothing but the session, with the state that is shown and the pinned one as a whole."""
