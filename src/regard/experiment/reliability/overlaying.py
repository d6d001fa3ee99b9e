"""Q5: does the fast overlay agree with the cuts? Integrated gradients over the rows, beside what Q2 measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from regard.experiment.attribution.integrated_rows import integrated_rows
from regard.experiment.question import Question
from regard.experiment.reliability.bench import Bench
from regard.experiment.reliability.cutting import CutEffects
from regard.experiment.reliability.picture import Picture
from regard.experiment.reliability.statistics import pearson, sign_agreement

STEPS = 5


@dataclass(frozen=True, eq=False)
class Overlaying:
    """Attributes the effect to the picture's edges, by ``STEPS`` steps along its rows."""

    question: Question
    picture: Picture
    asked: bool

    @property
    def runs(self) -> int:
        """Forward and backward passes; one more has rows of zeros."""
        return (STEPS + 1) * len(self.picture.choice.layers) if self.asked else 0

    def run(self, bench: Bench) -> np.ndarray | None:
        """What each key's edges add to the effect, [key]; ``None`` where it was not measured."""
        if not self.asked:
            return None
        choice = self.picture.choice

        def added() -> Any:
            found = integrated_rows(
                self.question,
                layer=choice.layers,
                head=choice.heads,
                query=choice.queries,
                steps=STEPS,
                kind=choice.kind,
            )
            return np.nansum(found.values, axis=(0, 1, 2))

        found: np.ndarray | None = bench.once(self.runs, added, optional=True)
        return found


def agreement(added: np.ndarray | None, cuts: CutEffects, noise: float) -> Mapping[str, Any] | None:
    """How what edges add goes with what setting them to zero takes; signs only of cuts above three times the noise."""
    if added is None:
        return None
    tokens = [group[0] for group, how, scope in cuts.plan.keys if len(group) == 1 and (how, scope) == ("value", "view")]
    taken = np.array([-(found.value_view or 0.0) if (found := cuts.of((token,))) else np.nan for token in tokens])
    known = ~np.isnan(taken)
    if not known.any():
        return None
    seen = known & (np.abs(taken) > 3 * noise)
    predicted = added[tokens]
    return {
        "count": int(known.sum()),
        "measurable": int(seen.sum()),
        "pearson": pearson(predicted[known], taken[known]) if seen.sum() > 2 else None,
        "signs": sign_agreement(predicted[seen], taken[seen]),
    }
