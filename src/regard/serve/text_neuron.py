"""A neuron view as text: a table of one query's strongest keys, every term of their weights a column."""

from __future__ import annotations

import numpy as np

from regard.record import Parts, top_keys
from regard.view import NeuronView

_KEYS = 16
_DIMS = 3
_NAMES = {
    "content": "content",
    "turned": "+rotary",
    "dot": "q·k",
    "capped": "soft-cap",
    "distance_bias": "+position",
    "bias": "+bias",
    "mask": "+mask",
    "scores": "score",
    "weights": "weight",
    "value_norm": "‖v‖",
    "weighted_value": "×‖v‖",
    "written": "written",
}


def neuron_text(view: NeuronView) -> list[str]:
    """Lines of text: which query and head, a row for each of its strongest keys, and what the others and a sink take.

    The last column names the dimensions whose products ``q × k`` are largest, either sign.
    """
    state = view.selection.state
    attention = view.record.attentions[state.kind]
    title = f"{state.kind} attention, layer {state.layer}"
    if not state.heads:
        return [f"{title}: no head is selected"]
    head, query = state.heads[0], state.query or 0
    layer = attention.layer(state.layer)
    row = slice(query, query + 1)
    strongest = top_keys(layer, slice(head, head + 1), min(_KEYS, layer.keys), row).keys[0, 0]
    parts = view.record.parts(state.layer, head, query, strongest[strongest >= 0], kind=state.kind)
    shared = f" (key head {parts.kv_head})" if layer.kv_heads < layer.heads else ""
    streams = view.record.streams
    labels = streams[attention.key_stream].labels
    own = streams[attention.query_stream].labels[query]
    share = f"{len(parts.keys)} of {layer.keys} keys, {parts.weights.sum():.0%} of the attention"
    lines = [f"{title}, head {head}{shared}, query {query} “{own}”: {share}", *_table(parts, labels)]
    others = 1 - parts.weights.sum() - parts.sink_weight
    if len(parts.keys) < layer.keys:
        lines.append(f"{max(0.0, float(others)):.4f} on {layer.keys - len(parts.keys)} other keys")
    return [*lines, *([f"{parts.sink_weight:.4f} on the sink"] if parts.sink is not None else [])]


def _table(parts: Parts, labels: tuple[str, ...]) -> list[str]:
    columns = {name: column for name, column in parts.columns().items() if name != "mask"}
    names = [f"×{parts.scale:.4g}" if name == "scaled" else _NAMES[name] for name in columns]
    rows = [f"{'key':>7}  {'':<14}" + "".join(f"{name:>11}" for name in names) + "  strongest dimensions"]
    for i, key in enumerate(parts.keys):
        numbers = "".join(f"{column[i]:>11.4g}" for column in columns.values())
        rows.append(f"{key:>7}  {labels[key][:13]:<14}{numbers}  {_dimensions(parts, i)}")
    return rows


def _dimensions(parts: Parts, row: int) -> str:
    products = parts.products[row]
    order = np.argsort(-np.abs(products), kind="stable")[:_DIMS]
    return "  ".join(f"{int(dim)}:{products[dim]:+.3g}" for dim in order)
