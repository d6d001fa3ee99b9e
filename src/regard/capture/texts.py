"""From text, pairs, batches and chat messages to the model's inputs and tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from regard.capture.inputs import accepts, device_of
from regard.capture.pieces import text_tokenizer, tokens_from_ids
from regard.capture.readable import tokenizing
from regard.errors import ArgumentError
from regard.record.tokens import Tokens

_POSITION_TABLES = ("position_embeddings", "wpe", "embed_positions")


@dataclass(frozen=True)
class Passage:
    """One row of text: a text, or a pair; ``rendered`` when it holds its special tokens already (a chat)."""

    text: str
    pair: str | None = None
    rendered: bool = False

    def __post_init__(self) -> None:
        for name, part in (("text", self.text), ("text_pair", self.pair)):
            if part == "":
                raise ArgumentError(f"{name} is empty; there must be at least one token to look at")

    @property
    def whole(self) -> str:
        """Both texts, one under the other; offsets count in this."""
        return self.text if self.pair is None else f"{self.text}\n{self.pair}"


def passages(tokenizer: Any, text: Any, text_pair: Any = None) -> tuple[list[Passage], bool]:
    """The rows that a text argument means, and whether it was a single one.

    A string; a string with ``text_pair``; chat messages (dicts with role and content); or a list of strings, of
    (text, pair) tuples or of chats. Raises ``ArgumentError`` for anything else.
    """
    if isinstance(text, str):
        return [Passage(text, _pair(text_pair))], True
    if _is_chat(text):
        return [_chat(tokenizer, text)], True
    if not isinstance(text, Sequence) or not text:
        raise ArgumentError(
            f"text must be a string, chat messages, or a list of them that is not empty; got {_shown(text)}"
        )
    pairs = [None] * len(text) if text_pair is None else text_pair
    if isinstance(pairs, str) or len(pairs) != len(text):
        raise ArgumentError(f"text_pair must be a list of {len(text)} strings, one per text; got {_shown(text_pair)}")
    return [_passage(tokenizer, one, pair) for one, pair in zip(text, pairs, strict=True)], False


def _passage(tokenizer: Any, text: Any, pair: Any) -> Passage:
    if isinstance(text, str):
        return Passage(text, _pair(pair))
    if _is_chat(text):
        return _chat(tokenizer, text)
    if isinstance(text, tuple) and len(text) == 2 and all(isinstance(part, str) for part in text):
        return Passage(*text)
    raise ArgumentError(f"a row must be a string, a (text, pair) tuple of strings or chat messages; got {_shown(text)}")


def _pair(pair: Any) -> str | None:
    if pair is not None and not isinstance(pair, str):
        raise ArgumentError(f"text_pair must be a string, as text is; got {_shown(pair)}")
    return pair


def _is_chat(text: Any) -> bool:
    return isinstance(text, Sequence) and bool(text) and all(isinstance(m, Mapping) and "role" in m for m in text)


def _chat(tokenizer: Any, messages: Sequence[Mapping[str, Any]]) -> Passage:
    """Chat messages in the tokenizer's template, ready for the answer when the last one is not the assistant's."""
    if getattr(tokenizer, "chat_template", None) is None:
        raise ArgumentError(
            f"{type(tokenizer).__name__} has no chat template, so chat messages cannot be written as text; "
            "set tokenizer.chat_template, or pass the text itself"
        )
    answer_next = messages[-1]["role"] != "assistant"
    text = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=answer_next)
    return Passage(text, rendered=True)


def _shown(value: Any) -> str:
    return f"{type(value).__name__} {value!r:.40}"


def encode(model: nn.Module, tokenizer: Any, rows: Sequence[Passage]) -> tuple[dict[str, Tensor], list[Tokens]]:
    """The model inputs of a batch of passages, padded at the end, on the model's device; and the tokens of each.

    Rows are padded here, so that the tokenizer needs no padding token and absolute positions count from the first
    token of every row.
    """
    tokenizer = text_tokenizer(tokenizer)
    encodings = [_encoding(tokenizer, row) for row in rows]
    width = max(len(one["input_ids"]) for one in encodings)
    check_length(model, width)
    arguments = _padded(model, tokenizer, encodings, width)
    return arguments, [_tokens(tokenizer, one, row) for one, row in zip(encodings, rows, strict=True)]


def _encoding(tokenizer: Any, row: Passage) -> Any:
    parts = [row.text] if row.pair is None else [row.text, row.pair]
    options: dict[str, Any] = {"return_offsets_mapping": True} if getattr(tokenizer, "is_fast", False) else {}
    if row.rendered:
        options["add_special_tokens"] = False
    with tokenizing(*parts):
        found = tokenizer(*parts, **options)
    if not len(found["input_ids"]):
        raise ArgumentError(f"the tokenizer makes no tokens of {row.whole!r:.40}; there must be at least one")
    return found


def _padded(model: nn.Module, tokenizer: Any, encodings: Sequence[Any], width: int) -> dict[str, Tensor]:
    ids = [list(one["input_ids"]) for one in encodings]
    columns = {"input_ids": (ids, getattr(tokenizer, "pad_token_id", None) or 0)}
    if accepts(model, "attention_mask"):
        columns["attention_mask"] = ([[1] * len(row) for row in ids], 0)
    if "token_type_ids" in encodings[0] and accepts(model, "token_type_ids"):
        columns["token_type_ids"] = ([list(one["token_type_ids"]) for one in encodings], 0)
    return {
        name: torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=device_of(model))
        for name, (rows, pad) in columns.items()
    }


def _tokens(tokenizer: Any, encoding: Any, row: Passage) -> Tokens:
    ids = list(encoding["input_ids"])
    plain = tokens_from_ids(tokenizer, ids, None if row.pair is None else encoding.get("token_type_ids"))
    if not getattr(tokenizer, "is_fast", False):
        return plain
    parts = encoding.sequence_ids(0)
    segments = None if row.pair is None else tuple(-1 if part is None else part for part in parts)
    starts = (0, len(row.text) + 1)
    offsets = [
        (-1, -1) if part is None else (starts[part] + begin, starts[part] + end)
        for part, (begin, end) in zip(parts, encoding["offset_mapping"], strict=True)
    ]
    return Tokens(
        plain.pieces, plain.labels, plain.ids, plain.special, segments, np.array(offsets).reshape(-1, 2), row.whole
    )


def check_length(model: nn.Module, count: int) -> None:
    """Raises ``ArgumentError`` when a text is longer than the model's table of positions."""
    for path, positions in tables_of_positions(model).items():
        if count > positions:
            raise ArgumentError(
                f"the text has {count} tokens but the model has only {positions} positions ({path}); "
                "shorten the text or capture it in parts"
            )


def tables_of_positions(model: nn.Module) -> dict[str, int]:
    """How many positions each of the model's learned tables has, by its path; empty where positions are computed."""
    return {
        path: module.num_embeddings
        for path, module in model.named_modules()
        if isinstance(module, nn.Embedding) and path.rsplit(".", 1)[-1] in _POSITION_TABLES
    }
