"""From sources and targets to one batch of the model's inputs, and which texts cannot be read."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.inputs import Inputs, accepts, device_of, from_arguments
from regard.capture.pieces import text_tokenizer
from regard.capture.readable import tokenizing
from regard.capture.targets import needs_target, with_target
from regard.capture.texts import Passage, encode, tables_of_positions
from regard.errors import ArgumentError

_UNFINISHED = re.compile(r"the model did not end its answer to row (\d+)")


def read(
    model: nn.Module, tokenizer: Any, sources: Sequence[str], targets: Sequence[str] | None
) -> tuple[Inputs, set[int]]:
    """The inputs of one batch of texts, and the rows whose generated target was cut for length.

    An encoder-decoder without ``targets`` first writes its own greedy answers.
    """
    arguments, tokens = encode(model, tokenizer, [Passage(source) for source in sources])
    inputs = from_arguments(model, arguments, tokenizer).with_tokens(tokens)
    if targets is None and not needs_target(inputs):
        return inputs, set()
    with _noting_cuts() as cut:
        return with_target(model, tokenizer, inputs, targets), cut


def read_one(model: nn.Module, tokenizer: Any, source: Any, target: Any) -> tuple[Inputs, set[int]]:
    """The inputs of one text; source and target are text, or the ids of exactly what encoder and decoder read."""
    if isinstance(source, str) and (target is None or isinstance(target, str)):
        return read(model, tokenizer, [source], None if target is None else [target])
    ids = text_tokenizer(tokenizer)(source)["input_ids"] if isinstance(source, str) else source
    given = {"input_ids": _row(model, ids)}
    if accepts(model, "attention_mask"):
        given["attention_mask"] = torch.ones_like(given["input_ids"])
    if target is not None and not isinstance(target, str):
        given["decoder_input_ids"] = _row(model, target)
        return from_arguments(model, given, tokenizer), set()
    inputs = from_arguments(model, given, tokenizer)
    if target is None and not needs_target(inputs):
        return inputs, set()
    with _noting_cuts() as cut:
        return with_target(model, tokenizer, inputs, target), cut


def _row(model: nn.Module, ids: Any) -> Tensor:
    return torch.tensor([[int(number) for number in ids]], dtype=torch.long, device=device_of(model))


def size(tokenizer: Any, source: str, target: str | None, most: int | None) -> int | str:
    """How many tokens a text and its target are, or in one word why they cannot be used: ``empty``, ``long`` for a
    model of ``most`` positions, or ``unreadable`` for the tokenizer (half of a character)."""
    count = 0
    for text, name in ((source, "text"), (target, "text_target")):
        if text is None:
            continue
        try:
            with tokenizing(text):
                found = len(text_tokenizer(tokenizer)(**{name: text}, verbose=False)["input_ids"]) if text else 0
        except ArgumentError:
            return "unreadable"
        if not found or (most is not None and found > most):
            return "long" if found else "empty"
        count += found
    return count


def most_tokens(model: nn.Module) -> int | None:
    """How many tokens of a text the model's table of positions holds; ``None`` where positions are computed.

    The configuration's number counts where it is smaller: some tables begin with rows that no token uses.
    """
    tables = tables_of_positions(model)
    limit = getattr(getattr(model, "config", None), "max_position_embeddings", None)
    return min([*tables.values(), *([limit] if isinstance(limit, int) else [])]) if tables else None


def text_of(tokenizer: Any, ids: Any) -> str:
    """What a generated target says, without special tokens."""
    return str(text_tokenizer(tokenizer).decode([int(number) for number in ids], skip_special_tokens=True))


@contextmanager
def _noting_cuts() -> Iterator[set[int]]:
    """Collects the rows that generation warns of; other warnings go on."""
    rows: set[int] = set()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield rows
    for one in caught:
        cut = _UNFINISHED.match(str(one.message))
        if cut:
            rows.add(int(cut[1]))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
