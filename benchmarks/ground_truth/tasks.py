"""Three tasks whose causes are known by construction, for small transformers to learn.

``mark``: say the letter that follows the star. ``lexicon``: weigh signed words among neutral ones. ``retrieve``: say
the value that stands after the key asked for, among three pairs. The last token asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.ground_truth.text import Text

Rng = np.random.Generator


@dataclass(frozen=True)
class Example:
    """A text and the distribution that is right at its last token, {token: probability}."""

    text: Text
    answer: dict[int, float]


@dataclass(frozen=True)
class Task:
    """``example`` makes a text; tokens run from 0 to ``words`` - 1, texts have ``length`` of them."""

    name: str
    words: int
    length: int
    example: Callable[[Rng], Example]


LETTERS, STAR, SAY = range(20), 20, 21


def marked(rng: Rng) -> Example:
    """``c a d * b a c … =`` → b. The star says where to read, and the letter after it is copied."""
    ids = [int(i) for i in rng.choice(LETTERS, 11)]
    star = int(rng.integers(10))
    ids[star] = STAR
    text = Text((*ids, SAY), (star, star + 1), (star + 1,), (LETTERS,) * 11 + ([SAY],), candidates=11)
    return Example(text, {ids[star + 1]: 1.0})


NEUTRAL = range(12)
SIGNED = {12: 1, 13: 1, 14: 2, 15: 2, 16: -1, 17: -1, 18: -2, 19: -2}
WEIGH, MORE, LESS = 20, 21, 22


def weighed(rng: Rng) -> Example:
    """Four signed words among eleven, whose sum s is not 0 → MORE with probability 1 / (1 + exp(-s)).

    So each signed word moves the log odds by its weight, whatever the others are.
    """
    ids, places = rng.choice(NEUTRAL, 11), rng.permutation(11)[:4]
    total = 0
    while total == 0:
        ids[places] = rng.choice(list(SIGNED), 4)
        total = sum(SIGNED[int(word)] for word in ids[places])
    more = 1 / (1 + np.exp(-total))
    causes = tuple(int(place) for place in places)
    text = Text((*(int(i) for i in ids), WEIGH), causes, causes, (NEUTRAL,) * 11 + ([WEIGH],), candidates=11)
    return Example(text, {MORE: float(more), LESS: float(1 - more)})


KEYS, VALUES, FILLERS = range(6), range(6, 18), range(18, 24)


def retrieved(rng: Rng) -> Example:
    """``… k v … k v … k v … k`` → the v of that k. Key and question say where to read, the value is copied."""
    ids, places = _three_pairs(rng)
    keys = [ids[place] for place in places]
    values = [ids[place + 1] for place in places]
    instead: list[Sequence[int]] = [list(FILLERS)] * 11
    for place in places:
        instead[place] = sorted(set(KEYS) - set(keys))
        instead[place + 1] = sorted(set(VALUES) - set(values))
    asked = int(rng.integers(3))
    key, first = keys[asked], places[asked]
    others = sorted(set(keys) - {key})
    text = Text((*ids, key), (first, first + 1, 11), (first + 1,), (*instead, others), candidates=12)
    return Example(text, {values[asked]: 1.0})


def _three_pairs(rng: Rng) -> tuple[list[int], list[int]]:
    """Eleven tokens, fillers but for three keys and their values; and where the keys stand."""
    ids, keys, values = rng.choice(FILLERS, 11), rng.permutation(KEYS)[:3], rng.permutation(VALUES)[:3]
    places = [int(gap) + 2 * i for i, gap in enumerate(np.sort(rng.integers(0, 6, 3)))]
    for place, key, value in zip(places, keys, values, strict=True):
        ids[place : place + 2] = key, value
    return [int(i) for i in ids], places


MARK = Task("mark", 22, 12, marked)
LEXICON = Task("lexicon", 23, 12, weighed)
RETRIEVE = Task("retrieve", 24, 12, retrieved)
TASKS = (MARK, LEXICON, RETRIEVE)
