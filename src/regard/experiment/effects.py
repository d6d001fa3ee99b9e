"""Runs variants and says what each did to the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from regard.errors import ArgumentError
from regard.experiment.edits import Edit, edits_of
from regard.experiment.question import Question


@dataclass(frozen=True, eq=False)
class Effects:
    """What each of several variants did, [variant]: after the edit less before it.

    ``values`` is the effect that was asked for, ``effects`` all that were measured, by name. ``noise`` is the largest
    absolute value of a variant whose rows were computed anew but not changed (at least one rounding of the output):
    up to three times that, an effect is not measurable.
    """

    values: np.ndarray
    effect: str
    effects: Mapping[str, np.ndarray]
    noise: Mapping[str, float]

    @property
    def measurable(self) -> np.ndarray:
        """Which values are more than three times the numerical noise, [variant]."""
        return np.asarray(np.abs(self.values) > 3 * self.noise[self.effect])


def run(question: Question, variants: Edit | Sequence[Any]) -> Effects:
    """The effect of each variant: an edit, or a list of edits that are made together.

    Raises ``ArgumentError`` for edits at layers, heads, queries or keys that do not exist.
    """
    if isinstance(variants, Edit):
        variants = [variants]
    made = [edits_of(variant) for variant in variants]
    if not made:
        raise ArgumentError("run: no variants; give at least one edit")
    found = measured(question, made)
    noise = noise_of(question, made)
    return Effects(found[question.effect], question.effect, found, noise)


def measured(question: Question, variants: Sequence[Sequence[Edit]]) -> dict[str, np.ndarray]:
    """Every effect of each variant, by name, [variant]; as many variants a run as fit."""
    size = question.batch_size(variants)
    runs = [question.passes.run(variants[first : first + size]) for first in range(0, len(variants), size)]
    return values_of(question, torch.cat(runs))


def values_of(question: Question, read: torch.Tensor) -> dict[str, np.ndarray]:
    """Every effect of what was read of variants [variant, ...]."""
    effects = question.reading.effects(read, question.passes.whole)
    return {name: np.asarray(values.double().cpu().numpy()) for name, values in effects.items()}


def noise_of(question: Question, variants: Sequence[Sequence[Edit]]) -> dict[str, float]:
    """The largest effect, by name, of computing rows anew without changing them, in a small batch."""
    first = next((edits for edits in variants if edits), ())
    same = [[Edit(layer=e.layer, head=e.head, query=e.query, kind=e.kind) for e in first]]
    size = min(len(variants), question.batch_size(variants), _NOISE_BATCH)
    return largest(question, question.passes.run(same * size))


_NOISE_BATCH = 4


def largest(question: Question, read: torch.Tensor) -> dict[str, float]:
    """The largest effect, by name, of runs in which nothing was changed; at least one rounding of the output."""
    found, whole = values_of(question, read), question.passes.whole
    least = torch.finfo(whole.dtype).eps * max(1.0, float(whole.abs().max()))
    return {name: max(least, float(np.abs(values).max())) for name, values in found.items()}
