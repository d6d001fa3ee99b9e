"""The workbench as Python sees it: a source, its answers, and every what-if that was tried."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regard.errors import ArgumentError
from regard.workbench.backend import Backend
from regard.workbench.hugging_face import HuggingFace
from regard.workbench.messages import TAKE_LONG, Request
from regard.workbench.saved import Saved, read, source_of
from regard.workbench.tried import Progress

if TYPE_CHECKING:
    from regard.view.live_generation import LiveGenerationView
    from regard.view.seq2seq_view import Seq2SeqView


class Workbench(Saved):
    """A model at work on one source after another, with a history of all that was tried.

    ::

        bench = regard.Workbench(model, tokenizer, "Das ist gut.", beams=4)
        bench.force(1, " was")                              # another word at step 1; the model goes on from there
        bench.edit_attention(step=2, to=[0])                # all weight of step 2 on source token 0
        bench.replace_source(3, "schlecht")
        bench.undo(); bench.pin(); bench.comparison         # this state beside the one that is shown

    Each change makes a new state (:class:`~regard.workbench.state.State`: source, forced beginning, edits, settings and
    the :class:`~regard.record.decoding.Decoding`), which is then shown; none is ever lost. ``source`` is a text or
    chat, ids, a :class:`regard.Sound`, or what a processor makes of a picture. ``beams`` and ``max_new_tokens`` are
    the model's own where they are left out; further settings of ``generate`` are given by name (``do_sample=True`` with
    a ``seed``: see :func:`regard.experiment.decode`). ``neighbours`` is a
    :class:`regard.corpus.Corpus` of the same model, in which near states are found. ``gold`` are links of the first
    answer (see :meth:`give_gold`), between written words or, without ``gold_words``, between tokens.

    A workbench does one thing at a time: a decoding, projection or ranking that was begun in another thread ends
    (``StoppedError``) when the next one begins. What cannot be done raises a ``RegardError`` and changes nothing.
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
        seed: int | None = None,
        neighbours: Any = None,
        progress: Progress | None = None,
        backend: Backend | None = None,
        gold: str | None = None,
        gold_words: bool = True,
        **generate_kwargs: Any,
    ) -> None:
        used = backend or HuggingFace(model, tokenizer, generate_kwargs)
        settings = {"beams": beams, "k": k, "max_new_tokens": max_new_tokens} | ({} if seed is None else {"seed": seed})
        super().__init__(used, settings, progress, neighbours)
        if source is None:
            raise ArgumentError("a workbench needs a source to begin with: Workbench(model, tokenizer, source)")
        self.translate(source)
        if gold is not None:
            self.give_gold(gold, words=gold_words)

    @classmethod
    def open(
        cls,
        path: str | Path,
        model: Any,
        tokenizer: Any = None,
        *,
        neighbours: Any = None,
        progress: Progress | None = None,
        backend: Backend | None = None,
        **generate_kwargs: Any,
    ) -> Workbench:
        """A session that was saved, with the model that it was of: every state is decoded again, in order.

        ``generate_kwargs`` are those that the workbench was made with. With another checkpoint of the same kind it says
        what that one answers to the same questions. Raises ``ArgumentError`` for a file that is no session, for another
        family of models, and for a tokenizer to which its tokens are other text; warns (``UserWarning``) of answers
        that are not what they were.
        """
        used = backend or HuggingFace(model, tokenizer, generate_kwargs)
        data = read(path, used.family)
        first = data["states"][0]
        source, settings = source_of(first, used), first["settings"]
        bench = cls(None, source=source, neighbours=neighbours, progress=progress, backend=used, **settings)
        bench._replay(data)
        return bench

    # For pictures and other programs ------------------------------------------------------------------------------

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one request (:class:`regard.view.workbench_spec.RequestSpec`) with plain JSON
        (:class:`~regard.view.workbench_spec.AnswerSpec`); never raises. Attention is read from :meth:`view`."""
        return self.take(message)()

    def take(self, message: Any) -> Request:
        """Let a request have its turn now, so that a decoding that runs ends, and do it when the result is called."""
        if isinstance(message, Mapping) and (message.get("ask") in TAKE_LONG or message.get("ask") == "cancel"):
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
