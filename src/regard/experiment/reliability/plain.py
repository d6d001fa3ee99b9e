"""What a report holds, as plain data: numbers, words, and ``None`` for what was not measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from regard.errors import not_one_of

Sentence = Mapping[str, str]
"""The same sentence in each language: ``"en"``, ``"zh"``."""

Word = Literal[
    "SUPPORTED",
    "SUPPORTED, NOT THROUGH THIS PICTURE",
    "ROUTING ONLY",
    "OPPOSES",
    "NOT SUPPORTED",
    "CANNOT SAY",
]
HOWS: tuple[Literal["mask", "value"], ...] = ("mask", "value")
SCOPES = ("view", "layer", "all")


@dataclass(frozen=True)
class Cut:
    """What cutting a token's edges to the picture's row did, in the picture (``view``), its layers, and all layers.

    ``mask``: hidden before the softmax; ``value``: weights set to zero after it.
    """

    mask_view: float | None = None
    mask_layer: float | None = None
    mask_all: float | None = None
    value_view: float | None = None
    value_layer: float | None = None
    value_all: float | None = None

    def at(self, how: str, scope: str) -> float | None:
        """The effect of one kind of cut in one scope."""
        if how not in HOWS or scope not in SCOPES:
            raise not_one_of("cut", f"{how}_{scope}", [f"{h}_{s}" for h in HOWS for s in SCOPES])
        found: float | None = getattr(self, f"{how}_{scope}")
        return found

    @property
    def share(self) -> float | None:
        """The picture's part of what cutting everywhere does, by value; below 0 or above 1 where heads make up."""
        if self.value_view is None or not self.value_all:
            return None
        return self.value_view / self.value_all


@dataclass(frozen=True)
class Replaced:
    """What other tokens in its place did: the mean ``effect`` and each sample, with the total variation beside it.

    ``p`` is the exact permutation p against ``controls`` tokens (or sets), ``holm`` the same corrected for the tokens
    shown, ``least`` the smallest that ``holm`` could have been. ``median``, ``largest`` and ``second`` (largest) are
    of the controls' absolute effects. ``without`` is the effect of replacing the other shown tokens together without
    this one.
    """

    effect: float | None = None
    tvd: float | None = None
    samples: tuple[float, ...] = ()
    controls: int = 0
    p: float | None = None
    holm: float | None = None
    least: float | None = None
    median: float | None = None
    largest: float | None = None
    second: float | None = None
    without: float | None = None


@dataclass(frozen=True)
class TokenResult:
    """One token and what was found of it.

    ``role``: one of the ``"bright"`` ones that are shown, ``"parked"`` (a special token, or a first one that is a
    sink), or a ``"control"``. ``weight`` is its part of the row, ``written`` its share of what the row passes on,
    ``held`` how much of the state at its position is still its own, ``overlay`` what integrated gradients say that
    its edge adds.
    """

    token: int
    label: str
    role: Literal["bright", "parked", "control"]
    parked: str
    weight: float
    written: float | None = None
    replaced: Replaced | None = None
    cut: Cut | None = None
    held: float | None = None
    overlay: float | None = None


@dataclass(frozen=True)
class Together:
    """The bright tokens changed and cut at once, beside random sets of as many tokens."""

    tokens: tuple[int, ...]
    replaced: Replaced | None = None
    cut: Cut | None = None
    sets: tuple[float, ...] = ()


@dataclass(frozen=True)
class Finding:
    """The answer to one question (``"Q0"`` … ``"Q5"``): in words, and its numbers.

    ``state`` is ``"measured"``, ``"part"`` (some of it), or ``"not measured"``; ``reason`` says why not.
    """

    question: str
    asked: Sentence
    state: Literal["measured", "part", "not measured"]
    sentence: Sentence
    numbers: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """A fixed word, why, and a sentence with the numbers; of one shown token, or of the picture (``token`` ``None``).

    ``shown`` is the word in each language. ``rule`` names the case of the rules that was met (see
    :mod:`regard.experiment.reliability.verdict`).
    """

    token: int | None
    word: Word
    rule: str
    sentence: Sentence
    shown: Sentence


def known(value: Any) -> float | None:
    """A number as plain data; ``None`` for NaN and infinities, which JSON has not."""
    found = float(value)
    return found if math.isfinite(found) else None


def all_known(values: Any) -> tuple[float, ...]:
    """The finite ones of some numbers."""
    return tuple(found for found in map(known, values) if found is not None)
