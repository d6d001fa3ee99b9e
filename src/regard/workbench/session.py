"""The workbench as Python sees it: a source, its answers, and every what-if that was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from regard.errors import ArgumentError, not_one_of
from regard.measure.alignment import Alignment, align
from regard.record.record import Record
from regard.workbench.backend import Backend, Near, Neighbours, Plane, Word
from regard.workbench.hugging_face import HuggingFace
from regard.workbench.messages import DECODES, Request
from regard.workbench.near import near_states
from regard.workbench.tried import Progress
from regard.workbench.what_if import WhatIf, position_of

if TYPE_CHECKING:
    from regard.view.live_generation import LiveGenerationView
    from regard.view.seq2seq_view import Seq2SeqView


class Workbench(WhatIf):
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
        progress: Progress | None = None,
        backend: Backend | None = None,
        **generate_kwargs: Any,
    ) -> None:
        used = backend or HuggingFace(model, tokenizer, generate_kwargs)
        super().__init__(used, {"beams": beams, "k": k, "max_new_tokens": max_new_tokens}, progress)
        self.neighbours = near_states(neighbours, used)
        if source is None:
            raise ArgumentError("a workbench needs a source to begin with: Workbench(model, tokenizer, source)")
        self.translate(source)

    # What is found -----------------------------------------------------------------------------------------------

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
        token = int(tokens.ids[position_of(side, position, len(tokens))])
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

    # For pictures and other programs ------------------------------------------------------------------------------

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one request (:class:`regard.view.workbench_spec.RequestSpec`) with plain JSON
        (:class:`~regard.view.workbench_spec.AnswerSpec`); never raises. Attention is read from :meth:`view`."""
        return self.take(message)()

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

    def _provider(self) -> Neighbours:
        if self.neighbours is None:
            raise ArgumentError(
                "this workbench was made without a corpus to look for neighbours in: Workbench(..., neighbours=corpus) "
                "with one of regard.corpus.index"
            )
        return self.neighbours


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
