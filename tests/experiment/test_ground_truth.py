"""On circuits whose causes are known, each method finds what theory says it finds, and misses what it must miss."""

import numpy as np
import pytest
import torch

from benchmarks.ground_truth.by_hand import at
from benchmarks.ground_truth.circuit_table import PASS, cases, measured
from benchmarks.ground_truth.circuits import CIRCUITS, both, either
from benchmarks.ground_truth.methods import METHODS
from benchmarks.ground_truth.text import precision
from benchmarks.ground_truth.theory import SOLVES
from experiment.attribution import decompx
from regard.experiment import cp_lrp

CHEAP = [method for method in METHODS if method != "Shapley"]


@pytest.mark.parametrize("make", CIRCUITS, ids=lambda make: make.__name__)
def test_methods_pass_and_fail_as_theory_says(make):
    given = cases(make, texts=3)
    found = {**measured(given, CHEAP), **measured(given[:1], ["Shapley"])}
    name = make().name
    assert {method for method, value in found.items() if value >= PASS} == {
        method for method, solved in SOLVES.items() if name in solved
    }
    assert all(value <= 0.85 for value in found.values() if value < PASS)


@pytest.mark.parametrize(
    "make", [make for make in CIRCUITS if make not in (either, both)], ids=lambda make: make.__name__
)
def test_cp_lrp_is_decompx_on_circuits_that_read_what_is_said_as_it_is(make):
    (case,) = cases(make, texts=1)
    inputs = {"input_ids": torch.tensor([case.text.ids])}
    states = decompx.states_into(case.model, {"first": case.model.layers[0]}, inputs)
    parts = decompx.diagonal(states["first"])
    for layer, weights in zip(case.model.layers, decompx.weights_of(case.model, inputs, causal=False), strict=True):
        maps = layer.o_proj.weight.detach().reshape(parts.shape[-1], len(weights), -1)
        parts = parts + torch.einsum("hij,jtd,chd->itc", weights, parts, maps)
    logits = parts[-1, :, at("said") :]
    expected = logits[:, case.margin.baseline.target] - logits.mean(-1)
    assert cp_lrp(case.margin).values == pytest.approx(expected.numpy(), abs=1e-10)
    assert expected.abs().max() > 0.1


def test_what_is_tied_counts_by_expectation():
    assert precision(np.array([0.0, 0, 0, 0, 9]), [1], candidates=4) == 0.25
    assert precision(np.array([3.0, -4, 0, 0]), [0, 2], candidates=4) == 0.5
