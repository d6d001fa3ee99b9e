"""Ten circuits whose causes are known, and which methods find them: ``python -m benchmarks.ground_truth``.

Each circuit is a model set by hand (float64, no normalisation, one to three layers) that breaks a family of methods. A
token is a cause when other tokens in its place change what the model says at the last token. Scores are precision at
the number of causes, mean over texts; ties count by expectation. A right implementation reproduces the failures too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers.modeling_utils import AttentionInterface

import regard
from regard.experiment import KnockOut, ask, run, scan_tokens

RESULTS = Path("benchmarks/results/ground_truth.md")
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
    """Heads given by hand, through transformers' attention functions."""

    def __init__(self, heads: Sequence[Head]) -> None:
        super().__init__()
        self.register_buffer("qk", torch.stack([_matrix(head.matches) for head in heads]))
        self.register_buffer("ov", torch.stack([_matrix(head.copies) for head in heads]))

    def forward(self, x: Tensor) -> Tensor:
        """x + what the heads write, [batch, token, feature]."""
        attend = AttentionInterface().get_interface("eager", eager)
        states = x[:, None].expand(-1, len(self.qk), -1, -1)
        found, _ = attend(self, states @ self.qk, states, states @ self.ov, None, scaling=1.0)
        return x + found.sum(2)


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


@dataclass(frozen=True)
class Circuit:
    """A model; what makes a text (ids, causes and, for each place, words that may stand there); and how many tokens may
    be causes (``None``: all but the last, which asks)."""

    name: str
    model: Model
    text: Callable[[np.random.Generator], tuple[list[int], list[int], list[Sequence[int]]]]
    candidates: int | None = None


def _matrix(entries: dict[tuple[int, int], float]) -> Tensor:
    found = torch.zeros(WIDTH, WIDTH, dtype=torch.float64)
    for place, value in entries.items():
        found[place] = value
    return found


def _same(said: Tensor) -> Tensor:
    return said


def _placed(
    rng: np.random.Generator, count: int, *roles: tuple[int, Sequence[int], Sequence[int]]
) -> tuple[list[int], list[list[int]], list[Sequence[int]]]:
    """A text of fillers and a last token that asks, with roles (how many, of which words, replaced by which words) put
    in places by chance: the ids, the places of each role, and what may stand in each place."""
    ids = [int(i) for i in rng.choice(FILLERS, count - 1)] + [FILLERS[0]]
    instead: list[Sequence[int]] = [list(FILLERS)] * count
    order, places = list(rng.permutation(count - 1)), []
    for many, words, others in roles:
        places.append([int(order.pop()) for _ in range(many)])
        for place, word in zip(places[-1], rng.choice(words, many, replace=many > len(words)), strict=True):
            ids[place], instead[place] = int(word), others
    return ids, places, instead


def induction() -> Circuit:
    """… A B … A → B: the previous token is noted, then what followed an equal one is copied."""
    back = Head({(at("place", i), at("place", i - 1)): SURE for i in range(1, PLACES)}).writes(
        "word", "first", range(WORDS)
    )
    match = Head({(at("word", i), at("first", i)): SURE for i in range(WORDS)}).writes("word", "said", range(WORDS), 3)

    def text(rng: np.random.Generator) -> Any:
        ids = [int(i) for i in rng.permutation(WORDS)[:8]]
        first = int(rng.integers(0, 7))
        return [*ids, ids[first]], [first, first + 1, 8], [sorted(set(range(WORDS)) - set(ids))] * 9

    return Circuit("induction", Model([[back], [match]], _same), text, candidates=9)


def sink() -> Circuit:
    """90 % of the attention lies on a word that passes nothing on."""
    head = Head().looks_at(LETTERS, 10).looks_at([14, 15], 10 + log(9)).writes("word", "said", LETTERS, 10)

    def text(rng: np.random.Generator) -> Any:
        ids, places, instead = _placed(rng, 10, (1, LETTERS, LETTERS), (1, [14, 15], [14, 15]))
        return ids, places[0], instead

    return Circuit("sink decoy", Model([[head]], _same), text)


def bag() -> Circuit:
    """Attention is even; four words bring evidence for or against."""
    weights = {0: 8.0, 1: 5.0, 2: -5.0, 3: -8.0}
    head = Head(copies={(at("word", word), at("said")): weight for word, weight in weights.items()})

    def text(rng: np.random.Generator) -> Any:
        ids, places, instead = _placed(rng, 12, (4, list(weights), list(weights)))
        return ids, places[0], instead

    return Circuit("bag", Model([[head]], _same), text)


def unread() -> Circuit:
    """A head writes much of a decoy where nobody reads; another layer reads two letters."""
    loud = Head().looks_at([14, 15], SURE).writes("word", "second", [14, 15], 50)
    quiet = Head().looks_at(LETTERS, SURE).writes("word", "said", LETTERS, 4)

    def text(rng: np.random.Generator) -> Any:
        ids, places, instead = _placed(rng, 10, (2, LETTERS, LETTERS), (1, [14, 15], [14, 15]))
        return ids, places[0], instead

    return Circuit("unread write", Model([[loud], [quiet]], _same), text)


def cancelling() -> Circuit:
    """Two heads read a decoy and write opposite things; a third one reads a letter among others."""
    decoy = Head().looks_at([14, 15], SURE)
    plus, minus = (decoy.writes("word", "said", range(WORDS), sign) for sign in (20.0, -20.0))
    third = Head().looks_at(LETTERS, log(6)).writes("word", "said", LETTERS, 6)

    def text(rng: np.random.Generator) -> Any:
        ids, places, instead = _placed(rng, 10, (1, LETTERS, LETTERS), (1, [14, 15], [14, 15]))
        return ids, places[0], instead

    return Circuit("cancelling heads", Model([[plus, minus, third]], _same), text)


def either() -> Circuit:
    """OR: two words each say enough."""
    return _counting("or", 10, lambda count: 4 * count.clamp(max=1))


def both() -> Circuit:
    """AND: two words say something only together."""
    return _counting("and", 8, lambda count: 4 * (count - 1).clamp(min=0))


def _counting(name: str, length: int, reads: Callable[[Tensor], Tensor]) -> Circuit:
    head = Head().writes("word", "said", [0], length)

    def text(rng: np.random.Generator) -> Any:
        ids, places, instead = _placed(rng, length, (2, [0], FILLERS))
        return ids, places[0], instead

    return Circuit(name, Model([[head]], reads), text)


def pointer() -> Circuit:
    """One word says which place is read; it is never copied itself."""
    find = Head().looks_at(range(10, 16), SURE)
    find = Head(find.matches, {(at("word", 10 + i), at("first", i)): 1.0 for i in range(6)})
    follow = Head({(at("first", i), at("place", i)): SURE for i in range(6)}).writes("word", "said", range(10), 4)

    def text(rng: np.random.Generator) -> Any:
        ids, where = [int(i) for i in rng.permutation(10)[:6]], int(rng.integers(6))
        others: list[Sequence[int]] = [sorted(set(range(10)) - set(ids))] * 6
        return [*ids, 10 + where, 9], [where, 6], [*others, range(10, 16), [9]]

    return Circuit("pointer", Model([[find], [follow]], _same), text)


def relay() -> Circuit:
    """A letter goes through places 4 and 5, then 6 and 7, then to the last one; beside each step an idle head looks
    elsewhere."""
    first = Head({(at("place", p), at("word", i)): SURE for p in (4, 5) for i in LETTERS}).writes(
        "word", "first", LETTERS
    )
    second = Head({(at("place", p), at("place", k)): SURE for p in (6, 7) for k in (4, 5)})
    third = Head({(at("place", 9), at("place", k)): SURE for k in (6, 7)}).writes("second", "said", LETTERS, 4)

    def text(rng: np.random.Generator) -> Any:
        ids, source = [int(i) for i in rng.choice(FILLERS, 10)], int(rng.integers(4))
        ids[source], ids[8] = int(rng.choice(LETTERS)), 13
        instead = [LETTERS if place == source else FILLERS for place in range(10)]
        return ids, [source], instead

    first, second = first.writes("word", "first", LETTERS), second.writes("first", "second", LETTERS)
    idle = Head().looks_at([13], SURE)
    return Circuit("relay", Model([[head, idle] for head in (first, second, third)], _same), text)


def blocker() -> Circuit:
    """A word that only takes attention away from a letter."""
    away = Head().looks_at([13], SURE)
    shared = Head().looks_at(LETTERS, 10).looks_at([14, 15], 10 + log(2)).writes("word", "said", LETTERS, 4)

    def text(rng: np.random.Generator) -> Any:
        roles = (1, LETTERS, LETTERS), (1, [14, 15], FILLERS), (1, [13], FILLERS)
        ids, places, instead = _placed(rng, 10, *roles)
        return ids, places[0] + places[1], instead

    return Circuit("blocker", Model([[away], [shared]], _same), text)


CIRCUITS = (induction, sink, bag, unread, cancelling, either, both, pointer, relay, blocker)
METHODS = ("occlusion", "mask knock-out", "value knock-out", "raw, last layer", "rollout")


def scores(circuit: Circuit, ids: list[int], instead: list[Sequence[int]]) -> dict[str, np.ndarray]:
    """What each method gives each token, [method: token]."""
    inputs = torch.tensor([ids])
    asked = ask(circuit.model.eval(), input_ids=inputs, position=len(ids) - 1, effect="tvd")
    found: dict[str, np.ndarray] = {"occlusion": np.zeros(len(ids))}
    for place, words in enumerate(instead):
        if set(words) != {ids[place]}:
            found["occlusion"][place] = scan_tokens(asked, token=place, proposal=list(words), samples=4).values[0]
    for how in ("mask", "value"):
        found[f"{how} knock-out"] = run(asked, [KnockOut(key=key, how=how) for key in range(len(ids))]).values
    record = regard.capture(circuit.model, input_ids=inputs)
    found["raw, last layer"] = record.weights[-1, :, -1, :].mean(0)
    found["rollout"] = regard.measure.rollout(record, query=len(ids) - 1)
    return found


def precision(given: np.ndarray, causes: Sequence[int], candidates: int) -> float:
    """The share of causes among as many best tokens; what is tied counts by expectation."""
    values = np.abs(np.round(given[:candidates], 9))
    last = np.sort(values)[::-1][len(causes) - 1]
    above, tied = values > last, values == last
    true = np.isin(np.arange(candidates), causes)
    left = (len(causes) - above.sum()) / tied.sum()
    return float((true[above].sum() + left * true[tied].sum()) / len(causes))


def row(make: Callable[[], Circuit], texts: int, seed: int = 0) -> dict[str, float]:
    """Each method's mean precision over texts of one circuit."""
    circuit, rng = make(), np.random.default_rng(seed)
    found: dict[str, list[float]] = {method: [] for method in METHODS}
    for _ in range(texts):
        ids, causes, instead = circuit.text(rng)
        for method, given in scores(circuit, ids, instead).items():
            found[method].append(precision(given, causes, circuit.candidates or len(ids) - 1))
    return {method: float(np.mean(values)) for method, values in found.items()}


def main(texts: int) -> None:
    """Print and write the table."""
    table = {make().name: row(make, texts) for make in CIRCUITS}
    lines = [
        "# Which methods find the causes",
        "",
        f"`python -m benchmarks.ground_truth {texts}`: models set by hand whose causes are known, {texts} texts each.",
        "Precision at the number of causes: 1 finds them all. What a method should miss, it must miss here too:",
        "occlusion is blind to evidence that is there twice (*or*), hiding keys takes sinks for causes, setting",
        "weights to zero overlooks blockers, and weights alone say nothing of what is passed on.",
        "",
        f"| method | {' | '.join(table)} |",
        f"|---|{'---:|' * len(table)}",
        *(f"| {m} | {' | '.join(f'{found[m]:.2f}' for found in table.values())} |" for m in METHODS),
    ]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
