"""Signed shares of what a model said: how much each token, edge or head has of one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from regard.axes import Kind
from regard.experiment.question import Baseline


@dataclass(frozen=True, eq=False)
class Attribution:
    """What a method attributes to each token, edge or head; positive: it speaks for the target.

    ``values`` [*axes] are in the unit of ``effect``: ``"logit"`` (the target's logit less the foil's, or less the mean
    logit), ``"log_p"`` (nats), ``"loss"`` (nats), ``"value"`` (of the user's function), or ``"share"`` (a fraction).
    ``numbers`` says which layers, heads, queries, keys or tokens the values along each axis are, ``sizes`` how many
    there are of them in all, ``kind`` of which attention, ``what`` in words what was done.

    ``total`` is what values and ``parts`` (what else takes a share, by name) should add up to; ``None`` for methods
    that promise no sum.
    """

    values: np.ndarray
    effect: str
    axes: tuple[str, ...]
    numbers: Mapping[str, tuple[int, ...]]
    sizes: tuple[int, ...]
    what: str
    baseline: Baseline | None
    kind: Kind | None = None
    total: float | None = None
    parts: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def gap(self) -> float | None:
        """What of ``total`` neither values nor parts account for; ``None`` where no sum is promised."""
        if self.total is None:
            return None
        given = np.nansum(self.values) + sum(float(np.sum(part)) for part in self.parts.values())
        return float(self.total - given)

    @cached_property
    def whole(self) -> np.ndarray:
        """``values`` among all layers, heads, queries, keys or tokens, [*sizes]; NaN for those not asked for."""
        found = np.full(self.sizes, np.nan)
        found[np.ix_(*(self.numbers[axis] for axis in self.axes))] = self.values
        return found

    def __repr__(self) -> str:
        shape = " ".join(f"{axis} {size}" for axis, size in zip(self.axes, self.values.shape, strict=True))
        sums = "" if self.gap is None else f"; of {self.total:.4g}, {self.gap:.4g} is not accounted for"
        return f"<Attribution of {self.effect} [{shape}]: {self.what}{sums}>"
