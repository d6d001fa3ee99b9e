"""The workbench view as text: the answer step by step, the hypotheses that were finished, and the history."""

from __future__ import annotations

from math import exp

import numpy as np

from regard.view import Seq2SeqView
from regard.view.state_spec import ComparisonSpec, NodeSpec, SequenceSpec, StateSpec, StepSpec
from regard.view.workbench_spec import HistorySpec, WorkbenchSpec

_STEPS = 40
_ALTERNATIVES = 3
_KEYS = 2


def seq2seq_text(view: Seq2SeqView) -> list[str]:
    """Lines of text: source and answer, a line for each step, the finished hypotheses, the history, what differs."""
    session = view.session.spec()
    state = next(one for one in session.states if one.id == session.current)
    title = (
        f"{session.family}: state {state.id} “{state.name}”, {state.settings.beams} beams, log p {_number(state.total)}"
    )
    lines = [title, f"  source: {_source(state.source)}", f"  answer: {' '.join(state.target.labels)}", ""]
    kind = view.selection.state.kind
    lines.append(
        f"step, token, p; the likeliest others; {kind} attention (layer {view.selection.layer}, mean of heads)"
    )
    lines += [_step(view, number, step) for number, step in enumerate(state.steps[:_STEPS])]
    if len(state.steps) > _STEPS:
        lines.append(f"… {len(state.steps) - _STEPS} more steps")
    return [*lines, "", *session_text(session)]


def session_text(session: WorkbenchSpec) -> list[str]:
    """Lines of text: the hypotheses of the state that is shown, the history, and what differs from what is pinned."""
    state = next(one for one in session.states if one.id == session.current)
    lines = [*_finished(state), "", *_history(session), *_alignment(session)]
    if session.comparison is not None:
        lines += ["", *_compared(session, session.comparison)]
    return lines


def _source(source: SequenceSpec) -> str:
    """The tokens, or how long a sound is."""
    if not source.times:
        return " ".join(source.labels)
    hidden = f", {source.padding} more of padding are not shown" if source.padding else ""
    return f"a sound of {source.seconds or source.times[-1][1]:.2f} s in {len(source.times)} frames{hidden}"


def _step(view: Seq2SeqView, number: int, step: StepSpec) -> str:
    own = f"{step.chosen.label} {_p(step.chosen.log_p)}"
    marks = "forced" * step.forced + " edited" * bool(step.edits)
    others = [one for one in step.top if one.id != step.chosen.id][:_ALTERNATIVES]
    named = "  ".join(f"{one.label} {_p(one.log_p)}" for one in others)
    keys = "  ".join(f"{label} {weight:.2f}" for label, weight in _strongest(view, step.query))
    return f"{number:>5}  {own:<14} {marks.strip():<13} from {keys:<18} {named and f'not {named}'}".rstrip()


def _strongest(view: Seq2SeqView, query: int) -> list[tuple[str, float]]:
    """The strongest keys of a row, by the mean of the selected heads."""
    chosen = view.selection.state
    attention = view.record.attentions[chosen.kind]
    labels = view.record.streams[attention.key_stream].labels
    layer = attention.layer(chosen.layer)
    if query >= attention.queries or not chosen.heads:
        return []
    whole = (slice(query, query + 1), slice(0, layer.keys))
    rows = [layer.read("weights", (slice(head, head + 1), *whole))[0, 0] for head in chosen.heads]
    row = np.mean(rows, axis=0)
    return [(labels[i], float(row[i])) for i in np.argsort(-row, kind="stable")[:_KEYS] if row[i] > 0]


def _alignment(session: WorkbenchSpec) -> list[str]:
    """How far the links found last are from gold, where there is some."""
    found = [one for one in (session.found.links if session.found else []) if one.state == session.current]
    if not found or found[-1].error is None:
        return []
    links, error = found[-1], found[-1].error
    counts = f"{error.found} links, {error.sure} sure in gold; {error.found_sure} of them found"
    rate = "–" if error.rate is None else f"{error.rate:.3f}"
    return ["", f"alignment: {links.pharaoh}", f"  error rate {rate}: {counts}"]


def _finished(state: StateSpec) -> list[str]:
    found = sorted((node for node in state.tree if node.status == "finished"), key=lambda node: -(node.score or 0))
    pruned = sum(node.status == "pruned" for node in state.tree)
    lines = [f"hypotheses: {len(found)} finished, {pruned} branches pruned"]
    for node in found:
        mark = "→" if node.winner else " "
        score = _number(node.total if node.score is None else node.score)
        lines.append(f"  {mark} {score:>8}  {_written(state.tree, node)}")
    return lines


def _written(tree: list[NodeSpec], node: NodeSpec) -> str:
    labels: list[str] = []
    at: NodeSpec | None = node
    while at is not None and at.parent is not None:
        labels.append(at.label)
        at = tree[at.parent]
    return " ".join(reversed(labels))


def _history(session: WorkbenchSpec) -> list[str]:
    return ["history:", *(_line(session, one) for one in session.history)]


def _line(session: WorkbenchSpec, one: HistorySpec) -> str:
    marks = "→" * (one.id == session.current) + "⚑" * (one.id == session.pinned) + "★" * one.favourite
    text = " ".join(f"{one.source} → {one.target}".split())
    return f"  {marks:<3} {one.id:>3} {one.name:<20} {_number(one.total):>8}  {one.made}: {text}"


def _compared(session: WorkbenchSpec, found: ComparisonSpec) -> list[str]:
    sides = []
    states = {state.id: state for state in session.states}
    first, second = states[found.first], states[found.second]
    pairs = (
        ("source", found.source, first.source, second.source),
        ("answer", found.target, first.target, second.target),
    )
    for name, spans, before, after in pairs:
        if before.times or after.times:
            sides.append(f"  {name}: {_source(before)} → {_source(after)}")
            continue
        shown = []
        for span in spans:
            old, new = before.labels[slice(*span.first)], after.labels[slice(*span.second)]
            shown += (
                old
                if span.change == "same"
                else [f"[-{' '.join(old)}-]"] * bool(old) + [f"{{+{' '.join(new)}+}}"] * bool(new)
            )
        sides.append(f"  {name}: {' '.join(shown)}")
    return [f"pinned {found.first} beside {found.second}: log p {_number(found.total)}", *sides]


def _p(log_p: float | None) -> str:
    return "0" if log_p is None else f"{exp(log_p):.2f}"


def _number(value: float | None) -> str:
    return "-∞" if value is None else f"{value:.3f}"
