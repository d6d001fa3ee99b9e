"""One state of a workbench: what was asked, and the answer; and two of them beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from regard.record.decoding import Decoding
from regard.workbench.backend import AttentionEdit
from regard.workbench.gold import Gold

Span = tuple[Literal["same", "replaced", "inserted", "deleted"], tuple[int, int], tuple[int, int]]
_CHANGES: dict[str, Literal["same", "replaced", "inserted", "deleted"]] = {
    "equal": "same",
    "replace": "replaced",
    "insert": "inserted",
    "delete": "deleted",
}


@dataclass(frozen=True, eq=False)
class State:
    """A source, a forced beginning, edits of attention and settings, and what the model answered to them.

    ``made`` says in words how it came from its ``parent``. ``gold`` are links that an annotator gave its answer.
    ``whole``: ``forced`` is the whole answer, of which nothing was searched for.
    """

    id: int
    name: str
    parent: int | None
    made: str
    source: Any
    forced: tuple[int, ...]
    edits: tuple[AttentionEdit, ...]
    settings: dict[str, Any]
    decoding: Decoding
    gold: Gold | None = None
    favourite: bool = False
    whole: bool = False

    @property
    def target(self) -> tuple[int, ...]:
        """Ids of the answer."""
        found = self.decoding.target.ids
        return () if found is None else tuple(int(i) for i in found)

    def __repr__(self) -> str:
        return f"<State {self.id} {self.name!r}: {self.decoding.text!r}, log p {self.decoding.total:.3f}>"


@dataclass(frozen=True)
class Comparison:
    """What differs between two states: spans of source and target tokens, and the second's scores less the first's."""

    first: int
    second: int
    source: tuple[Span, ...]
    target: tuple[Span, ...]
    total: float
    score: float | None


def compared(first: State, second: State) -> Comparison:
    """The token diff of two states (difflib's), of sources and of targets."""
    sources = [_names(one.decoding.source) for one in (first, second)]
    targets = [_names(one.decoding.target) for one in (first, second)]
    scores = [one.decoding.score for one in (first, second)]
    score = None if scores[0] is None or scores[1] is None else scores[1] - scores[0]
    return Comparison(
        first.id,
        second.id,
        spans(*sources),
        spans(*targets),
        second.decoding.total - first.decoding.total,
        score,
    )


def spans(first: Sequence[object], second: Sequence[object]) -> tuple[Span, ...]:
    """What turns one sequence into another.

    >>> spans("abc", "axc")
    (('same', (0, 1), (0, 1)), ('replaced', (1, 2), (1, 2)), ('same', (2, 3), (2, 3)))
    """
    found = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    return tuple((_CHANGES[what], (a, b), (c, d)) for what, a, b, c, d in found)


def _names(tokens: Any) -> list[object]:
    return list(tokens.pieces) if tokens.ids is None else [int(i) for i in tokens.ids]
