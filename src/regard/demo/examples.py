"""What the demo shows: texts on which known heads can be seen at work, each with a note of what to look at.

Every number in a note is read from the record when the demo runs. Which head does what was found beforehand: over all
heads of SmolLM2, on 50 random tokens written twice, head 6 of layer 18 has the highest induction score (0.92: the mean
weight on the token after a token's first occurrence; Olsson et al. 2022) and head 0 of layer 16 the highest weight on
the token before (0.90).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from regard.capture import capture
from regard.demo.models import minilm, smollm2
from regard.record import Record
from regard.serve.html import Section
from regard.view import explore

PARAPHRASE = (
    "The doctor told the nurse that she was tired.",
    "The physician said to the nurse that he needed rest.",
)
REPEATED = "Marta Lindqvist met Viktor Orlov in Vienna. Years later, Marta Lindqvist wrote to Viktor"

COUNTERPART, BEFORE, AFTER = (2, 9), (0, 2), (1, 8)  # of MiniLM, as (layer, head)
INDUCTION, PREVIOUS = (18, 6), (16, 0)  # of SmolLM2


def minilm_section() -> Section:
    """MiniLM on a sentence and its paraphrase."""
    record = _captured(minilm(), *PARAPHRASE)
    layer, head = COUNTERPART
    pairs = [("doctor", 0, "physician", 0), ("physician", 0, "doctor", 0), ("nurse", 0, "nurse", 1)]
    special = np.asarray(record.weights)[:, :, :, np.array(record.tokens.special)].sum(axis=-1).mean(axis=(1, 2))
    most = int(special.argmax())
    return Section(
        explore(record, layer=layer, head=head, title=record.model.name),
        "An encoder: a word looks for its counterpart",
        f"{record.model.name} reads a sentence and its paraphrase. Layer {layer}, head {head} pairs words across "
        f"the two: {_weights(record, COUNTERPART, pairs)}. Most other words rest on [CLS]. Point at a "
        "word to see its weights; the filter A→B shows one direction only. A click on a small picture shows another "
        f"layer (row) and head (column): layer {BEFORE[0]}, head {BEFORE[1]} looks at "
        f"the token before ({_diagonal(record, BEFORE, -1):.2f} of its attention), layer {AFTER[0]}, head "
        f"{AFTER[1]} at the token after ({_diagonal(record, AFTER, 1):.2f}). [CLS] and [SEP] take "
        f"{special[0]:.0%} of the attention in layer 0 and {special[most]:.0%} in layer {most}.",
    )


def smollm2_section() -> Section:
    """SmolLM2 on a text that names two people twice and stops within the last name."""
    record = _captured(smollm2(), REPEATED)
    layer, head = INDUCTION
    pairs = [(" Lind", 1, "q", 0), ("v", 1, "ist", 0), ("tor", 1, " Or", 0)]
    first = np.asarray(record.weights)[:, :, 1:, 0].mean(axis=-1)
    return Section(
        explore(record, layer=layer, head=head, title=record.model.name),
        "A language model: an induction head",
        f"{record.model.name} reads names that come twice. Where one comes again, layer {layer}, head {head} looks "
        f"at the token after its first time: {_weights(record, INDUCTION, pairs)}. Where nothing repeats, it "
        f"rests on the first token, as most heads do: it takes {first.mean():.0%} of all attention, and "
        f"{int((first > 0.5).sum())} of {first.size} heads leave more than half of theirs there. An induction head "
        f"needs one below it that looks at the token before, as layer {PREVIOUS[0]}, head {PREVIOUS[1]} does "
        f"({_diagonal(record, PREVIOUS, -1):.2f}).",
    )


SECTIONS: dict[str, Callable[[], Section]] = {"minilm": minilm_section, "smollm2": smollm2_section}


def _captured(loaded: tuple[Any, Any], *texts: str) -> Record:
    record = capture(*loaded, *texts)
    assert isinstance(record, Record)
    return record


def _weights(record: Record, place: tuple[int, int], pairs: list[tuple[str, int, str, int]]) -> str:
    """“query” → “key” and its weight, for tokens given as (piece, which occurrence of it)."""
    layer, head = place
    found = []
    for query, query_time, key, key_time in pairs:
        q, k = _position(record, query, query_time), _position(record, key, key_time)
        labels = record.tokens.labels
        found.append(f"“{labels[q]}” → “{labels[k]}” {record.weights[layer, head, q, k]:.2f}")
    return ", ".join(found)


def _position(record: Record, piece: str, time: int) -> int:
    pieces = [found.strip() for found in record.tokens.pieces]
    return [i for i, found in enumerate(pieces) if found == piece.strip()][time]


def _diagonal(record: Record, place: tuple[int, int], step: int) -> float:
    """Mean weight on the key ``step`` positions on, over the queries that have one."""
    layer, head = place
    return float(np.diagonal(record.weights[layer, head], offset=step).mean())
