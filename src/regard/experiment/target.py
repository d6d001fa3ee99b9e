"""Which output is asked about: a token of the vocabulary, or a class."""

from __future__ import annotations

from typing import Any

from torch import nn

from regard.errors import ArgumentError


def class_of(what: str, asked: Any, classes: int, model: nn.Module, tokenizer: Any, *, words: bool) -> int:
    """The number of the class that ``asked`` names: a number, a token's text (``words``), or a class's label.

    Raises ``ArgumentError`` for what is outside the vocabulary, and for a text of several tokens.
    """
    if isinstance(asked, bool) or not isinstance(asked, (int, str)):
        raise ArgumentError(f"{what} must be a {'token' if words else 'class'}: its number or its text; got {asked!r}")
    found = asked if isinstance(asked, int) else _named(what, asked, model, tokenizer, words)
    if not 0 <= found < classes:
        there = "the vocabulary has" if words else "the model has"
        raise ArgumentError(f"{what} {asked!r} does not exist; {there} {classes} (0 to {classes - 1})")
    return found


def _named(what: str, text: str, model: nn.Module, tokenizer: Any, words: bool) -> int:
    if not words:
        labels: dict[str, int] = getattr(getattr(model, "config", None), "label2id", None) or {}
        if text not in labels:
            raise ArgumentError(f"{what} {text!r} is no class; there are: {', '.join(map(repr, labels))}")
        return int(labels[text])
    if tokenizer is None:
        raise ArgumentError(f"{what} {text!r} is text, which needs a tokenizer; without one, give the token's id")
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    unknown = getattr(tokenizer, "unk_token_id", None)
    if len(ids) != 1 or (ids[0] == unknown and text != getattr(tokenizer, "unk_token", None)):
        pieces = tokenizer.convert_ids_to_tokens(ids)
        hint = ". In many vocabularies a word begins with a space" if len(ids) > 1 and not text.startswith(" ") else ""
        raise ArgumentError(f"{what} {text!r} is not one token of the vocabulary but {len(ids)}: {pieces}{hint}")
    return int(ids[0])
