"""What each method says of each token of a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

import regard
from benchmarks.ground_truth.chefer import chefer
from benchmarks.ground_truth.shapley import shapley
from benchmarks.ground_truth.text import Text
from regard.experiment import (
    KnockOut,
    Question,
    ask,
    cp_lrp,
    gradient_rows,
    integrated_gradients,
    integrated_rows,
    run,
    scan_tokens,
    value_zeroing,
)

SAMPLES = 4
IG_STEPS = 50


@dataclass(frozen=True)
class Case:
    """A model and a text; ``model`` predicts at the last token."""

    model: Any
    text: Text

    @property
    def last(self) -> int:
        """The token that asks."""
        return len(self.text.ids) - 1

    @cached_property
    def asked(self) -> Question:
        """What interventions change: any part of the distribution, by total variation."""
        return self._ask("tvd")

    @cached_property
    def margin(self) -> Question:
        """What is differentiated and shared out: the target's logit less the mean logit."""
        return self._ask("logit")

    @cached_property
    def record(self) -> Any:
        """The attention of the text."""
        return regard.capture(self.model, input_ids=torch.tensor([self.text.ids]))

    def _ask(self, effect: str) -> Question:
        return ask(self.model, input_ids=torch.tensor([self.text.ids]), position=self.last, effect=effect)


def occlusion(case: Case) -> np.ndarray:
    """The mean effect of other tokens in each token's place (leave-one-out by resampling)."""
    found = np.zeros(len(case.text.ids))
    for place, words in enumerate(case.text.instead):
        if set(words) != {case.text.ids[place]}:
            scan = scan_tokens(case.asked, token=place, proposal=list(words), samples=SAMPLES)
            found[place] = scan.values[0]
    return found


def knock_out(how: Any) -> Callable[[Case], np.ndarray]:
    """The effect of cutting each key from all queries, in all layers and heads (its column)."""
    return lambda case: run(case.asked, [KnockOut(key=key, how=how) for key in range(len(case.text.ids))]).values


def last_row(given: Any) -> np.ndarray:
    """Edges to the last token in the last layer [layer, head, query, key], summed over heads, [key]."""
    return np.nansum(given.values[-1, :, -1], axis=0)


def zeroed(case: Case) -> np.ndarray:
    """Value zeroing in the last layer, of the last token's state."""
    return np.nan_to_num(value_zeroing(case.margin, layer=-1).values[-1, -1])


def zeroed_rollout(case: Case) -> np.ndarray:
    """Value zeroing of all layers, rows to one, multiplied: unsound, as it leaves out the residual stream."""
    row = np.eye(case.last + 1)[-1]
    for layer in np.nan_to_num(value_zeroing(case.margin, rows_to_one=True).values)[::-1]:
        row = row @ layer
    return row


def norm_weighted(case: Case) -> np.ndarray:
    """Weights times the length of what is written, of the last layer's heads one by one, summed."""
    record = regard.capture(case.model, input_ids=torch.tensor([case.text.ids]), values=True)
    layers, heads = record.weights.shape[:2]
    written = [
        regard.measure.written(record, layers - 1, head, queries=slice(case.last, None)) for head in range(heads)
    ]
    return np.sum(written, axis=0)[0]


def raw(case: Case) -> np.ndarray:
    """The last layer's last row, mean over heads."""
    return np.asarray(case.record.weights[-1, :, -1, :].mean(0))


def rollout(case: Case) -> np.ndarray:
    """Attention rollout of the last token."""
    return regard.measure.rollout(case.record, query=case.last)


def chance(case: Case) -> np.ndarray:
    """Nothing: all tokens are tied, and count by expectation."""
    return np.zeros(len(case.text.ids))


METHODS: Mapping[str, Callable[[Case], np.ndarray]] = {
    "Shapley": lambda case: shapley(case.asked, case.text),
    "occlusion": occlusion,
    "mask knock-out": knock_out("mask"),
    "value knock-out": knock_out("value"),
    "CP-LRP = DecompX": lambda case: cp_lrp(case.margin).values,
    "integrated rows, last layer": lambda case: last_row(integrated_rows(case.margin, layer=-1)),
    "integrated gradients": lambda case: integrated_gradients(case.margin, steps=IG_STEPS).values,
    "value zeroing, last layer": zeroed,
    "value zeroing, rollout (unsound)": zeroed_rollout,
    "norm-weighted, last layer": norm_weighted,
    "gradient × attention, last layer": lambda case: last_row(gradient_rows(case.margin, layer=-1)),
    "Chefer": lambda case: chefer(case.margin),
    "raw, last layer": raw,
    "rollout": rollout,
    "chance": chance,
}
