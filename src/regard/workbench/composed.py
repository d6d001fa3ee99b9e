"""A workbench as a view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from regard.errors import ArgumentError
from regard.record.record import Record
from regard.view.live_generation import LiveGenerationView
from regard.view.seq2seq_view import Seq2SeqView
from regard.view.workbench_spec import AnswerSpec, WorkbenchSpec
from regard.workbench.answers import Answers

if TYPE_CHECKING:
    from regard.workbench.session import Workbench


class Live:
    """The session behind a view: every state of a workbench as it is at the time."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench

    def spec(self) -> WorkbenchSpec:
        """The session with all states and what was found of them."""
        answers = Answers(self.bench)
        answers.whole(*(state.id for state in self.bench.states))
        return answers.session(found=True)

    def news(self) -> dict[str, Any]:
        """The session as an answer to nobody, with the state that is shown and the pinned one."""
        answers = Answers(self.bench)
        answers.shown()
        return asdict(AnswerSpec(-1, session=answers.session()))

    def record(self) -> Record:
        """The attention of the state that is shown."""
        return self.bench.shown()

    def records(self) -> dict[str, Record]:
        """The attention of every state, and of hypotheses that were looked at."""
        found = {}
        for state in self.bench.states:
            found[str(state.id)] = self.bench.shown(state.id)
            for node in state.decoding.looked_at:
                found[f"{state.id}-{node}"] = self.bench.shown(state.id, node)
        return found

    def record_of(self, name: str) -> Record | None:
        """The attention of a state or hypothesis by its name; of others nothing is worked out."""
        number, _, node = name.partition("-")
        state = next((one for one in self.bench.states if str(one.id) == number), None)
        if state is None:
            return None
        if not node:
            return self.bench.shown(state.id)
        return next((self.bench.shown(state.id, at) for at in state.decoding.looked_at if str(at) == node), None)

    def take(self, message: Any) -> Callable[..., dict[str, Any]]:
        """Let a request have its turn."""
        return self.bench.take(message)

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call ``observer()`` after every change."""
        return self.bench.observe(observer)


def view_of(bench: Workbench, **options: Any) -> Seq2SeqView:
    """The view of a workbench; options are those of every view."""
    record = bench.shown()
    kind = options.pop("kind", None) or ("cross" if "cross" in record.attentions else record.kinds[0])
    return Seq2SeqView(record, kind=kind, session=Live(bench), **options)


def generation_of(bench: Workbench, **options: Any) -> LiveGenerationView:
    """The generation view of the state shown; options are those of every view, ``step`` and ``pool``."""
    return LiveGenerationView(bench.shown(), session=Live(bench), **options)


def written(model: Any, *, tokenizer: Any, source: Any, view: dict[str, Any], **options: Any) -> LiveGenerationView:
    """The generation view of a model that writes, or of a workbench; see :func:`regard.generation_view`."""
    return _bench(model, tokenizer, source, options).generation_view(**view)


def _bench(model: Any, tokenizer: Any, source: Any, options: dict[str, Any]) -> Workbench:
    """The workbench that is given, or one made of a model; raises ``ArgumentError`` for what would be ignored."""
    from regard.workbench.session import Workbench

    if not isinstance(model, Workbench):
        return Workbench(model, tokenizer, source, **options)
    given = {"tokenizer": tokenizer, "source": source, **options}
    unused = [name for name, value in given.items() if value is not None]
    if unused:
        raise ArgumentError(
            f"{', '.join(unused)}: a workbench has its own; change them with its methods, such as translate(source) "
            "and change_settings(beams=, k=, max_new_tokens=)"
        )
    return model


def seq2seq_view(
    model: Any,
    tokenizer: Any = None,
    source: Any = None,
    *,
    beams: int | None = None,
    k: int | None = None,
    max_new_tokens: int | None = None,
    neighbours: Any = None,
    gold: str | None = None,
    gold_words: bool = True,
    layer: int | None = None,
    heads: Sequence[int] | None = None,
    kind: Any = None,
    theme: Any = "auto",
    language: Any = "auto",
    title: str | None = None,
    **generate_kwargs: Any,
) -> Seq2SeqView:
    """A workbench for a model that writes: source and answer, the search tree, attention, and what-ifs.

    ``model`` is a model with ``tokenizer`` and ``source``, or a :class:`regard.Workbench` whose history is shown. In a
    notebook the picture is live: words of the source can be replaced, another token forced, attention edited, and the
    model decodes anew. Saved, it shows every state that was tried (``view.save("page.html")``).

    ``gold`` is an alignment that an annotator gave this answer, in the Pharaoh format (``"0-0 1-2p"``), between written
    words or, without ``gold_words``, tokens: links read off the attention are then shown as right, missed and wrong.

    Encoder-decoders and decoder-only models alike; after Seq2Seq-Vis (Strobelt et al., "Seq2Seq-Vis: A Visual Debugging
    Tool for Sequence-to-Sequence Models", 2018). The options are those of :class:`regard.Workbench` and of every view.
    """
    given = {"beams": beams, "k": k, "max_new_tokens": max_new_tokens, "neighbours": neighbours, **generate_kwargs}
    bench = _bench(model, tokenizer, source, {name: value for name, value in given.items() if value is not None})
    if gold is not None:
        bench.give_gold(gold, words=gold_words)
    return bench.view(layer=layer, heads=heads, kind=kind, theme=theme, language=language, title=title)
