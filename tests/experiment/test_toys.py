"""Trained toys whose causes are known: they have learned their task, and methods find what they should."""

import copy

import numpy as np
import pytest
import torch

from benchmarks.ground_truth.edges import correlations
from benchmarks.ground_truth.methods import METHODS, Case
from benchmarks.ground_truth.tasks import LEXICON, MARK, RETRIEVE, TASKS
from benchmarks.ground_truth.text import precision
from benchmarks.ground_truth.toy_table import cases
from benchmarks.ground_truth.toys import SEEDS, accuracy, toy
from experiment.attribution import decompx
from regard.experiment import cp_lrp


def mean_precision(method, task, truth, texts=8, seed=0):
    given = cases(task, seed, texts)
    return np.mean(
        [precision(METHODS[method](case), getattr(case.text, truth), case.text.candidates) for case in given]
    )


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_they_have_learned_their_task(task):
    assert all(accuracy(toy(task, seed), task, texts=400) >= 0.99 for seed in SEEDS[task.name])


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_other_tokens_in_the_place_of_causes_change_what_they_say(task):
    assert mean_precision("occlusion", task, "causes") >= 0.95


@pytest.mark.parametrize("task", [MARK, RETRIEVE], ids=lambda task: task.name)
def test_frozen_attention_sees_what_is_copied_and_not_what_chose_it(task):
    assert mean_precision("CP-LRP = DecompX", task, "copied") >= 0.95
    assert mean_precision("CP-LRP = DecompX", task, "causes") < mean_precision("occlusion", task, "causes")


def test_signed_evidence_is_found_by_cp_lrp_better_than_by_weights():
    found = mean_precision("CP-LRP = DecompX", LEXICON, "causes")
    assert found >= 0.9
    assert mean_precision("raw, last layer", LEXICON, "causes") <= found - 0.1
    assert mean_precision("rollout", LEXICON, "causes") <= found - 0.1


@pytest.mark.parametrize("task", [MARK, LEXICON], ids=lambda task: task.name)
def test_cp_lrp_is_decompx(task):
    model = copy.deepcopy(toy(task, 0)).double()
    case = Case(model, cases(task, 0, 1)[0].text)
    inputs = {"input_ids": torch.tensor([case.text.ids])}
    with torch.no_grad():
        logits = decomposed(model, inputs)
    expected = logits[:, case.margin.baseline.target] - logits.mean(-1)
    assert cp_lrp(case.margin).values == pytest.approx(expected.numpy(), abs=1e-10)
    assert expected.abs().max() > 0.1


def decomposed(model, inputs):
    """The logits at the last token as a sum over tokens, [token, word]."""
    layers = model.transformer.h
    modules = {f"{i} {name}": getattr(layer, name) for i, layer in enumerate(layers) for name in ("ln_1", "ln_2")}
    modules |= {f"{i} act": layer.mlp.act for i, layer in enumerate(layers)} | {"ln_f": model.transformer.ln_f}
    states = decompx.states_into(model, modules, inputs)
    parts = decompx.diagonal(states["0 ln_1"])
    for i, (layer, weights) in enumerate(zip(layers, decompx.weights_of(model, inputs, causal=True), strict=True)):
        normed = decompx.layer_norm(parts, states[f"{i} ln_1"], layer.ln_1)
        value = layer.attn.c_attn.weight[:, -parts.shape[-1] :]
        parts = parts + decompx.mixed(normed, weights, value, layer.attn.c_proj.weight)
        inner = decompx.layer_norm(parts, states[f"{i} ln_2"], layer.ln_2) @ layer.mlp.c_fc.weight
        parts = parts + decompx.slope(inner, states[f"{i} act"], layer.mlp.act) @ layer.mlp.c_proj.weight
    return decompx.layer_norm(parts, states["ln_f"], model.transformer.ln_f)[-1] @ model.lm_head.weight.T


def test_integrated_rows_predict_knock_outs_where_the_gradient_alone_does_not():
    found = correlations(cases(MARK, 0, 6), layer=1)
    assert found["integrated rows, one head"] >= 0.95
    assert found["gradient × attention"] <= 0.6
    assert found["largest"] > 0.5
