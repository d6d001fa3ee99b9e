"""What the examples show: two trained models that packages carry, and tiny ones with random weights."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import regard
from regard import demo
from regard.experiment import Scan, ask, scan_heads
from regard.record import Record
from regard.testing import tiny_model, tiny_tokenizer

SENTENCE = "The cat sat on the mat and looked at the dog."
TEXT = (
    f"{SENTENCE} The dog was walking when the cats were sleeping. Is it raining in the morning? It is not raining now."
)
PAIR = ("The doctor told the nurse that she was tired.", "The physician said to the nurse that he needed rest.")
TOKENIZERS = {"bert": "wordpiece", "bart": "unigram", "t5": "unigram"}
"""Kinds of the tiny tokenizers; byte level where none is named."""


@cache
def minilm(*texts: str) -> Record:
    """all-MiniLM-L6-v2, a trained BERT of 6 layers × 12 heads, on one text or a pair."""
    return _one(regard.capture(*_loaded(), *texts))


@cache
def tiny(family: str, text: str = SENTENCE, target: str | None = None) -> Record:
    """A tiny model of a family on a text; its weights are random, and the same every time."""
    return _one(regard.capture(_model(family), _tokenizer(family), text, target=target))


@cache
def answer(family: str, prompt: str, tokens: int) -> Record:
    """A tiny model of a family while it writes so many tokens."""
    return _one(regard.capture_generation(_model(family), _tokenizer(family), prompt, max_new_tokens=tokens))


@cache
def _loaded() -> tuple[Any, Any]:
    return demo.minilm()


def _model(family: str) -> Any:
    model = tiny_model(family)
    model.name_or_path = model.config._name_or_path = f"tiny {family}"
    return model


def _tokenizer(family: str) -> Any:
    return tiny_tokenizer(TOKENIZERS.get(family, "byte_level"))


def _one(found: Record | list[Record]) -> Record:
    assert isinstance(found, Record)
    return found


@cache
def ablated(name: str, *texts: str, tokens: tuple[int, int]) -> Scan:
    """What each head of MiniLM does to the cosine of two tokens' last states; three digits, alike on every machine."""
    model, tokenizer = _loaded()

    def cosine(output: Any) -> Any:
        first, second = (output.last_hidden_state[:, token] for token in tokens)
        return (first * second).sum(-1) / first.norm(dim=-1) / second.norm(dim=-1)

    found = scan_heads(ask(model, tokenizer, *texts, effect=cosine))
    return replace(found, values=found.values.round(3), effect=name, noise={name: 0.001})
