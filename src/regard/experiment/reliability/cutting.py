"""Q2: through this picture, or through other heads and layers? Its edges are cut here, in the layer, and everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal

import numpy as np

from regard.experiment.edits import KnockOut
from regard.experiment.reliability.bench import Bench
from regard.experiment.reliability.picture import Choice
from regard.experiment.reliability.plain import HOWS, SCOPES, Cut, known

Group = tuple[int, ...]
How = Literal["mask", "value"]
Key = tuple[Group, How, str]
"""Keys that are cut at once, how, and in which scope."""


@dataclass(frozen=True, eq=False)
class Cutting:
    """Cuts each of ``groups`` by mask and by value in the picture, its layers and all layers; ``controls`` by value in
    the picture alone."""

    choice: Choice
    groups: tuple[Group, ...]
    controls: Group

    @cached_property
    def keys(self) -> list[Key]:
        """What is run, each once, the widest first."""
        wanted: list[Key] = [(group, how, scope) for scope, how, group in product(reversed(SCOPES), HOWS, self.groups)]
        wanted += [((token,), "value", "view") for token in self.controls]
        return list(dict.fromkeys(self._key(*key) for key in wanted))

    @property
    def runs(self) -> int:
        """How many variants are run."""
        return len(self.keys)

    def run(self, bench: Bench) -> CutEffects:
        """Cut them."""
        variants = [[KnockOut(key=group, how=how, **self.choice.edited(scope))] for group, how, scope in self.keys]
        found = bench.edits(variants)[bench.question.effect]
        return CutEffects(self, dict(zip(self.keys, map(float, found), strict=True)))

    def _key(self, group: Group, how: How, scope: str) -> Key:
        return tuple(sorted(group)), how, self.choice.same_as(scope)


@dataclass(frozen=True, eq=False)
class CutEffects:
    """What each cut did; NaN where it was not run."""

    plan: Cutting
    effects: Mapping[Key, float]

    def of(self, group: Group) -> Cut | None:
        """The cuts of these keys; ``None`` where none was measured."""
        found = {
            f"{how}_{scope}": known(self.effects.get(self.plan._key(group, how, scope), np.nan))
            for how, scope in product(HOWS, SCOPES)
        }
        return None if all(value is None for value in found.values()) else Cut(**found)
