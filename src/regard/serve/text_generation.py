"""A generation view as text: a line for each step, with its alternatives and what it attended to."""

from __future__ import annotations

import numpy as np

from regard.serve.text_seq2seq import session_text
from regard.view import GenerationView, LiveGenerationView

_STEPS = 40
_KEYS = 3
_ALTERNATIVES = 3


def generation_text(view: GenerationView) -> list[str]:
    """Lines of text: the chosen token of each step with its probability, the likeliest others, the strongest keys;
    of a workbench also the search and the history."""
    state = view.selection.state
    attention = view.record.attentions[state.kind]
    answer = view.answer
    labels = view.record.streams[attention.key_stream].labels
    title = f"{state.kind} attention, layer {state.layer}, {view.pool} of heads {state.heads}"
    lines = [f"{title}: {len(answer.answer)} steps after a prompt of {answer.border} tokens"]
    for step in range(min(_STEPS, len(answer.answer))):
        own = int(answer.answer.ids[step]) if answer.answer.ids is not None else -1
        others = [one for one in answer.choices.at(step) if one.id != own][:_ALTERNATIVES]
        named = "  ".join(f"{one.label} {np.exp(one.log_prob):.2f}" for one in others)
        keys = "  ".join(f"{labels[key]} {weight:.2f}" for key, weight in _strongest(view, answer.query(step)))
        chosen = f"{answer.answer.labels[step]} {np.exp(answer.choices.chosen[step]):.2f}"
        lines.append(f"{step:>5}  {chosen:<20} not {named:<40} from {keys}")
    if len(answer.answer) > _STEPS:
        lines.append(f"… {len(answer.answer) - _STEPS} more steps")
    if isinstance(view, LiveGenerationView):
        lines += ["", *session_text(view.session.spec())]
    return lines


def _strongest(view: GenerationView, query: int) -> list[tuple[int, float]]:
    state = view.selection.state
    layer = view.record.attentions[state.kind].layer(state.layer)
    rows = [
        layer.read("weights", (slice(head, head + 1), slice(query, query + 1), slice(0, layer.keys)))[0, 0]
        for head in state.heads
    ]
    if not rows:
        return []
    row = np.max(rows, axis=0) if view.pool == "max" else np.mean(rows, axis=0)
    return [(int(key), float(row[key])) for key in np.argsort(-row, kind="stable")[:_KEYS] if row[key] > 0]
