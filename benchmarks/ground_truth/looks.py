"""Single pictures of attention, one head's row each, and what the tests of a reliability report say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

import regard
from benchmarks.ground_truth import circuit_table, toy_table
from benchmarks.ground_truth.circuits import CIRCUITS
from benchmarks.ground_truth.methods import Case
from benchmarks.ground_truth.tasks import TASKS
from benchmarks.ground_truth.toys import SEEDS
from regard.experiment import ReplaceRows, run

DECOYS = ("sink decoy", "unread write", "cancelling heads")
PERMUTATIONS = 10


@dataclass(frozen=True)
class Source:
    """Where a picture comes from: the circuit or task, the seed of a trained model, and the number of the text."""

    name: str
    trained: bool
    seed: int
    text: int


@dataclass(frozen=True)
class Look:
    """One head's row, the brightest token that a report tests there, and what was found.

    ``cause``: the token is a cause by construction. ``word`` is the verdict on that token, ``whole`` that on the
    picture, and ``any_cause`` says whether any of the tokens that the picture was judged by is a cause. ``scores`` are
    the larger, the more the token should matter.
    """

    source: Source
    layer: int
    head: int
    token: int
    cause: bool
    any_cause: bool
    word: str
    whole: str
    scores: Mapping[str, float]


def sources(texts: int, toy_texts: int) -> Iterator[tuple[Source, Case]]:
    """The texts of all circuits and trained models."""
    for make in CIRCUITS:
        for number, case in enumerate(circuit_table.cases(make, texts)):
            yield Source(make().name, False, 0, number), case
    for task in TASKS:
        for seed in SEEDS[task.name]:
            for number, case in enumerate(toy_table.cases(task, seed, toy_texts)):
                yield Source(task.name, True, seed, number), case


def looks(source: Source, case: Case, form: str) -> Iterator[Look]:
    """Every head's row of the token that asks; rows in which no token can be tested are left out."""
    for site in case.asked.passes.layout.sites:
        for head in range(site.heads):
            found = _look(source, case, site.layer, head, form)
            if found is not None:
                yield found


def _look(source: Source, case: Case, layer: int, head: int, form: str) -> Look | None:
    report = regard.reliability(
        case.model,
        input_ids=torch.tensor([case.text.ids]),
        layer=layer,
        heads=head,
        query=case.last,
        position=case.last,
        form=form,
        proposal={place: list(words) for place, words in enumerate(case.text.instead)},
        seed=source.text,
    )
    bright = [tested for tested in report.tested if tested.role == "bright"]
    if not bright:
        return None
    first, causes = bright[0], set(case.text.causes)
    word = next(verdict.word for verdict in report.verdicts if verdict.token == first.token)
    return Look(
        source,
        layer,
        head,
        first.token,
        first.token in causes,
        any(tested.token in causes for tested in bright),
        word,
        report.verdicts[0].word,
        {**_components(first), "shuffled row, TVD": _shuffled(case, layer, head), "verdict": ORDER[word]},
    )


ORDER = {
    "SUPPORTED": 1.0,
    "SUPPORTED, NOT THROUGH THIS PICTURE": 1.0,
    "OPPOSES": 1.0,
    "ROUTING ONLY": 0.5,
    "CANNOT SAY": 0.5,
    "NOT SUPPORTED": 0.0,
}
"""How a verdict answers whether the token matters; opposing is mattering."""


def _components(tested: regard.experiment.Tested) -> dict[str, float]:
    replaced, cut = tested.replaced, tested.cut
    nothing = float("nan")

    def size(value: float | None) -> float:
        return nothing if value is None else abs(value)

    return {
        "weight": tested.weight,
        "replaced, TVD": size(None if replaced is None else replaced.tvd),
        "replaced, effect": size(None if replaced is None else replaced.effect),
        "replaced, 1 - p": nothing if replaced is None or replaced.p is None else 1 - replaced.p,
        "cut here, value": size(None if cut is None else cut.value_view),
        "cut here, mask": size(None if cut is None else cut.mask_view),
        "cut everywhere, value": size(None if cut is None else cut.value_all),
        "cut everywhere, mask": size(None if cut is None else cut.mask_all),
    }


def _shuffled(case: Case, layer: int, head: int) -> float:
    """The median total variation of rows whose weights are shuffled (Jain & Wallace 2019)."""
    variants = [
        ReplaceRows(layer=layer, head=head, query=case.last, weights="permuted", seed=seed)
        for seed in range(PERMUTATIONS)
    ]
    return float(np.median(run(case.asked, variants).values))
