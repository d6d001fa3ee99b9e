"""Records and views as plain text: for terminals, logs and screen readers."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from regard.errors import ArgumentError
from regard.record import Attention, Generation, Layer, Record, Tokens
from regard.serve.text_effect import effect_text, evidence_text, tests_text
from regard.serve.text_generation import generation_text
from regard.serve.text_heatmap import heatmap_text
from regard.serve.text_map import map_text
from regard.serve.text_neuron import neuron_text
from regard.serve.text_reliability import reliability_text
from regard.serve.text_routing import routing_text
from regard.serve.text_seq2seq import seq2seq_text
from regard.serve.text_text import text_text
from regard.view import (
    Explore,
    GenerationView,
    HeadView,
    Heatmap,
    MapView,
    NeuronView,
    ReliabilityView,
    Seq2SeqView,
    TextView,
    View,
)

_MOST_ROWS = 512
_ENDS = ("first token", "last token")
_GLYPHS = {"first token": "⇤", "last token": "⇥", "previous token": "←", "itself": "●", "next token": "→"}


def text(shown: object, *, width: int = 100, rows: int = 40, keys: int = 4) -> str:
    """A record, a model view or a head view as text at most ``width`` columns wide.

    A record and a model view show, for every layer and head, where at least half of the attention goes. A head view
    lists ``rows`` queries with their ``keys`` strongest keys, averaged over the selected heads; with a selected query,
    that query's row for each head. Explore shows the first and the view of one head that is open. Below a view stand
    the effects it is coloured by, if any, and whether what it shows was tested.
    """
    if isinstance(shown, Record):
        return "\n\n".join([_summary(shown, width), *(_grid(a) for a in shown.attentions.values())])
    if not isinstance(shown, View):
        raise ArgumentError(f"a record or a view can be shown as text, not {type(shown).__name__}")
    if isinstance(shown, ReliabilityView):
        return "\n".join(reliability_text(shown, width))
    views = (shown.panes["model_view"], shown.opened) if isinstance(shown, Explore) else (shown,)
    parts = [_view(view, width, rows, keys) for view in views]
    said = [lines for lines in (effect_text(shown), tests_text(shown), [evidence_text(shown)]) if lines]
    return "\n\n".join([*parts, *(_cut(lines, width) for lines in said)])


def _view(shown: View, width: int, rows: int, keys: int) -> str:
    if isinstance(shown, HeadView):
        return _head_view(shown, width, rows, keys)
    if isinstance(shown, TextView):
        return _cut(text_text(shown), width)
    if isinstance(shown, Seq2SeqView):
        return _cut(seq2seq_text(shown), width)
    if isinstance(shown, GenerationView):
        return _cut(generation_text(shown), width)
    if isinstance(shown, NeuronView):
        return _cut(neuron_text(shown), width)
    if isinstance(shown, Heatmap):
        return _cut(heatmap_text(shown, width), width)
    if isinstance(shown, MapView):
        return _cut(map_text(shown, width), width)
    kind = shown.selection.kind
    offer = next(o for o in shown.attentions() if o.kind == kind)
    grid = _grid(shown.record.attentions[kind], offer.layers, offer.heads)
    return f"{_summary(shown.record, width)}\n\n{grid}"


def _summary(record: Record, width: int) -> str:
    name = record.model.name or "attention without a model"
    family = f" ({record.model.family})" if record.model.family else ""
    lines = [f"{name}{family}"]
    for kind, a in record.attentions.items():
        shared = f", {a.kv_heads} key heads" if a.kv_heads != a.heads else ""
        size = f"{a.queries} tokens" if a.is_self else f"{a.queries} queries × {a.keys} keys"
        full = sum(len(a.layer(i).present) for i in a.present) * a.queries * a.keys * a.weights.dtype.itemsize
        held = f"{_bytes(a.nbytes)} held, {_bytes(full)} as matrices"
        lines.append(f"  {kind}: {_layers(a)} × {_heads(a)}{shared}, {size} ({held})")
    lines += [
        f"  {stream} tokens: {_fitted(tokens, width - len(stream) - 11)}" for stream, tokens in record.streams.items()
    ]
    lines += [f"  {routing_text(routing)}" for routing in record.routings.values()]
    if record.generation is not None:
        lines.append(_answer(record.generation, width))
    return "\n".join(lines)


def _layers(attention: Attention) -> str:
    """How many layers have attention in the record, of how many the model has."""
    count, present = len(attention.layers), len(attention.present)
    return f"{present} layers" if present == count else f"{present} of {count} layers"


def _heads(attention: Attention) -> str:
    """How many heads a layer has; which of them are in the record, where not all are."""
    present = sorted({head for number in attention.present for head in attention.layer(number).present})
    if len(present) == attention.heads:
        return f"{attention.heads} heads"
    return f"{len(present)} of {attention.heads} heads ({', '.join(map(str, present))})"


def _answer(generation: Generation, width: int) -> str:
    """Where the prompt ends, and the answer, whose last token is not among the tokens read."""
    sizes = f"  prompt: {generation.border} tokens; answer: {len(generation.answer)}: "
    return sizes + _fitted(generation.answer, width - len(sizes))


def _fitted(tokens: Tokens, width: int) -> str:
    shown: list[str] = []
    used = 0
    for label in tokens.labels:
        used += _columns(label) + 1
        if used > width - 12:
            return " ".join(shown) + f" … ({len(tokens)})"
        shown.append(label)
    return " ".join(shown)


def _grid(attention: Attention, layers: Sequence[int] | None = None, heads: Sequence[int] | None = None) -> str:
    layers = attention.present if layers is None else layers
    heads = range(attention.heads) if heads is None else heads
    rows = ["head".rjust(9) + "".join(f"{head:>3}" for head in heads)]
    for number in layers:
        layer = attention.layer(number)
        glyphs = [_glyph(layer, head, attention.is_self) if head in layer.present else " " for head in heads]
        rows.append(f"layer {number:>3}" + "".join(f"  {glyph}" for glyph in glyphs))
    named = "  ".join(f"{glyph} {name}" for name, glyph in _GLYPHS.items() if attention.is_self or name in _ENDS)
    sampled = f", from {_MOST_ROWS} of {attention.queries} queries" if attention.queries > _MOST_ROWS else ""
    rows.append(f"{attention.kind} attention: at least half of it goes to  {named}  · spread{sampled}")
    return "\n".join(rows)


def _glyph(layer: Layer, head: int, is_self: bool) -> str:
    """Which simple place takes at least half of a head's attention, averaged over its queries."""
    queries = np.unique(np.linspace(0, layer.queries - 1, min(layer.queries, _MOST_ROWS)).astype(int))
    shares = dict.fromkeys(_GLYPHS, 0.0)
    for start in range(0, len(queries), 64):
        block = queries[start : start + 64]
        span = slice(int(block[0]), int(block[-1]) + 1)
        rows = layer.read("weights", (slice(head, head + 1), span, slice(0, layer.keys)))[0][block - span.start]
        shares["first token"] += float(rows[:, 0].sum())
        shares["last token"] += float(rows[:, -1].sum())
        for name, step in (("previous token", -1), ("itself", 0), ("next token", 1)) if is_self else ():
            keys = block + step
            inside = (keys >= 0) & (keys < layer.keys)
            shares[name] += float(rows[np.flatnonzero(inside), keys[inside]].sum())
    name, share = max(shares.items(), key=lambda item: item[1])
    return _GLYPHS[name] if share >= 0.5 * len(queries) else "·"


def _head_view(view: HeadView, width: int, rows: int, keys: int) -> str:
    s = view.selection.state
    attention = view.record.attentions[s.kind]
    if not s.heads:
        return f"{s.kind} attention, layer {s.layer}: no head is selected"
    layer = attention.layer(s.layer)
    queries, names = view.record.streams[attention.query_stream], view.record.streams[attention.key_stream]
    heads = f"head {s.heads[0]}" if len(s.heads) == 1 else f"{len(s.heads)} heads"
    if s.query is not None:
        title = f"{s.kind} attention, layer {s.layer}, query {s.query} “{queries.labels[s.query]}”"
        weights = _weights(layer, s.heads, slice(s.query, s.query + 1))
        found = [_row(f"head {head}", row[0], names, keys, 10) for head, row in zip(s.heads, weights, strict=True)]
        return _cut([title, *found], width)
    title = f"{s.kind} attention, layer {s.layer}, {'mean of ' if len(s.heads) > 1 else ''}{heads}: strongest keys"
    shown = min(rows, attention.queries)
    weights = _weights(layer, s.heads, slice(0, shown)).mean(axis=0)
    margin = min(24, max((_columns(label) for label in queries.labels[:shown]), default=0))
    found = [_row(queries.labels[i], weights[i], names, keys, margin) for i in range(shown)]
    if shown < attention.queries:
        found.append(f"… {attention.queries - shown} more queries; text(rows=…) shows them")
    return _cut([title, *found], width)


def _weights(layer: Layer, heads: Sequence[int], queries: slice) -> np.ndarray:
    return np.concatenate([layer.read("weights", (slice(h, h + 1), queries, slice(0, layer.keys))) for h in heads])


def _row(name: str, weights: np.ndarray, names: Tokens, keys: int, margin: int) -> str:
    order = np.argsort(-weights, kind="stable")[:keys]
    found = "  ".join(f"{names.labels[i]} {weights[i]:.2f}" for i in order if weights[i] > 0)
    return f"{_padded(name, margin)}  → {found or 'nothing'}"


def _cut(lines: Sequence[str], width: int) -> str:
    return "\n".join(line if _columns(line) <= width else _clip(line, width - 1) + "…" for line in lines)


def _clip(line: str, width: int) -> str:
    used = 0
    for at, char in enumerate(line):
        used += _columns(char)
        if used > width:
            return line[:at]
    return line


def _padded(name: str, width: int) -> str:
    name = name if _columns(name) <= width else _clip(name, width - 1) + "…"
    return " " * (width - _columns(name)) + name


def _columns(text: str) -> int:
    """Terminal columns: two for wide characters, none for combining ones."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError
