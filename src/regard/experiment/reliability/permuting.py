"""Q3: is the picture unique? Its rows are shuffled and made even, and everything after runs on what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from regard.experiment.edits import Edit, ReplaceRows
from regard.experiment.reliability.bench import Bench
from regard.experiment.reliability.picture import Picture
from regard.experiment.reliability.plain import all_known, known
from regard.experiment.reliability.statistics import js_divergence

Rows = Float[np.ndarray, "layer head query key"]
UNCHANGED = 0.05
"""An output that moved by no more total variation than this counts as the same (Jain & Wallace 2019 accept as much)."""

ANOTHER = 0.05
"""A row is another one from this Jensen-Shannon divergence on, in nats."""

POINTS = 32


@dataclass(frozen=True, eq=False)
class Permuting:
    """Rows in place of the picture's: ``permutations`` by ``seed``, one even one, and with ``adversary`` rows that look
    at one key alone. Parked keys (special ones, a first one that is a sink) keep their weights."""

    picture: Picture
    permutations: int
    seed: int
    adversary: bool

    @property
    def free(self) -> np.ndarray:
        """Which weights [layer, head, query, key] may be moved."""
        parked = np.array([why in ("special", "first") for why in self.picture.parked])
        return np.asarray((self.picture.weights > 0) & ~parked)

    @property
    def points(self) -> list[int]:
        """The keys that an adversary's rows look at."""
        return self.picture.ordinary[:POINTS] if self.adversary else []

    @property
    def runs(self) -> int:
        """How many variants are run."""
        return self.permutations + 1 + len(self.points) if self.permutations else 0

    def rows(self) -> list[Rows]:
        """The rows, permutations first, then the even one, then those of the adversary."""
        weights, free = self.picture.weights, self.free
        mass = np.where(free, weights, 0).sum(-1, keepdims=True)
        shuffled = [_shuffled(weights, free, (self.seed, number)) for number in range(self.permutations)]
        even = np.where(free, mass / np.maximum(free.sum(-1, keepdims=True), 1), weights)
        single = [np.where(free, 0, weights) + mass * _at(free, key) for key in self.points]
        return [*shuffled, even, *single]

    def run(self, bench: Bench) -> Mapping[str, Any] | None:
        """The numbers of the finding; ``None`` where nothing was measured."""
        if not self.runs:
            return None
        rows = self.rows()
        found = bench.edits([self._edits(row) for row in rows])
        moved = np.abs(found["tvd"] if "tvd" in found else found[bench.question.effect])
        if np.isnan(moved).all():
            return None
        apart = np.array([_apart(row, self.picture.weights, self.free) for row in rows])
        same = (moved <= _unchanged(bench, "tvd" in found)) & (apart >= ANOTHER)
        count = self.permutations
        return {
            "moved": list(all_known(moved[:count])),
            "median": known(np.nanmedian(moved[:count])) if not np.isnan(moved[:count]).all() else None,
            "even": known(moved[count]),
            "furthest": known(apart[same].max()) if same.any() else None,
            "same": int(same.sum()),
            "rows": int((~np.isnan(moved)).sum()),
            "unit": "tvd" if "tvd" in found else bench.question.effect,
        }

    def _edits(self, rows: Rows) -> Sequence[Edit]:
        choice = self.picture.choice
        query = None if choice.all_queries else choice.queries
        return [
            ReplaceRows(kind=choice.kind, layer=layer, head=head, query=query, weights=rows[i, j])
            for i, layer in enumerate(choice.layers)
            for j, head in enumerate(choice.heads)
        ]


def _shuffled(weights: Rows, free: np.ndarray, seed: tuple[int, int]) -> Rows:
    """Each row's free weights in another order."""
    rng, found = np.random.default_rng(seed), weights.copy()
    for place in np.ndindex(weights.shape[:-1]):
        there = np.flatnonzero(free[place])
        found[place][there] = weights[place][rng.permutation(there)]
    return found


def _at(free: np.ndarray, key: int) -> np.ndarray:
    """One at this key where it is free in the row, else at the row's first free key."""
    found, chosen = np.zeros(free.shape), free.copy()
    chosen[..., :key], chosen[..., key + 1 :] = False, False
    first = np.where(chosen.any(-1), key, free.argmax(-1))
    np.put_along_axis(found, first[..., None], 1.0, -1)
    return np.asarray(found * free.any(-1, keepdims=True))


def _apart(rows: Rows, weights: Rows, free: np.ndarray) -> float:
    """The mean Jensen-Shannon divergence between the rows' free parts, each made to sum to one."""
    parts = []
    for found in (rows, weights):
        part = np.where(free, found, 0)
        parts.append(part / np.maximum(part.sum(-1, keepdims=True), 1e-30))
    return float(js_divergence(*parts).mean())


def _unchanged(bench: Bench, has_tvd: bool) -> float:
    return UNCHANGED if has_tvd else UNCHANGED * float(bench.question.passes.whole.abs().max())
