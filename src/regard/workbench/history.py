"""Every state that was tried, which one is shown, and what was shown before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from regard.errors import ArgumentError, not_one_of
from regard.workbench.state import State


class History:
    """States in the order in which they were made, and a way back and forth through those that were shown."""

    def __init__(self) -> None:
        self._states: list[State] = []
        self._shown: list[int] = []
        self._at = -1
        self._pinned: int | None = None

    @property
    def states(self) -> tuple[State, ...]:
        """Every state."""
        return tuple(self._states)

    @property
    def current(self) -> State:
        """The state that is shown."""
        return self._states[self._shown[self._at]]

    @property
    def pinned(self) -> State | None:
        """The state that is pinned."""
        return None if self._pinned is None else self._states[self._pinned]

    @property
    def can_undo(self) -> bool:
        """Whether something was shown before."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether ``undo`` left something."""
        return self._at + 1 < len(self._shown)

    @property
    def way(self) -> dict[str, Any]:
        """What was ``shown`` in order, and ``at`` which of them it is."""
        return {"shown": list(self._shown), "at": self._at}

    def resume(self, way: dict[str, Any], pinned: int | None) -> State:
        """Be on this way, with this state pinned; the state that is shown."""
        self._shown = [self.at(state).id for state in way["shown"]]
        self._at = range(len(self._shown))[way["at"]]
        return self.pin(pinned)

    def at(self, state: int) -> State:
        """The state of that number; raises ``ArgumentError``."""
        if isinstance(state, bool) or not isinstance(state, int) or not 0 <= state < len(self._states):
            raise not_one_of("state", state, range(len(self._states)))
        return self._states[state]

    def add(self, state: State) -> State:
        """Show a new state."""
        self._states.append(state)
        return self.show(state.id)

    def show(self, state: int) -> State:
        """Show a state; what was undone is then forgotten as a way, not as a state."""
        found = self.at(state)
        if self._shown and self._shown[self._at] == state:
            return found
        self._shown = [*self._shown[: self._at + 1], state]
        self._at = len(self._shown) - 1
        return found

    def undo(self) -> State:
        """Back to what was shown before; raises ``ArgumentError`` at the first state."""
        if not self.can_undo:
            raise ArgumentError("there is nothing to undo: this is the first state")
        self._at -= 1
        return self.current

    def redo(self) -> State:
        """Forth again; raises ``ArgumentError`` where nothing was undone."""
        if not self.can_redo:
            raise ArgumentError("there is nothing to redo")
        self._at += 1
        return self.current

    def rename(self, state: int, name: str) -> State:
        """Call a state something; raises ``ArgumentError`` for an empty name."""
        if not isinstance(name, str) or not name.strip():
            raise ArgumentError(f"a state's name must be text that is not empty; got {name!r:.40}")
        return self.change(state, name=name.strip())

    def change(self, state: int, **fields: Any) -> State:
        """The state with other fields of what is told of it; its answer stays."""
        self._states[self.at(state).id] = replace(self.at(state), **fields)
        return self.at(state)

    def pin(self, state: int | None) -> State:
        """Pin a state, or none; the state that is shown."""
        self._pinned = None if state is None else self.at(state).id
        return self.current

    def swap(self) -> State:
        """Show the pinned state and pin the one that was shown; raises ``ArgumentError`` where none is pinned."""
        if self._pinned is None:
            raise ArgumentError("no state is pinned, so there is nothing to swap with; pin one first")
        shown, pinned = self.current.id, self._pinned
        self._pinned = shown
        return self.show(pinned)
