"""Texts to rows: run the model over some texts, shortest first, and keep the states of every position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from regard.capture.arrays import to_numpy
from regard.capture.inputs import Inputs
from regard.corpus.encoded import read, text_of
from regard.corpus.hidden import hidden_states, row_of
from regard.corpus.one_input import tokens_of
from regard.corpus.settings import Settings
from regard.corpus.store import Rows, Space
from regard.corpus.text import encoded


@dataclass
class Added:
    """What one call of :func:`index` did with the texts it was given.

    ``texts`` and ``states`` were added. Of the others, ``there`` were in the corpus already, ``empty``, ``long`` (more
    tokens than the model has positions) and ``unreadable`` (half a character) texts were left out. ``cut`` targets the
    model did not end by itself. ``left_out`` states were not finite or had no direction.
    """

    texts: int = 0
    states: int = 0
    there: int = 0
    empty: int = 0
    long: int = 0
    unreadable: int = 0
    cut: int = 0
    left_out: int = 0
    generated: int = 0

    def __str__(self) -> str:
        told = {
            "already there": self.there,
            "empty": self.empty,
            "too long for the model": self.long,
            "unreadable": self.unreadable,
            "with a target that the model wrote": self.generated,
            "with a target cut before its end": self.cut,
            "states left out (not finite, or zero)": self.left_out,
        }
        more = ", ".join(f"{count:,} {what}" for what, count in told.items() if count)
        return f"{self.texts:,} texts and {self.states:,} states added{'; ' + more if more else ''}"


@dataclass(frozen=True)
class Item:
    """A text that is to be added, with what tells it from others and its number of tokens."""

    source: str
    target: str | None
    digest: bytes
    size: int


@dataclass(frozen=True, eq=False)
class Chunk:
    """What one commit adds: rows of the table of texts, states by space, and how many states were left out."""

    texts: Sequence[Mapping[str, Any]]
    states: Mapping[Space, Rows]
    left_out: int


def chunk_of(
    model: nn.Module,
    tokenizer: Any,
    items: Sequence[Item],
    first: int,
    settings: Settings,
    batch: int,
    told: Callable[[int], None],
) -> Chunk:
    """Runs the model over the items, ``batch`` at a time; their numbers count from ``first``, in their order.
    ``told`` is called with how many of them were read so far.

    Texts of like length run together, those with a target apart from those without. States that are not finite, or
    (for the cosine) of length zero, have no neighbours: they are left out and counted.
    """
    texts: dict[int, dict[str, Any]] = {}
    parts: dict[Space, list[Rows]] = {space: [] for space in settings.spaces}
    left_out = 0
    for numbers in batches(items, batch):
        given = [items[i].target for i in numbers]
        targets = None if given[0] is None else [str(target) for target in given]
        inputs, cut = read(model, tokenizer, [items[i].source for i in numbers], targets)
        found = hidden_states(model, inputs, tuple(settings.layers))
        for row, i in enumerate(numbers):
            texts[i] = _text(tokenizer, inputs, row, items[i], first + i, row in cut)
            for stream, layer in settings.spaces:
                vectors = _as(to_numpy(row_of(found[stream][layer], inputs, row, stream)), settings.dtype)
                rows, dropped = _usable(vectors, first + i, settings.metric == "cosine")
                parts[stream, layer].append(rows)
                left_out += dropped
        told(len(texts))
    states = {space: Rows.joined(rows) for space, rows in parts.items()}
    return Chunk([texts[i] for i in range(len(items))], states, left_out)


def batches(items: Sequence[Item], batch: int) -> list[list[int]]:
    """Places of the items in batches of like length, with a target or without."""
    found: list[list[int]] = []
    for with_target in (False, True):
        places = [i for i, item in enumerate(items) if (item.target is not None) == with_target]
        places.sort(key=lambda i: items[i].size)
        found += [places[start : start + batch] for start in range(0, len(places), batch)]
    return found


def _text(tokenizer: Any, inputs: Inputs, row: int, item: Item, number: int, cut: bool) -> dict[str, Any]:
    pair = inputs.encoder_decoder
    source = tokens_of(inputs, row, "encoder")
    target = tokens_of(inputs, row, "decoder") if pair else None
    ids = [] if target is None else np.asarray(target.ids).tolist()
    written = text_of(tokenizer, ids) if pair and item.target is None else item.target
    return {
        "id": number,
        "digest": item.digest,
        "source": encoded(item.source),
        "target": None if written is None else encoded(written),
        "generated": pair and item.target is None,
        "cut": cut,
        "source_ids": np.asarray(source.ids).tolist(),
        "source_labels": list(source.labels),
        "target_ids": ids or None,
        "target_labels": None if target is None else list(target.labels),
    }


def _usable(vectors: np.ndarray, number: int, direction: bool) -> tuple[Rows, int]:
    usable = np.isfinite(vectors).all(axis=1)
    if direction:
        usable &= (vectors != 0).any(axis=1)
    position = np.flatnonzero(usable)
    return Rows(vectors[position], np.full(len(position), number), position), len(vectors) - len(position)


def _as(vectors: np.ndarray, dtype: str) -> np.ndarray:
    """In the corpus's dtype; what does not fit becomes infinite, which is left out and counted."""
    with np.errstate(over="ignore"):
        return vectors.astype(dtype)
