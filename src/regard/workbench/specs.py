"""States and sessions as the data that pictures and programs get."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from regard.record.decoding import Chosen, Node, Predicted
from regard.record.record import Record
from regard.record.sound import Sound
from regard.record.tokens import Tokens
from regard.view.state_spec import (
    AttentionEditSpec,
    BranchSpec,
    ComparisonSpec,
    GoldSpec,
    NodeSpec,
    PredictedSpec,
    SequenceSpec,
    SettingsSpec,
    SpanSpec,
    StateSpec,
    StepSpec,
)
from regard.view.view import View
from regard.view.workbench_spec import HistorySpec
from regard.workbench.backend import AttentionEdit
from regard.workbench.gold import Gold
from regard.workbench.state import Comparison, Span, State

Text = Callable[[Sequence[int]], str]


def state_spec(state: State, record: Record, text: Text, prompt: Text | None = None) -> StateSpec:
    """A state as a whole; ``record`` is of its answer, ``prompt`` gives the text of its source."""
    decoding = state.decoding
    return StateSpec(
        id=state.id,
        name=state.name,
        parent=state.parent,
        made=state.made,
        source=_source_spec(state, prompt or text),
        start=sequence_spec(decoding.start, text),
        target=sequence_spec(decoding.target, text),
        steps=[_step(n, step, state.edits) for n, step in enumerate(decoding.steps)],
        tree=_tree(state),
        edits=[_edit(edit, decoding.kind) for edit in state.edits],
        unreached=list(decoding.unreached),
        settings=SettingsSpec(
            beams=int(decoding.settings["beams"]),
            k=int(decoding.settings["k"]),
            max_new_tokens=int(decoding.settings["max_new_tokens"]),
            length_penalty=float(decoding.settings["length_penalty"]),
            draws=_draws(decoding.settings),
        ),
        total=finite(decoding.total),
        score=finite(decoding.score),
        forced=decoding.forced,
        ended=decoding.ended,
        attentions=View(record).attentions(),
        alignment_heads=[list(pair) for pair in decoding.alignment_heads],
        gold=gold_spec(state.gold),
    )


def branch_spec(state: State, node: int, record: Record, text: Text) -> BranchSpec:
    """Another hypothesis of a state's tree."""
    path = state.decoding.tree.path(node)
    tokens = [one.token for one in path if one.token is not None]
    return BranchSpec(
        state=state.id,
        node=node,
        target=SequenceSpec(
            ids=[one.id for one in tokens],
            labels=[one.label for one in tokens],
            pieces=[one.piece for one in tokens],
            special=[],
            times=None,
            places=None,
            text=text([one.id for one in tokens]),
        ),
        steps=[_step(n, step, state.edits) for n, step in enumerate(state.decoding.steps_of(node))],
        total=finite(path[-1].total),
        attentions=View(record).attentions(),
    )


def history_spec(state: State, text: Text) -> HistorySpec:
    """A state's line in the history."""
    decoding = state.decoding
    return HistorySpec(
        id=state.id,
        name=state.name,
        parent=state.parent,
        made=state.made,
        source=f"{state.source.seconds:.2f} s" if isinstance(state.source, Sound) else _text_of(decoding.source, text),
        target=_text_of(decoding.target, text),
        total=finite(decoding.total),
        score=finite(decoding.score),
        favourite=state.favourite,
    )


def comparison_spec(found: Comparison) -> ComparisonSpec:
    """Two states beside each other."""
    return ComparisonSpec(
        first=found.first,
        second=found.second,
        source=[_span(one) for one in found.source],
        target=[_span(one) for one in found.target],
        total=finite(found.total),
        score=finite(found.score),
    )


def sequence_spec(tokens: Tokens, text: Text) -> SequenceSpec:
    """A sequence of tokens, with the places and times of those that are no words."""
    return SequenceSpec(
        ids=None if tokens.ids is None else [int(i) for i in tokens.ids],
        labels=list(tokens.labels),
        pieces=list(tokens.pieces),
        special=[n for n, special in enumerate(tokens.special) if special],
        times=None if tokens.times is None else [[float(a), float(b)] for a, b in tokens.times],
        places=None if tokens.places is None else [[int(i) for i in place] for place in tokens.places],
        text=_text_of(tokens, text),
    )


def gold_spec(gold: Gold | None) -> GoldSpec | None:
    """Gold links of a state."""
    if gold is None:
        return None
    sure, possible = ([list(link) for link in sorted(links)] for links in (gold.sure, gold.possible))
    return GoldSpec(sure, possible, gold.words, gold.pharaoh())


def _source_spec(state: State, text: Text) -> SequenceSpec:
    """The source, with how a sound sounds."""
    decoding = state.decoding
    found = replace(sequence_spec(decoding.source, text), padding=decoding.padding)
    times, sound = decoding.source.times, state.source
    if not isinstance(sound, Sound) or times is None:
        return found
    levels = sound.levels(float(times[0, 1] - times[0, 0]))[: len(times)]
    return replace(found, levels=[round(float(level), 5) for level in levels], seconds=sound.seconds)


def _text_of(tokens: Tokens, text: Text) -> str:
    return "" if tokens.ids is None else text([int(i) for i in tokens.ids])


def _draws(settings: Mapping[str, float]) -> dict[str, float] | None:
    """How tokens are drawn, where they are."""
    known = ("beams", "k", "max_new_tokens", "length_penalty", "do_sample")
    return {name: n for name, n in settings.items() if name not in known} if settings.get("do_sample") else None


def _drawn(step: Chosen) -> list[PredictedSpec] | None:
    if step.drawn is None:
        return None
    own, top = step.drawn.token, step.drawn.predictions.top
    return [_predicted(one) for one in (*top, *([] if own.id in {one.id for one in top} else [own]))]


def _step(number: int, step: Chosen, edits: Sequence[AttentionEdit]) -> StepSpec:
    return StepSpec(
        query=step.query,
        chosen=_predicted(step.token),
        rank=step.rank,
        top=[_predicted(one) for one in step.predictions.top],
        entropy=step.predictions.entropy,
        forced=step.forced,
        edits=[n for n, edit in enumerate(edits) if edit.kind != "encoder" and edit.step == number],
        drawn=_drawn(step),
    )


def _tree(state: State) -> list[NodeSpec]:
    tree = state.decoding.tree
    on_path = {0, *(node.id for node in tree.path(tree.winner))}
    return [_node(node, winner=node.id in on_path) for node in tree.nodes]


def _node(node: Node, *, winner: bool) -> NodeSpec:
    token = node.token
    return NodeSpec(
        id=node.id,
        parent=node.parent,
        step=node.step,
        token=-1 if token is None else token.id,
        label="" if token is None else token.label,
        piece="" if token is None else token.piece,
        log_p=None if token is None else finite(token.log_p),
        total=finite(node.total),
        score=finite(node.score),
        rank=node.rank,
        place=node.place,
        status=node.status,
        winner=winner,
    )


def _edit(edit: AttentionEdit, kind: str) -> AttentionEditSpec:
    return AttentionEditSpec(
        step=edit.step,
        kind=edit.kind or ("cross" if kind == "encoder-decoder" else "decoder"),
        change=edit.change,  # type: ignore[arg-type]
        keys=list(edit.keys),
        to=list(edit.to),
        share=edit.share,
        row=None if edit.row is None else list(edit.row),
        layers=None if edit.layers is None else list(edit.layers),
        heads=None if edit.heads is None else list(edit.heads),
    )


def _span(span: Span) -> SpanSpec:
    change, first, second = span
    return SpanSpec(change, list(first), list(second))


def _predicted(token: Predicted) -> PredictedSpec:
    return PredictedSpec(token.id, token.label, token.piece, finite(token.log_p))


def finite(value: float | None) -> float | None:
    """The number, or nothing where it is not finite, which JSON does not know."""
    return None if value is None or not math.isfinite(value) else float(value)
