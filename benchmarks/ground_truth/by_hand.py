"""What circuits set by hand are made of: a residual stream with named parts, and heads that match and copy features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_utils import AttentionInterface

WORDS, PLACES = 16, 12
SPACES = {"one": 1, "word": WORDS, "place": PLACES, "first": WORDS, "second": WORDS, "said": WORDS}
WIDTH = sum(SPACES.values())
SURE = 30.0
"""A score that beats all others."""

LETTERS, FILLERS = range(5), range(5, 10)


def at(space: str, number: int = 0) -> int:
    """Where a number of a named part of the residual stream lies."""
    names = list(SPACES)
    return sum(SPACES[name] for name in names[: names.index(space)]) + number


@dataclass
class Head:
    """A head as what it matches, [query feature, key feature] → score, and what it copies, feature → feature."""

    matches: dict[tuple[int, int], float] = field(default_factory=dict)
    copies: dict[tuple[int, int], float] = field(default_factory=dict)

    def looks_at(self, words: Sequence[int], score: float) -> Head:
        """The same head, which gives these words that score, whatever the query is."""
        return Head({**self.matches, **{(at("one"), at("word", word)): score for word in words}}, self.copies)

    def writes(self, source: str, target: str, numbers: Sequence[int], factor: float = 1.0) -> Head:
        """The same head, which copies these numbers of one part of the residual stream to another part."""
        return Head(self.matches, {**self.copies, **{(at(source, i), at(target, i)): factor for i in numbers}})


class Attention(nn.Module):
    """Heads given by hand, through transformers' attention functions: each reads the whole state, and what it copies
    is its part of the output projection."""

    def __init__(self, heads: Sequence[Head]) -> None:
        super().__init__()
        self.register_buffer("qk", torch.stack([_matrix(head.matches) for head in heads]))
        self.o_proj = nn.Linear(len(heads) * WIDTH, WIDTH, bias=False, dtype=torch.float64)
        self.o_proj.weight.data = torch.cat([_matrix(head.copies).T for head in heads], dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """x + what the heads write, [batch, token, feature]."""
        attend = AttentionInterface().get_interface("eager", eager)
        states = x[:, None].expand(-1, len(self.qk), -1, -1)
        found, _ = attend(self, states @ self.qk, states, states, None, scaling=1.0)
        return x + self.o_proj(found.flatten(2))


def eager(_module: Any, query: Tensor, key: Tensor, value: Tensor, _mask: Any, scaling: float) -> tuple[Tensor, Tensor]:
    """Plain attention."""
    weights = (query @ key.mT * scaling).softmax(-1)
    return (weights @ value).transpose(1, 2), weights


class Model(nn.Module):
    """Tokens and places, layers of heads, and logits from what they said."""

    is_causal = False

    def __init__(self, layers: Sequence[Sequence[Head]], reads: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH, dtype=torch.float64)
        self.layers = nn.ModuleList(Attention(heads) for heads in layers)
        self._reads = reads
        nn.init.zeros_(self.words.weight)
        with torch.no_grad():
            self.words.weight[:, at("one")] = 1
            self.words.weight[:, at("word") : at("place")] = torch.eye(WORDS)

    def get_input_embeddings(self) -> nn.Embedding:
        """The table of words."""
        return self.words

    def forward(self, input_ids: Tensor) -> SimpleNamespace:
        """``logits`` [batch, token, word]."""
        x = self.words(input_ids)
        x[..., at("place") : at("first")] += torch.eye(PLACES, dtype=x.dtype)[: input_ids.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return SimpleNamespace(logits=self._reads(x[..., at("said") :]))


def _matrix(entries: dict[tuple[int, int], float]) -> Tensor:
    found = torch.zeros(WIDTH, WIDTH, dtype=torch.float64)
    for place, value in entries.items():
        found[place] = value
    return found
