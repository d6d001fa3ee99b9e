"""Gradients along rows: against finite differences of the same edits, and the sums that they promise."""

import numpy as np
import pytest
import torch
import transformers

from experiment.attribution.made import SMALL, gpt2, llama
from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError, RegardError
from regard.experiment import ReplaceRows
from regard.testing import tiny_model

IDS = {"input_ids": ids_of(8)}
STEP = 1e-5


def row_of(model, layer, head):
    """The weights of the last query, from the model's own eager attention."""
    model.set_attn_implementation("eager")
    with torch.no_grad():
        found = model(**IDS, output_attentions=True).attentions[layer][0, head, -1].double().numpy()
    model.set_attn_implementation("sdpa")
    return found


def slopes(question, row, layer, head, keys):
    """∂y/∂a at each key, by two runs with another weight there."""
    variants = []
    for key in keys:
        for sign in (1, -1):
            changed = row.copy()
            changed[key] += sign * STEP
            variants.append(ReplaceRows(layer=layer, head=head, query=-1, weights=changed))
    found = experiment.run(question, variants).values.reshape(-1, 2)
    return (found[:, 0] - found[:, 1]) / (2 * STEP)


@pytest.fixture(params=[llama, gpt2])
def model(request):
    return request.param()


@pytest.mark.parametrize("effect", ["log_p", "logit"])
def test_gradient_times_attention_is_the_slope_times_the_weight(model, effect):
    question = experiment.ask(model, **IDS, effect=effect)
    row = row_of(model, 1, 2)
    found = experiment.gradient_rows(question, layer=[0, 1], head=[2, 3])
    assert found.values.shape == (2, 2, 1, 8)
    assert found.whole[1, 2, 7] == pytest.approx(row * slopes(question, row, 1, 2, range(8)), rel=1e-4, abs=1e-6)
    assert (found.effect, found.gap, found.kind) == (effect, None, "decoder")
    assert np.isnan(found.whole[1, 1]).all()


@pytest.mark.parametrize("layer", [1, 2])
def test_integrated_rows_are_mean_slopes_at_scaled_rows(model, layer):
    question = experiment.ask(model, **IDS)
    row, keys = row_of(model, layer, 2), (0, 3, 7)
    found = experiment.integrated_rows(question, layer=layer, head=2, steps=2)
    expected = np.mean([slopes(question, row * factor, layer, 2, keys) for factor in (0.25, 0.75)], axis=0)
    assert found.values[0, 0, 0, list(keys)] == pytest.approx(row[list(keys)] * expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", ["llama", "mistral", "gpt2", "gpt_oss", "bart", "t5"])
def test_integrated_rows_add_up_to_what_the_rows_did(name):
    model = tiny_model(name)
    inputs = {"decoder_input_ids": ids_of(5, seed=1)} if name in ("bart", "t5") else {}
    kind = "cross" if inputs else None
    question = experiment.ask(model, **IDS, **inputs, batch=7)
    found = experiment.integrated_rows(question, layer=1, query=[2, -1], steps=40, kind=kind)
    nothing = np.zeros(8)
    zeros = [ReplaceRows(layer=1, query=[2, -1], weights=nothing, kind=kind)]
    assert found.total == pytest.approx(-experiment.run(question, zeros).values[0], abs=1e-4)
    assert abs(found.total) > 0.05
    assert found.gap == pytest.approx(0, abs=0.02 * abs(found.total) + 0.01)
    one = experiment.integrated_rows(question, layer=1, head=[0, 2], steps=3, together=False, kind=kind)
    alone = experiment.integrated_rows(question, layer=1, head=2, steps=3, kind=kind)
    assert one.values[0, 1] == pytest.approx(alone.values[0, 0], abs=1e-5, nan_ok=True)
    assert np.isnan(found.values).any() == (name == "mistral" or not inputs)


def test_a_norm_after_attention_hides_scaling_all_heads_together():
    """Gemma 2 normalises what attention gives: scaled together, nothing changes until the rows are zero."""
    question = experiment.ask(tiny_model("gemma2", dtype=torch.float64), **IDS)
    together = experiment.integrated_rows(question, layer=1)
    assert np.nansum(together.values) == pytest.approx(0, abs=1e-3)
    assert abs(together.gap) > 0.05
    alone = experiment.integrated_rows(question, layer=1, head=1, steps=30)
    assert abs(alone.gap) < 0.05 * abs(alone.total)


def test_the_query_asked_about_is_the_default():
    torch.manual_seed(0)
    model = transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=512, **SMALL)).eval()
    question = experiment.ask(model, **IDS, position=3)
    found = experiment.integrated_rows(question, layer=2)
    assert found.numbers["query"] == (3,)
    assert np.abs(found.values).max() > 0
    every = experiment.gradient_rows(question, layer=2, query=None)
    assert every.whole.shape == (3, 4, 8, 8)
    assert not np.delete(every.values[0], 3, axis=1).any()


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_attributed():
    model = tiny_model("llama")
    question = experiment.ask(model, **IDS)
    with pytest.raises(ArgumentError, match=r"steps must be 1 or more; got 0"):
        experiment.integrated_rows(question, steps=0)
    with pytest.raises(ArgumentError, match=r"head 4 does not exist; there are 4"):
        experiment.gradient_rows(question, head=4)
    with pytest.raises(ArgumentError, match=r"no effect to attribute 'p'; there are: 'log_p', 'logit'"):
        experiment.gradient_rows(question, effect="p")
    with pytest.raises(ArgumentError, match=r"effect 'tvd' is a distance from the unedited output"):
        experiment.integrated_rows(experiment.ask(model, **IDS, effect="tvd"))
    with pytest.raises(ArgumentError, match=r"no effect 'logit'; there are: 'loss'"):
        experiment.gradient_rows(experiment.ask(model, **IDS, effect="loss"), effect="logit")
    steep = experiment.ask(model, **IDS, effect=lambda output: (output.logits[:, -1, 3] * 0).sqrt())
    with pytest.raises(RegardError, match=r"gradients of LlamaForCausalLM are NaN or infinite \(torch.float32\)"):
        experiment.gradient_rows(steep)
    model.train()
    with pytest.raises(ArgumentError, match=r"is in train mode"):
        experiment.integrated_rows(question)


def test_losses_are_attributed_as_they_are():
    question = experiment.ask(tiny_model("llama"), **IDS, effect="loss")
    found = experiment.integrated_rows(question, layer=2, query=None, steps=30)
    assert (found.effect, found.values.shape) == ("loss", (1, 4, 8, 8))
    assert found.gap == pytest.approx(0, abs=0.02)
