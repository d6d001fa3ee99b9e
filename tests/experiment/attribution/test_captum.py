"""Integrated gradients and occlusion on tokens: captum's other way of doing them, and our own scans."""

import sys

import numpy as np
import pytest
import torch
from captum.attr import LayerIntegratedGradients

from experiment.attribution.made import bert, llama
from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError, MissingExtraError
from regard.testing import tiny_model, tiny_tokenizer

IDS, OTHER = ids_of(8), ids_of(8, seed=5)


def test_integrated_gradients_are_those_of_captum_s_layer():
    model = llama()
    question = experiment.ask(model, input_ids=IDS, target=7)
    with pytest.warns(UserWarning, match=r"after 20 steps"):
        found = experiment.integrated_gradients(question, OTHER[0].tolist(), steps=20)

    def log_p(ids):
        return model(input_ids=ids).logits[:, -1].log_softmax(-1)[:, 7]

    expected = LayerIntegratedGradients(log_p, model.model.embed_tokens).attribute(IDS, OTHER, n_steps=20)
    assert found.values == pytest.approx(expected.sum(-1)[0].numpy(), abs=1e-10)
    with torch.no_grad():
        assert found.total == pytest.approx(float(log_p(IDS) - log_p(OTHER)), abs=1e-9)
    assert found.effect == "log_p"


@pytest.mark.parametrize("baseline", ["mean", "zero", "pad", 11])
@pytest.mark.parametrize("effect", ["logit", "log_p"])
def test_they_add_up_to_the_difference_from_the_baseline(baseline, effect):
    question = experiment.ask(bert(), input_ids=IDS, position=3, effect=effect)
    found = experiment.integrated_gradients(question, baseline, steps=200)
    assert abs(found.total) > 0.5
    assert found.gap == pytest.approx(0, abs=0.02 * abs(found.total))
    assert f"baseline {baseline}, 200 steps" in found.what


def test_a_large_gap_is_warned_of():
    question = experiment.ask(tiny_model("llama"), input_ids=IDS)
    with pytest.warns(UserWarning, match=r"after 1 steps .* is not accounted for; take more steps="):
        experiment.integrated_gradients(question, "zero", steps=1)


def test_a_text_is_no_different_from_itself():
    question = experiment.ask(tiny_model("gpt2"), input_ids=IDS)
    found = experiment.integrated_gradients(question, IDS[0].numpy(), steps=3)
    assert not found.values.any()


@pytest.mark.parametrize("name", ["t5", "bart"])
def test_an_encoder_s_tokens_are_attributed(name):
    question = experiment.ask(tiny_model(name), input_ids=IDS, decoder_input_ids=ids_of(5, seed=1))
    assert np.abs(experiment.integrated_gradients(question, OTHER[0].tolist(), steps=60).values).min() > 0
    assert experiment.occlusion(question, 11).values.shape == (8,)


def test_occlusion_is_a_scan_with_that_token():
    question = experiment.ask(tiny_model("llama"), input_ids=IDS, batch=3)
    scan = experiment.scan_tokens(question, proposal=[11], samples=1)
    assert experiment.occlusion(question, 11).values == pytest.approx(-scan.values, abs=1e-5)
    assert experiment.occlusion(question, 11, effect="logit").effect == "logit"


def test_occlusion_by_mask():
    tokenizer = tiny_tokenizer()
    question = experiment.ask(bert(), tokenizer, "the cat sat on the mat", position=2)
    found = experiment.occlusion(question)
    assert found.values == pytest.approx(-experiment.scan_tokens(question, "mask").values, abs=1e-5)
    assert "occlusion by '" in found.what


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_attributed(monkeypatch):
    model = tiny_model("gpt2")
    question = experiment.ask(model, input_ids=IDS)
    with pytest.raises(ArgumentError, match=r"no padding token; give a token's id"):
        experiment.integrated_gradients(question, "pad")
    with pytest.raises(ArgumentError, match=r"no cover 'median'; there are: 'mask', 'pad'"):
        experiment.integrated_gradients(question, "median")
    with pytest.raises(ArgumentError, match=r"ids \[token\] = \[8\], each from 0 to 511; got \[1, 2\]"):
        experiment.integrated_gradients(question, [1, 2])
    with pytest.raises(ArgumentError, match=r"each from 0 to 511; got 512"):
        experiment.integrated_gradients(question, 512)
    with pytest.raises(ArgumentError, match=r"cover 512 does not exist; the vocabulary has 512"):
        experiment.occlusion(question, 512)
    with pytest.raises(ArgumentError, match=r"needs a tokenizer with a mask or an unknown token"):
        experiment.occlusion(question)
    with pytest.raises(ArgumentError, match=r"steps must be 1 or more; got 0"):
        experiment.integrated_gradients(question, steps=0)
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.delitem(sys.modules, "captum.attr")
    with pytest.raises(
        MissingExtraError, match=r"integrated_gradients needs the package 'captum'.*regard\[attribution\]"
    ):
        experiment.integrated_gradients(question)
