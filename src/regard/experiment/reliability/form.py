"""How much is asked: the quick form and the full one, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regard.errors import not_one_of

Name = Literal["quick", "full"]


@dataclass(frozen=True)
class Form:
    """How many ``bright`` tokens, ``controls``, ``samples`` a replacement, random ``sets`` and ``permutations``."""

    name: Name
    bright: int
    controls: int
    samples: int
    sets: int
    permutations: int
    parked: int


FORMS = {
    "quick": Form("quick", bright=1, controls=4, samples=2, sets=0, permutations=0, parked=0),
    "full": Form("full", bright=3, controls=19, samples=2, sets=19, permutations=19, parked=2),
}


def form_of(name: str) -> Form:
    """The form of that name; raises ``ArgumentError``."""
    if name not in FORMS:
        raise not_one_of("form", name, FORMS)
    return FORMS[name]


@dataclass(frozen=True)
class Cost:
    """What a report runs, before it does: variants by question, as whole passes or as decode steps on a cache.

    ``noise`` is how many more runs measure the numerical noise; two more made this plan. Several variants are run in
    one batch.
    """

    passes: tuple[tuple[str, int], ...]
    steps: tuple[tuple[str, int], ...]
    noise: int
    tokens: int

    @property
    def runs(self) -> int:
        """All variants, but not those that measure noise."""
        return sum(count for _, count in (*self.passes, *self.steps))

    def __str__(self) -> str:
        whole = sum(count for _, count in self.passes)
        steps = sum(count for _, count in self.steps)
        told = [f"{whole} passes over up to {self.tokens} tokens"] if whole else []
        told += [f"{steps} decode steps"] if steps else []
        parts = ", ".join(f"{name}: {count}" for name, count in (*self.passes, *self.steps))
        return f"{' and '.join(told) or 'nothing to run'} ({parts}), and up to {self.noise} more for the noise"
