"""What is written straight to the logit, by hand, and that nothing is left but the biases."""

import numpy as np
import pytest
import torch

from experiment.attribution import decompx
from experiment.attribution.made import bert, gpt2, llama, with_biases
from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError
from regard.testing import tiny_model

IDS = {"input_ids": ids_of(8)}
TARGET, FOIL = 7, 9


def captured_values(model):
    """Values [head, key, d_value] of each layer."""
    from regard.capture.registry import recording

    found = []
    with torch.no_grad(), recording(model, lambda call: found.append(call)):
        model(**IDS)
    return [call.value[0].repeat_interleave(call.query.shape[1] // call.value.shape[1], 0) for call in found]


def edges(model, maps, norm, causal=True):
    """``a_ij · v_j W_O · direction`` of the last row, [layer, head, key]; maps [d_all, d_model]."""
    weights = decompx.weights_of(model, IDS, causal=causal)
    found = []
    for weight, values, output in zip(weights, captured_values(model), maps, strict=True):
        by_head = output.reshape(values.shape[0], values.shape[2], -1)
        written = torch.einsum("hjd,hdm->hjm", values, by_head)
        found.append(weight[:, -1] * (written @ norm))
    return torch.stack(found).detach().numpy()


def test_gpt2_by_hand():
    model = gpt2()
    question = experiment.ask(model, **IDS, target=TARGET, foil=FOIL)
    found = experiment.direct_logits(question)
    body = model.transformer
    state = decompx.states_into(model, {"ln_f": body.ln_f}, IDS)["ln_f"][-1]
    difference = (model.lm_head.weight[TARGET] - model.lm_head.weight[FOIL]).detach()
    direction = body.ln_f.weight.detach() * difference
    direction = (direction - direction.mean()) / (state.var(unbiased=False) + body.ln_f.eps).sqrt()
    assert found.values == pytest.approx(
        edges(model, [layer.attn.c_proj.weight for layer in body.h], direction), abs=1e-10
    )
    biases = sum(layer.attn.c_proj.bias + layer.mlp.c_proj.bias for layer in body.h) @ direction
    assert found.gap == pytest.approx(float((biases + body.ln_f.bias @ difference).detach()), abs=1e-10)
    assert found.parts["mlp"].shape == (3,)
    assert found.parts["embeddings"][:-1] == pytest.approx(0)
    assert (found.axes, found.whole.shape, found.kind) == (("layer", "head", "key"), (3, 4, 8), "decoder")


def test_llama_by_hand_without_a_foil():
    model = llama()
    found = experiment.direct_logits(experiment.ask(model, **IDS, target=TARGET))
    state = decompx.states_into(model, {"norm": model.model.norm}, IDS)["norm"][-1]
    difference = (model.lm_head.weight[TARGET] - model.lm_head.weight.mean(0)).detach()
    direction = model.model.norm.weight.detach() * difference / (state.pow(2).mean() + 1e-6).sqrt()
    maps = [layer.self_attn.o_proj.weight.T for layer in model.model.layers]
    assert found.values == pytest.approx(edges(model, maps, direction), abs=1e-10)
    assert found.gap == pytest.approx(0, abs=1e-9)
    inner = decompx.states_into(model, {str(i): layer.mlp.down_proj for i, layer in enumerate(model.model.layers)}, IDS)
    written = [
        float((layer.mlp.down_proj(inner[str(i)][-1]) @ direction).detach())
        for i, layer in enumerate(model.model.layers)
    ]
    assert found.parts["mlp"] == pytest.approx(written, abs=1e-10)


@pytest.mark.parametrize("name", ["mistral", "gemma2", "gpt_oss", "bart", "t5"])
def test_the_parts_add_up_to_the_logit(name):
    inputs = {"decoder_input_ids": ids_of(5, seed=1)} if name in ("bart", "t5") else {}
    question = experiment.ask(tiny_model(name), **IDS, **inputs)
    found = experiment.direct_logits(question, kind="cross" if inputs else None)
    assert np.abs(found.values).max() > 0.01
    assert found.gap == pytest.approx(0, abs=1e-4)
    assert ("decoder heads" in found.parts) == bool(inputs)


def test_norms_between_layers_are_held():
    question = experiment.ask(bert(), **IDS, position=3, target=TARGET, foil=FOIL)
    found = experiment.direct_logits(question)
    assert np.abs(found.values[2]).sum() > np.abs(found.values[0]).sum() > 0
    assert abs(found.gap) > 0.01  # biases
    without = bert()
    with torch.no_grad():
        for name, parameter in without.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
    assert experiment.direct_logits(experiment.ask(without, **IDS, position=3)).gap == pytest.approx(0, abs=1e-9)


def test_a_loss_has_no_direct_parts():
    question = experiment.ask(with_biases(tiny_model("llama")), **IDS, effect="loss")
    with pytest.raises(ArgumentError, match=r"direct_logits adds up .* a loss is not"):
        experiment.direct_logits(question)
