"""What was computed when somebody asked, kept so that it need not be computed again where there is no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from regard.view.found_spec import FoundSpec
from regard.workbench.state import State

T = TypeVar("T")
Maker = Callable[[State, dict[str, Any], Any], Any]


class Kept:
    """The last result of each question about each state, by what it is of (a field of ``FoundSpec``)."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, str], tuple[dict[str, Any], Any]] = {}

    def keep(self, kind: str, state: int, question: dict[str, Any], result: T) -> T:
        """Keep a result under its question, instead of an older one; the result."""
        name = (kind, state, repr(sorted(question.items())))
        self._found.pop(name, None)
        self._found[name] = (question, result)
        return result

    def spec(self, makers: Mapping[str, Maker], states: Sequence[State]) -> FoundSpec:
        """All of it, the latest last; ``makers`` make each kind into what the picture gets."""
        found: dict[str, list[Any]] = {kind: [] for kind in makers}
        for (kind, state, _), (question, result) in list(self._found.items()):
            found[kind].append(makers[kind](states[state], question, result))
        return FoundSpec(**found)
