"""Answers whose tokens are drawn: the same as ``generate`` draws by the same seed, and what they were drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import regard
from regard.experiment import MoveWeight, decode, editing
from workbench.families import model_and_source

MOST = 8
CUTS = {"temperature": 0.7, "top_k": 12, "top_p": 0.9}


def generated(model: Any, source: Any, seed: int, **settings: Any) -> Any:
    inputs = source if isinstance(source, dict) else {"input_ids": torch.tensor([source])}
    if type(model).__name__.startswith("Whisper"):
        settings["force_unique_generate_call"] = True
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=MOST, do_sample=True, return_dict_in_generate=True, output_scores=True, **settings
    )


@pytest.mark.parametrize("cuts", [{"temperature": 1.0}, CUTS], ids=["plain", "cut"])
@pytest.mark.parametrize("family", ["Bart", "T5", "Whisper", "VisionEncoderDecoder", "llama", "gpt2"])
def test_the_answer_is_that_of_generate_by_the_same_seed(family, cuts):
    model, source = model_and_source(family)
    before = torch.get_rng_state()
    drawn = [decode(model, None, source, do_sample=True, seed=seed, max_new_tokens=MOST, **cuts) for seed in (3, 3, 4)]
    assert torch.equal(torch.get_rng_state(), before), "torch's own generator goes on as before"
    ids = [one.target.ids.tolist() for one in drawn]
    assert ids[0] == ids[1] != ids[2]
    for seed, found in ((3, drawn[0]), (4, drawn[2])):
        own = generated(model, source, seed, **cuts)
        start = len(found.start)
        assert own["sequences"][0].tolist()[start:][: len(found.target)] == found.target.ids.tolist()
        for step, scores in zip(found.steps, own["scores"], strict=False):
            row = scores[0].log_softmax(-1)
            assert step.drawn.token.log_p == pytest.approx(float(row[step.token.id]), abs=1e-4)
            possible = [i for i in row.topk(2).indices.tolist() if row[i] > -torch.inf]
            assert [one.id for one in step.drawn.predictions.top[:2]] == possible


def test_predictions_stay_those_of_the_model():
    model, source = model_and_source("Bart")
    found = decode(model, None, source, do_sample=True, seed=3, max_new_tokens=MOST, **CUTS)
    read = torch.tensor([[*found.start.ids, *found.target.ids[:-1]]])
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([source]), decoder_input_ids=read).logits[0].log_softmax(-1)
    for step, row in zip(found.steps, logits, strict=True):
        assert step.token.log_p == pytest.approx(float(row[step.token.id]), abs=1e-4)
        assert step.rank == int((row > row[step.token.id]).sum())
        assert len(step.drawn.predictions.top) <= 5
    assert found.total == pytest.approx(sum(step.token.log_p for step in found.steps), abs=1e-4)
    assert found.settings == {
        "beams": 1, "k": 5, "max_new_tokens": 8, "length_penalty": 1.0,
        "do_sample": True, "seed": 3, "temperature": 0.7, "top_k": 12.0, "top_p": 0.9,
    }  # fmt: skip
    generation = found.record().generation
    np.testing.assert_allclose(generation.choices.chosen, [step.token.log_p for step in found.steps], atol=1e-6)
    np.testing.assert_allclose(generation.processed.chosen, [step.drawn.token.log_p for step in found.steps], atol=1e-6)
    assert decode(model, None, source, max_new_tokens=MOST).record().generation.processed is None


def test_a_forced_beginning_and_edits_hold_while_tokens_are_drawn():
    model, source = model_and_source("Bart")
    edit = MoveWeight(kind="cross", query=slice(0, 9), to=[1])
    found = decode(model, None, source, forced=[17, 23], do_sample=True, seed=1, max_new_tokens=MOST, edits=edit)
    assert found.target.ids.tolist()[:2] == [17, 23]
    assert found.steps[0].drawn.token.log_p == 0, "nothing else was let through"
    assert found.steps[0].token.log_p < 0
    plain = decode(model, None, source, do_sample=True, seed=1, max_new_tokens=MOST, edits=edit)
    with editing(model, edit):
        own = generated(model, source, 1, use_cache=False)
    assert own["sequences"][0].tolist()[1:][: len(plain.target)] == plain.target.ids.tolist()


def test_a_workbench_draws_the_same_each_time_and_another_seed_draws_anew():
    model, source = model_and_source("Bart")
    bench = regard.Workbench(model, None, source, max_new_tokens=MOST, seed=3, do_sample=True, **CUTS)
    first = bench.state.target
    bench.edit_attention(step=2, to=[1])
    assert bench.state.target[:2] == first[:2]
    assert bench.change_settings(seed=4).settings["seed"] == 4
    bench.show(0)
    assert bench.change_settings(seed=3).target == first
    spec = bench.view().spec()["workbench"]["states"][0]
    assert spec["settings"]["draws"] == {"temperature": 0.7, "top_k": 12.0, "top_p": 0.9, "seed": 3}
    step = spec["steps"][1]
    assert step["chosen"]["id"] in {one["id"] for one in step["drawn"]}
