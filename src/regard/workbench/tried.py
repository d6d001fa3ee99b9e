"""States made one after another: one decoding at a time, a history, and whoever follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock, local
from typing import Any

from regard.workbench.backend import Backend
from regard.workbench.gold import Gold
from regard.workbench.history import History
from regard.workbench.state import Comparison, State, compared

Progress = Callable[[int, int], None]


class Tried:
    """What was tried with a back end, which of it is shown, and what it is compared with."""

    def __init__(self, backend: Backend, settings: dict[str, Any], progress: Progress | None) -> None:
        self.backend = backend
        self.progress = progress
        self._settings = settings
        self._lock, self._own = RLock(), local()
        self._turn = self._changes = 0
        self._observers: list[Callable[[], None]] = []
        self._history = History()

    @property
    def state(self) -> State:
        """The state that is shown."""
        return self._history.current

    @property
    def states(self) -> tuple[State, ...]:
        """Every state, in the order in which they were made."""
        return self._history.states

    @property
    def pinned(self) -> State | None:
        """The state that the one shown is compared with."""
        return self._history.pinned

    @property
    def can_undo(self) -> bool:
        """Whether something was shown before."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether ``undo`` left something."""
        return self._history.can_redo

    @property
    def comparison(self) -> Comparison | None:
        """The pinned state and the one shown, if one is pinned."""
        return None if self.pinned is None else compared(self.pinned, self.state)

    def compare(self, first: int, second: int) -> Comparison:
        """Any two states beside each other."""
        return compared(self._history.at(first), self._history.at(second))

    def undo(self) -> State:
        """Show the state that was shown before."""
        return self._moved(self._history.undo)

    def redo(self) -> State:
        """Show again what ``undo`` left."""
        return self._moved(self._history.redo)

    def show(self, state: int) -> State:
        """Show any state."""
        return self._moved(lambda: self._history.show(state))

    def rename(self, state: int, name: str) -> State:
        """Call a state something."""
        return self._moved(lambda: self._history.rename(state, name))

    def favourite(self, state: int | None = None, *, on: bool = True) -> State:
        """Mark a state as a favourite (the one shown, where none is named), or no more."""
        number = self._at(state).id
        return self._moved(lambda: self._history.change(number, favourite=bool(on)))

    def pin(self, state: int | None = -1) -> State:
        """Compare what is shown from now on with this state (the one shown, where none is named; ``None``: no more)."""
        return self._moved(lambda: self._history.pin(self.state.id if state == -1 else state))

    def swap(self) -> State:
        """Show the pinned state, and pin the one shown."""
        return self._moved(self._history.swap)

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call ``observer()`` after every change; returns a function that ends this."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    @property
    def changes(self) -> int:
        """How many changes there have been."""
        return self._changes

    def interrupt(self) -> int:
        """End what runs and takes long, if something does; the number of the next turn."""
        self._turn += 1
        return self._turn

    @contextmanager
    def telling(self, progress: Callable[[int, int], None] | None) -> Iterator[None]:
        """While open, what this thread does tells how far it is."""
        before = getattr(self._own, "progress", None)
        self._own.progress = progress
        try:
            yield
        finally:
            self._own.progress = before

    def _tried(self, made: str, *, whole: bool = False, **changes: Any) -> State:
        """Decode with these changes of the state shown, and show what comes of it."""
        turn = self.interrupt()
        with self._lock:
            before = self._history.current if self._history.states else None
            source = changes.get("source", before.source if before else None)
            forced = tuple(changes.get("forced", before.forced if before else ()))
            edits = tuple(changes.get("edits", before.edits if before else ()))
            settings = dict(changes.get("settings", before.settings if before else self._settings))
            used = {**settings, **({"beams": 1, "max_new_tokens": len(forced)} if whole else {})}
            decoding = self.backend.decode(
                source,
                forced=forced,
                edits=edits,
                settings={name: value for name, value in used.items() if value is not None},
                progress=self._progressed,
                stop=lambda: self._turn != turn,
            )
            number = len(self._history.states)
            parent = None if before is None else before.id
            state = State(number, f"{number}", parent, made, source, forced, edits, settings, decoding)
            shown = self._history.add(replace(state, gold=_inherited(before, state), whole=whole))
            self._changes += 1
        self._tell()
        return shown

    def _stopped(self) -> Callable[[], bool]:
        """Begin something long: whether the next one has begun since."""
        turn = self.interrupt()
        return lambda: self._turn != turn

    def _progressed(self, tokens: int, most: int) -> None:
        for told in (self.progress, getattr(self._own, "progress", None)):
            if told is not None:
                told(tokens, most)

    def _moved(self, move: Callable[[], State]) -> State:
        with self._lock:
            state = move()
            self._changes += 1
        self._tell()
        return state

    def _tell(self) -> None:
        for observer in list(self._observers):
            observer()

    def at(self, state: int) -> State:
        """The state of that number; raises ``ArgumentError``."""
        return self._history.at(state)

    def _at(self, state: int | None) -> State:
        return self.state if state is None else self._history.at(state)


def _inherited(before: State | None, state: State) -> Gold | None:
    """The gold of the state before, where source and answer are still the same."""
    if before is None or not isinstance(state.source, tuple):
        return None
    return before.gold if (before.source, before.target) == (state.source, state.target) else None
