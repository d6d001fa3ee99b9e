"""The workbench as Python sees it: a source, its answers, and every what-if that was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock, local
from typing import TYPE_CHECKING, Any

from regard.errors import ArgumentError, not_one_of
from regard.measure.alignment import Alignment, align
from regard.record.record import Record
from regard.workbench.backend import AttentionEdit, Backend, Near, Neighbours, Plane, Word
from regard.workbench.history import History
from regard.workbench.hugging_face import HuggingFace
from regard.workbench.messages import DECODES, Request
from regard.workbench.near import near_states
from regard.workbench.state import Comparison, State, compared

if TYPE_CHECKING:
    from regard.view.live_generation import LiveGenerationView
    from regard.view.seq2seq_view import Seq2SeqView

SETTINGS = ("beams", "k", "max_new_tokens")


class Workbench:
    """A model at work on one source after another, with a history of all that was tried.

    ::

        bench = regard.Workbench(model, tokenizer, "Das ist gut.", beams=4)
        bench.force(1, " was")                              # another word at step 1; the model goes on from there
        bench.edit_attention(step=2, to=[0])                # all weight of step 2 on source token 0
        bench.replace_source(3, "schlecht")
        bench.undo(); bench.pin(); bench.comparison         # this state beside the one that is shown

    Each change makes a new state (:class:`~regard.workbench.state.State`: source, forced beginning, edits, settings and
    the :class:`~regard.record.decoding.Decoding`), which is then shown; none is ever lost. ``source`` is a text or
    chat, ids, or what a processor makes of a sound or a picture. ``beams`` and ``max_new_tokens`` are the model's own
    where they are left out; further settings of ``generate`` are given by name. ``neighbours`` is a
    :class:`regard.corpus.Corpus` of the same model, in which near states are found.

    A workbench is one at a time: a decoding that was begun in another thread ends (``DecodingStoppedError``) when the
    next one begins. What cannot be done raises a ``RegardError`` and changes nothing.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any = None,
        source: Any = None,
        *,
        beams: int | None = None,
        k: int = 5,
        max_new_tokens: int | None = None,
        neighbours: Any = None,
        progress: Callable[[int, int], None] | None = None,
        backend: Backend | None = None,
        **generate_kwargs: Any,
    ) -> None:
        self.backend: Backend = backend or HuggingFace(model, tokenizer, generate_kwargs)
        self.neighbours = near_states(neighbours, self.backend)
        self.progress = progress
        self._settings: dict[str, Any] = {"beams": beams, "k": k, "max_new_tokens": max_new_tokens}
        self._lock, self._own = RLock(), local()
        self._turn = 0
        self._observers: list[Callable[[], None]] = []
        self._history = History()
        if source is None:
            raise ArgumentError("a workbench needs a source to begin with: Workbench(model, tokenizer, source)")
        self.translate(source)

    # What is there -----------------------------------------------------------------------------------------------

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

    def record(self, state: int | None = None, node: int | None = None) -> Record:
        """The attention of a state's answer, or of another hypothesis of its tree up to ``node``."""
        with self._lock:
            return self._at(state).decoding.record(node)

    def words(self, position: int, *, side: str = "target", state: int | None = None, k: int = 20) -> list[Word]:
        """The words whose embeddings are nearest to that of a token of the source or target."""
        if side not in ("source", "target"):
            raise not_one_of("side", side, ("source", "target"))
        decoding = self._at(state).decoding
        tokens = decoding.source if side == "source" else decoding.target
        if tokens.ids is None:
            raise ArgumentError("the source is no text, so it has no words")
        token = int(tokens.ids[_position(side, position, len(tokens))])
        return self.backend.words(token, source=side == "source", k=k)

    def alignment(
        self,
        state: int | None = None,
        *,
        heads: Sequence[Sequence[int]] | None = None,
        how: str = "argmax",
        words: bool = False,
    ) -> Alignment:
        """Which source word each word of the answer goes with, read off cross attention in the row that chose it.

        ``heads`` are [layer, head]: by default those that the model names as aligning, else those that pair words best;
        ``how`` and ``words`` are those of :func:`regard.measure.align`. The last token was chosen and never read, so it
        is not linked.
        """
        found = self._at(state).decoding
        chosen = heads if heads is not None else found.alignment_heads or None
        pairs = None if chosen is None else [(int(layer), int(head)) for layer, head in chosen]
        record = self.record(state)
        if "cross" not in record.attentions:
            raise ArgumentError("words are aligned by cross attention, which a model without an encoder does not have")
        start = len(found.start)
        return _without_start(align(record, heads=pairs, how=how, words=words), start)  # type: ignore[arg-type]

    def near(self, position: int, *, stream: str, layer: int, state: int | None = None, k: int = 20) -> Near:
        """The states of the corpus nearest to the one at a position of a stream (the decoder's count its start)."""
        return self._provider().nearest(self._at(state), stream=stream, layer=layer, position=position, k=k)

    def plane(self, *, stream: str, layer: int, state: int | None = None, method: str = "pca", k: int = 20) -> Plane:
        """The states of one stream and layer as a trajectory in a plane, among the corpus's nearest to each."""
        return self._provider().projected(self._at(state), stream=stream, layer=layer, method=method, k=k)

    # What if ------------------------------------------------------------------------------------------------------

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
        at = len(ids) if position == len(ids) else _position("source", position, len(ids))
        new = self.backend.ids_of(what)
        return self._tried(
            f"{what!r} into the source at {at}", source=(*ids[:at], *new, *ids[at:]), forced=(), edits=()
        )

    def delete_source(self, position: int) -> State:
        """Take one source token out."""
        ids, at = self._source_at(position)
        return self._tried(f"without source token {at}", source=(*ids[:at], *ids[at + 1 :]), forced=(), edits=())

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
        """Other ``beams``, ``k`` or ``max_new_tokens``."""
        unknown = next((name for name in settings if name not in SETTINGS), None)
        if unknown is not None:
            raise not_one_of("setting", unknown, SETTINGS)
        made = ", ".join(f"{name} {value}" for name, value in settings.items())
        return self._tried(made or "the same again", settings={**self.state.settings, **settings})

    # History ------------------------------------------------------------------------------------------------------

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

    def interrupt(self) -> int:
        """End the decoding that runs, if one does; the number of the next turn."""
        self._turn += 1
        return self._turn

    # For pictures and other programs ------------------------------------------------------------------------------

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one request (:class:`regard.view.workbench_spec.RequestSpec`) with plain JSON
        (:class:`~regard.view.workbench_spec.AnswerSpec`); never raises. Attention is read from :meth:`view`."""
        return self.take(message)()

    @contextmanager
    def telling(self, progress: Callable[[int, int], None] | None) -> Iterator[None]:
        """While open, decodings of this thread tell how far they are."""
        before = getattr(self._own, "progress", None)
        self._own.progress = progress
        try:
            yield
        finally:
            self._own.progress = before

    def take(self, message: Any) -> Request:
        """Let a request have its turn now, so that a decoding that runs ends, and do it when the result is called."""
        if isinstance(message, Mapping) and (message.get("ask") in DECODES or message.get("ask") == "cancel"):
            self.interrupt()
        return Request(self, message)

    def view(self, **options: Any) -> Seq2SeqView:
        """The workbench as a view; see :func:`regard.seq2seq_view`."""
        from regard.workbench.composed import view_of

        return view_of(self, **options)

    def generation_view(self, **options: Any) -> LiveGenerationView:
        """The state shown in the generation view, with its search tree and the session; see
        :func:`regard.generation_view`."""
        from regard.workbench.composed import generation_of

        return generation_of(self, **options)

    # Inside -------------------------------------------------------------------------------------------------------

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
            self._history.add(state)
        self._tell()
        return state

    def _progressed(self, tokens: int, most: int) -> None:
        for told in (self.progress, getattr(self._own, "progress", None)):
            if told is not None:
                told(tokens, most)

    def _moved(self, move: Callable[[], State]) -> State:
        with self._lock:
            state = move()
        self._tell()
        return state

    def _tell(self) -> None:
        for observer in list(self._observers):
            observer()

    def _at(self, state: int | None) -> State:
        return self.state if state is None else self._history.at(state)

    def _provider(self) -> Neighbours:
        if self.neighbours is None:
            raise ArgumentError(
                "this workbench was made without a corpus to look for neighbours in: Workbench(..., neighbours=corpus) "
                "with one of regard.corpus.index"
            )
        return self.neighbours

    def _step(self, step: int) -> int:
        count = len(self.state.target)
        return _position("step", step, count)

    def _source_ids(self) -> tuple[int, ...]:
        source = self.state.source
        if not isinstance(source, tuple):
            raise ArgumentError("the source is a sound or a picture, whose tokens cannot be edited; give another one")
        return source

    def _source_at(self, position: int) -> tuple[tuple[int, ...], int]:
        ids = self._source_ids()
        return ids, _position("source", position, len(ids))


def _without_start(found: Alignment, start: int) -> Alignment:
    """The alignment without target words that the decoder began with."""
    gone = sum(1 for word in found.target if word.tokens[0] < start)
    return replace(
        found,
        links=tuple((i, j - gone) for i, j in found.links if j >= gone),
        weights=found.weights[gone:],
        target=found.target[gone:],
        queries=found.queries[gone:],
    )


def _position(what: str, asked: Any, count: int) -> int:
    if isinstance(asked, bool) or not hasattr(asked, "__index__") or not -count <= int(asked) < count:
        name = what if what == "step" else f"{what} position"
        raise ArgumentError(f"{name} {asked!r:.20} does not exist; there are {count} (0 to {count - 1})")
    return int(asked) % count


def _short(source: Any) -> str:
    return f"{source!r:.40}" if isinstance(source, str) else f"of {type(source).__name__}"
