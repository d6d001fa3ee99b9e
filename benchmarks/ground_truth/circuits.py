"""Ten circuits set by hand (float64, no normalisation, one to three layers); each breaks a family of methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from torch import Tensor

from benchmarks.ground_truth.by_hand import FILLERS, LETTERS, PLACES, SURE, WORDS, Head, Model, at
from benchmarks.ground_truth.text import Text

Rng = np.random.Generator
DECOYS = (14, 15)


@dataclass(frozen=True)
class Circuit:
    """A model, and what makes texts for it."""

    name: str
    model: Model
    text: Callable[[Rng], Text]


@dataclass(frozen=True)
class Role:
    """``many`` of these words, which ``instead`` may replace."""

    words: Sequence[int]
    instead: Sequence[int]
    many: int = 1
    cause: bool = True
    copied: bool = True


def _placed(rng: Rng, count: int, *roles: Role) -> Text:
    """A text of fillers and a last token that asks, with roles put in places by chance."""
    ids = [int(i) for i in rng.choice(FILLERS, count - 1)] + [FILLERS[0]]
    instead: list[Sequence[int]] = [list(FILLERS)] * count
    order, causes, copied = list(rng.permutation(count - 1)), [], []
    for role in roles:
        places = [int(order.pop()) for _ in range(role.many)]
        drawn = rng.choice(role.words, role.many, replace=role.many > len(role.words))
        for place, word in zip(places, drawn, strict=True):
            ids[place], instead[place] = int(word), role.instead
        causes += places if role.cause else []
        copied += places if role.cause and role.copied else []
    return Text(tuple(ids), tuple(causes), tuple(copied), tuple(instead), candidates=count - 1)


def _same(said: Tensor) -> Tensor:
    return said


LETTER = Role(LETTERS, LETTERS)
DECOY = Role(DECOYS, DECOYS, cause=False)


def induction() -> Circuit:
    """… A B … A → B: the previous token is noted, then what followed an equal one is copied."""
    back = Head({(at("place", i), at("place", i - 1)): SURE for i in range(1, PLACES)}).writes(
        "word", "first", range(WORDS)
    )
    match = Head({(at("word", i), at("first", i)): SURE for i in range(WORDS)}).writes("word", "said", range(WORDS), 3)

    def text(rng: Rng) -> Text:
        ids = [int(i) for i in rng.permutation(WORDS)[:8]]
        first = int(rng.integers(0, 7))
        others = sorted(set(range(WORDS)) - set(ids))
        return Text((*ids, ids[first]), (first, first + 1, 8), (first + 1,), (others,) * 9, candidates=9)

    return Circuit("induction", Model([[back], [match]], _same), text)


def sink() -> Circuit:
    """90 % of the attention lies on a word that passes nothing on."""
    head = Head().looks_at(LETTERS, 10).looks_at(DECOYS, 10 + log(9)).writes("word", "said", LETTERS, 10)
    return Circuit("sink decoy", Model([[head]], _same), lambda rng: _placed(rng, 10, LETTER, DECOY))


def bag() -> Circuit:
    """Attention is even; four words bring evidence for or against."""
    weights = {0: 8.0, 1: 5.0, 2: -5.0, 3: -8.0}
    head = Head(copies={(at("word", word), at("said")): weight for word, weight in weights.items()})
    evidence = Role(list(weights), list(weights), many=4)
    return Circuit("bag", Model([[head]], _same), lambda rng: _placed(rng, 12, evidence))


def unread() -> Circuit:
    """A head writes much of a decoy where nobody reads; another layer reads two letters."""
    loud = Head().looks_at(DECOYS, SURE).writes("word", "second", DECOYS, 50)
    quiet = Head().looks_at(LETTERS, SURE).writes("word", "said", LETTERS, 4)
    letters = Role(LETTERS, LETTERS, many=2)
    return Circuit("unread write", Model([[loud], [quiet]], _same), lambda rng: _placed(rng, 10, letters, DECOY))


def cancelling() -> Circuit:
    """Two heads read a decoy, and one speaks for all letters as much as the other against them; a third one reads a
    letter among others."""
    decoy, letters = (
        Head().looks_at(DECOYS, SURE),
        [(at("word", word), at("said", i)) for word in DECOYS for i in LETTERS],
    )
    plus, minus = (Head(decoy.matches, dict.fromkeys(letters, sign)) for sign in (20.0, -20.0))
    third = Head().looks_at(LETTERS, log(6)).writes("word", "said", LETTERS, 6)
    return Circuit(
        "cancelling heads", Model([[plus, minus, third]], _same), lambda rng: _placed(rng, 10, LETTER, DECOY)
    )


def either() -> Circuit:
    """OR: two words each say enough."""
    return _counting("or", 10, lambda count: 4 * count.clamp(max=1))


def both() -> Circuit:
    """AND: two words say something only together."""
    return _counting("and", 8, lambda count: 4 * (count - 1).clamp(min=0))


def _counting(name: str, length: int, reads: Callable[[Tensor], Tensor]) -> Circuit:
    head = Head().writes("word", "said", [0], length)
    said = Role([0], FILLERS, many=2)
    return Circuit(name, Model([[head]], reads), lambda rng: _placed(rng, length, said))


def pointer() -> Circuit:
    """One word says which place is read; it is never copied itself."""
    find = Head().looks_at(range(10, 16), SURE)
    find = Head(find.matches, {(at("word", 10 + i), at("first", i)): 1.0 for i in range(6)})
    follow = Head({(at("first", i), at("place", i)): SURE for i in range(6)}).writes("word", "said", range(10), 4)

    def text(rng: Rng) -> Text:
        ids, where = [int(i) for i in rng.permutation(10)[:6]], int(rng.integers(6))
        others = sorted(set(range(10)) - set(ids))
        instead = (*(others,) * 6, range(10, 16), [9])
        return Text((*ids, 10 + where, 9), (where, 6), (where,), instead, candidates=7)

    return Circuit("pointer", Model([[find], [follow]], _same), text)


def relay() -> Circuit:
    """A letter goes through places 4 and 5, then 6 and 7, then to the last one; beside each step an idle head looks
    elsewhere."""
    first = Head({(at("place", p), at("word", i)): SURE for p in (4, 5) for i in LETTERS})
    second = Head({(at("place", p), at("place", k)): SURE for p in (6, 7) for k in (4, 5)})
    third = Head({(at("place", 9), at("place", k)): SURE for k in (6, 7)})
    moves = (
        first.writes("word", "first", LETTERS),
        second.writes("first", "second", LETTERS),
        third.writes("second", "said", LETTERS, 4),
    )

    def text(rng: Rng) -> Text:
        ids, source = [int(i) for i in rng.choice(FILLERS, 10)], int(rng.integers(4))
        ids[source], ids[8] = int(rng.choice(LETTERS)), 13
        instead = tuple(LETTERS if place == source else FILLERS for place in range(10))
        return Text(tuple(ids), (source,), (source,), instead, candidates=9)

    idle = Head().looks_at([13], SURE)
    return Circuit("relay", Model([[head, idle] for head in moves], _same), text)


def blocker() -> Circuit:
    """A word that only takes attention away from a letter."""
    away = Head().looks_at([13], SURE)
    shared = Head().looks_at(LETTERS, 10).looks_at(DECOYS, 10 + log(2)).writes("word", "said", LETTERS, 4)
    roles = (LETTER, Role(DECOYS, FILLERS, copied=False), Role([13], FILLERS, cause=False))
    return Circuit("blocker", Model([[away], [shared]], _same), lambda rng: _placed(rng, 10, *roles))


CIRCUITS = (induction, sink, bag, unread, cancelling, either, both, pointer, relay, blocker)
