"""A text view as text: the strongest tokens of the one that is followed, or of all."""

from __future__ import annotations

import numpy as np

from regard.view import TextView

_ROWS = 20
_BAR = 24


def text_text(view: TextView) -> list[str]:
    """Lines of text: what is followed, and the tokens of most attention with a bar each, longest first.

    Without a selected token these are the most attended ones (from a sample of the queries where reading all would
    take long, which is said), or the largest of the given colours.
    """
    state = view.selection.state
    attention = view.record.attentions[state.kind]
    title = f"{state.kind} attention, layer {state.layer}, heads {state.heads}"
    if not state.heads:
        return [f"{title}: no head is selected"]
    attends = view.direction == "attends"
    followed = state.query if attends else state.key
    streams = view.record.streams
    own, others = attention.query_stream, attention.key_stream
    if followed is not None and not attends:
        own, others = others, own
    values, what = _values(view, followed)
    if followed is not None:
        verb = "attends to" if attends else "is attended by"
        what = f"token {followed} “{streams[own].labels[followed]}” {verb}"
    order = [int(i) for i in np.argsort(-values, kind="stable")[:_ROWS] if values[i] > 0]
    most = float(values.max(initial=0)) or 1.0
    labels = streams[others].labels
    rows = [f"{i:>7} {values[i]:.4f} {'█' * max(1, round(_BAR * values[i] / most)):<{_BAR}} {labels[i]}" for i in order]
    return [f"{title}: {what}", *rows]


def _values(view: TextView, followed: int | None) -> tuple[np.ndarray, str]:
    state = view.selection.state
    attention = view.record.attentions[state.kind]
    if followed is None and view.given is not None:
        return view.given, "the largest values given"
    whole, layer = slice(0, attention.keys), slice(state.layer, state.layer + 1)
    heads = [slice(head, head + 1) for head in state.heads]
    if followed is None:
        slices = [(layer, head, slice(0, 1), whole) for head in heads]
        found = [next(view.refine(f"{state.kind}.received", one)) for one in slices]
        sampled = "" if all(share == 1 for _, share in found) else " (from a sample of the queries)"
        return _folded([array.ravel() for array, _ in found], view.pool), f"most attended tokens{sampled}"
    one = slice(followed, followed + 1)
    rest = (one, whole) if view.direction == "attends" else (slice(0, attention.queries), one)
    rows = [view.read(f"{state.kind}.exact", (layer, head, *rest)).ravel() for head in heads]
    return _folded(rows, view.pool), ""


def _folded(rows: list[np.ndarray], pool: str) -> np.ndarray:
    stacked = np.stack(rows)
    return np.asarray(stacked.max(axis=0) if pool == "max" else stacked.mean(axis=0))
