"""What if the source, the answer or its attention were another: each question makes a new state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regard.errors import ArgumentError, not_one_of
from regard.record.sound import Sound
from regard.workbench.backend import AttentionEdit
from regard.workbench.state import State
from regard.workbench.tried import Tried

SETTINGS = ("beams", "k", "max_new_tokens", "seed")


class WhatIf(Tried):
    """Questions to the model about the state that is shown. What cannot be done raises and changes nothing."""

    def translate(self, source: Any) -> State:
        """Decode another source, with the settings as they are."""
        return self._tried(f"source {_short(source)}", source=self.backend.given(source), forced=(), edits=())

    def replace_source(self, position: int, by: int | str) -> State:
        """Put another token, or the tokens of a piece of text, in the place of one source token."""
        ids, at = self._source_at(position)
        new = self.backend.ids_of(by)
        return self._tried(f"source token {at} → {by!r}", source=(*ids[:at], *new, *ids[at + 1 :]), forced=(), edits=())

    def insert_source(self, position: int, what: int | str) -> State:
        """Put a token or a piece of text before one source token (or after the last)."""
        ids = self._source_ids()
        at = len(ids) if position == len(ids) else position_of("source", position, len(ids))
        new = self.backend.ids_of(what)
        return self._tried(
            f"{what!r} into the source at {at}", source=(*ids[:at], *new, *ids[at:]), forced=(), edits=()
        )

    def delete_source(self, position: int) -> State:
        """Take one source token out."""
        ids, at = self._source_at(position)
        return self._tried(f"without source token {at}", source=(*ids[:at], *ids[at + 1 :]), forced=(), edits=())

    def silence_source(self, start: float, stop: float) -> State:
        """Nothing to be heard between two times of a sound, in seconds; what follows keeps its time."""
        sound = self._sound().silenced(start, stop)
        return self._tried(f"{start:g}–{stop:g} s silenced", source=sound, forced=(), edits=())

    def cut_source(self, start: float, stop: float) -> State:
        """A sound without what is between two times, in seconds; what follows comes earlier."""
        return self._tried(f"{start:g}–{stop:g} s cut out", source=self._sound().cut(start, stop), forced=(), edits=())

    def keep_source(self, start: float, stop: float) -> State:
        """Only what is between two times of a sound, in seconds."""
        return self._tried(f"only {start:g}–{stop:g} s", source=self._sound().part(start, stop), forced=(), edits=())

    def force(self, step: int, token: int | str) -> State:
        """Another token at an output step: what was before it stays, and the model goes on from there.

        Edits of attention stay where their step does.
        """
        kept = self.state.target[: self._step(step)]
        edits = tuple(edit for edit in self.state.edits if edit.kind == "encoder" or edit.step <= len(kept))
        new = self.backend.ids_of(token)
        return self._tried(f"step {len(kept)} → {token!r}", forced=(*kept, *new), edits=edits)

    def follow(self, node: int) -> State:
        """Go on from another hypothesis of the search tree."""
        path = self.state.decoding.tree.path(node)
        if not path:
            raise ArgumentError("that is the start of the tree; name a node with a token")
        ids = tuple(one.token.id for one in path if one.token is not None)
        return self._tried(f"from {self.state.decoding.tree.text(node)!r} on", forced=ids)

    def begin(self, target: str | Sequence[int]) -> State:
        """Decode from a given beginning of the target on."""
        ids = self.backend.target_ids(target, ended=False) if isinstance(target, str) else target
        return self._tried(f"beginning {_short(target)}", forced=tuple(ids), edits=())

    def score(self, target: str | Sequence[int]) -> State:
        """A whole target that is given, token by token: how likely the model finds it. Nothing is searched for."""
        ids = tuple(self.backend.target_ids(target, ended=True) if isinstance(target, str) else target)
        return self._tried(f"given {_short(target)}", forced=ids, edits=(), whole=True)

    def edit_attention(self, *edits: AttentionEdit, **fields: Any) -> State:
        """Change the attention of output steps, and decode anew from the first of them on.

        Give :class:`~regard.workbench.backend.AttentionEdit` objects, or the fields of one by name
        (``step=2, to=[0]``). Edits made before stay; what was chosen before the first changed step stays too.
        """
        new = (*edits, AttentionEdit(**fields)) if fields else edits
        if not new:
            raise ArgumentError("edit_attention: no edit given, for example step=2, to=[0]")
        for edit in new:
            if edit.kind != "encoder":
                self._step(edit.step)
        first = 0 if any(edit.kind == "encoder" for edit in new) else min(edit.step for edit in new)
        forced = self.state.target[:first]
        made = f"attention of step {', '.join(str(edit.step) for edit in new)}"
        return self._tried(made, forced=forced, edits=(*self.state.edits, *new))

    def reset_attention(self, step: int | None = None) -> State:
        """Without the edits of one step, or without any."""
        kept = tuple(edit for edit in self.state.edits if step is not None and edit.step != step)
        gone = [edit.step for edit in self.state.edits if edit not in kept]
        if not gone:
            raise ArgumentError("no attention is edited there, so there is nothing to reset")
        made = "attention as it was" if step is None else f"attention of step {step} as it was"
        return self._tried(made, forced=self.state.target[: min(gone)], edits=kept)

    def change_settings(self, **settings: Any) -> State:
        """Other ``beams``, ``k`` or ``max_new_tokens``, or another ``seed`` of an answer that is drawn."""
        unknown = next((name for name in settings if name not in SETTINGS), None)
        if unknown is not None:
            raise not_one_of("setting", unknown, SETTINGS)
        made = ", ".join(f"{name} {value}" for name, value in settings.items())
        return self._tried(made or "the same again", settings={**self.state.settings, **settings})

    def _step(self, step: int) -> int:
        count = len(self.state.target)
        return position_of("step", step, count)

    def _source_ids(self) -> tuple[int, ...]:
        source = self.state.source
        if not isinstance(source, tuple):
            raise ArgumentError(
                "the source is a sound or a picture, whose tokens cannot be edited; give another one, or change a "
                "stretch of a sound: silence_source, cut_source, keep_source"
            )
        return source

    def _sound(self) -> Sound:
        source = self.state.source
        if not isinstance(source, Sound):
            kind = "words" if isinstance(source, tuple) else "what a processor made"
            raise ArgumentError(
                f"the source is {kind}, not a sound, so no stretch of it can be silenced or cut out; give the sound "
                "itself: translate(regard.Sound(samples, rate))"
            )
        return source

    def _source_at(self, position: int) -> tuple[tuple[int, ...], int]:
        ids = self._source_ids()
        return ids, position_of("source", position, len(ids))


def position_of(what: str, asked: Any, count: int) -> int:
    """A position from the start, of one that may count from the end; raises ``ArgumentError``."""
    if isinstance(asked, bool) or not hasattr(asked, "__index__") or not -count <= int(asked) < count:
        name = what if what == "step" else f"{what} position"
        raise ArgumentError(f"{name} {asked!r:.20} does not exist; there are {count} (0 to {count - 1})")
    return int(asked) % count


def _short(source: Any) -> str:
    if isinstance(source, Sound):
        return f"of {source.seconds:.2f} s"
    return f"{source!r:.40}" if isinstance(source, str) else f"of {type(source).__name__}"
