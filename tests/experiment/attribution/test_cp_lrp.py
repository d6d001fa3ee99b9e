"""CP-LRP is DecompX without bias, for real modules; and what cannot be linearised is told."""

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from experiment.attribution import decompx
from experiment.attribution.made import SMALL, bert, gpt2, llama
from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError, RegardError
from regard.testing import tiny_model

IDS = {"input_ids": ids_of(8)}
TARGET, FOIL = 7, 9


def gpt2_by_hand(model, shares):
    """[token, token, d_model] before the last norm, and the direction of the logits there."""
    layers = model.transformer.h
    modules = {f"{i} {name}": getattr(layer, name) for i, layer in enumerate(layers) for name in ("ln_1", "ln_2")}
    modules |= {f"{i} act": layer.mlp.act for i, layer in enumerate(layers)} | {"ln_f": model.transformer.ln_f}
    states = decompx.states_into(model, modules, IDS)
    parts = decompx.diagonal(states["0 ln_1"])
    for i, (layer, weights) in enumerate(zip(layers, decompx.weights_of(model, IDS, causal=True), strict=True)):
        shares.append((parts, states[f"{i} ln_1"]))
        normed = decompx.layer_norm(parts, states[f"{i} ln_1"], layer.ln_1)
        value = layer.attn.c_attn.weight[:, 64:]
        parts = parts + decompx.mixed(normed, weights, value, layer.attn.c_proj.weight)
        inner = decompx.layer_norm(parts, states[f"{i} ln_2"], layer.ln_2) @ layer.mlp.c_fc.weight
        parts = parts + decompx.slope(inner, states[f"{i} act"], layer.mlp.act) @ layer.mlp.c_proj.weight
    return decompx.layer_norm(parts, states["ln_f"], model.transformer.ln_f)[-1] @ model.lm_head.weight.T


def llama_by_hand(model, shares):
    layers = model.model.layers
    norms = ("input_layernorm", "post_attention_layernorm")
    modules = {f"{i} {name}": getattr(layer, name) for i, layer in enumerate(layers) for name in norms}
    modules |= {f"{i} act": layer.mlp.act_fn for i, layer in enumerate(layers)} | {"norm": model.model.norm}
    states = decompx.states_into(model, modules, IDS)
    parts = decompx.diagonal(states["0 input_layernorm"])
    for i, (layer, weights) in enumerate(zip(layers, decompx.weights_of(model, IDS, causal=True), strict=True)):
        shares.append((parts, states[f"{i} input_layernorm"]))
        normed = decompx.rms_norm(parts, states[f"{i} input_layernorm"], layer.input_layernorm)
        value = layer.self_attn.v_proj.weight.reshape(2, 8, 32).repeat_interleave(2, 0).reshape(32, 32).T
        parts = parts + decompx.mixed(normed, weights, value, layer.self_attn.o_proj.weight.T)
        normed = decompx.rms_norm(parts, states[f"{i} post_attention_layernorm"], layer.post_attention_layernorm)
        gate = layer.mlp.act_fn(states[f"{i} act"])[:, None]
        parts = parts + gate * (normed @ layer.mlp.up_proj.weight.T) @ layer.mlp.down_proj.weight.T
    return decompx.rms_norm(parts, states["norm"], model.model.norm)[-1] @ model.lm_head.weight.T


def bert_by_hand(model, shares):
    layers, head = model.bert.encoder.layer, model.cls.predictions
    modules = {f"{i} in": layer for i, layer in enumerate(layers)}
    modules |= {f"{i} mid": layer.attention.output.LayerNorm for i, layer in enumerate(layers)}
    modules |= {f"{i} act": layer.intermediate.intermediate_act_fn for i, layer in enumerate(layers)}
    modules |= {f"{i} out": layer.output.LayerNorm for i, layer in enumerate(layers)}
    modules |= {"act": head.transform.transform_act_fn, "norm": head.transform.LayerNorm}
    states = decompx.states_into(model, modules, IDS)
    parts = decompx.diagonal(states["0 in"])
    for i, (layer, weights) in enumerate(zip(layers, decompx.weights_of(model, IDS, causal=False), strict=True)):
        shares.append((parts, states[f"{i} in"]))
        inner = layer.attention
        mixed = decompx.mixed(parts, weights, inner.self.value.weight.T, inner.output.dense.weight.T)
        parts = decompx.layer_norm(parts + mixed, states[f"{i} mid"], inner.output.LayerNorm)
        hidden = parts @ layer.intermediate.dense.weight.T
        written = decompx.slope(hidden, states[f"{i} act"], layer.intermediate.intermediate_act_fn)
        parts = parts + written @ layer.output.dense.weight.T
        parts = decompx.layer_norm(parts, states[f"{i} out"], layer.output.LayerNorm)
    hidden = decompx.slope(parts @ head.transform.dense.weight.T, states["act"], head.transform.transform_act_fn)
    return decompx.layer_norm(hidden, states["norm"], head.transform.LayerNorm)[3] @ head.decoder.weight.T


CASES = {
    "gpt2": (gpt2, gpt2_by_hand, {}),
    "llama": (llama, llama_by_hand, {}),
    "bert": (bert, bert_by_hand, {"position": 3}),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("foil", [None, FOIL])
def test_it_is_decompx_without_bias(name, foil):
    make, by_hand, options = CASES[name]
    model = make()
    question = experiment.ask(model, **IDS, target=TARGET, foil=foil, **options)
    found = experiment.cp_lrp(question)
    with torch.no_grad():
        logits = by_hand(model, [])
    other = logits.mean(-1) if foil is None else logits[:, foil]
    assert found.values == pytest.approx((logits[:, TARGET] - other).numpy(), abs=1e-10)
    assert np.abs(found.values).max() > 0.1
    whole = question.passes.whole[0]
    assert found.total == pytest.approx(
        float(whole[TARGET] - (whole.mean() if foil is None else whole[foil])), abs=1e-9
    )
    assert abs(found.gap) > 0.01 or name == "llama"
    assert found.gap == pytest.approx(found.total - found.values.sum(), abs=1e-12)
    assert (found.axes, found.effect, found.whole.shape) == (("token",), "logit", (8,))


@pytest.mark.parametrize("name", CASES)
def test_a_state_s_share_of_its_own_token_is_that_of_decompx(name):
    make, by_hand, options = CASES[name]
    model, shares = make(), []
    with torch.no_grad():
        by_hand(model, shares)
    found = experiment.token_share(experiment.ask(model, **IDS, **options), [0, 2], [0, 5, -1])
    assert found.values[0] == pytest.approx(1)
    parts, state = shares[2]
    along = (parts * state[:, None]).sum(-1)
    expected = along.diagonal() / along.sum(-1)
    assert found.values[1] == pytest.approx(expected[[0, 5, 7]].numpy(), abs=1e-10)
    bias = 1 - along.sum(-1) / state.pow(2).sum(-1)
    assert found.parts["bias"][1] == pytest.approx(bias[[0, 5, 7]].numpy(), abs=1e-10)
    assert found.whole.shape == (3, 8)
    assert np.isnan(found.whole[1]).all()


@pytest.mark.parametrize("name", ["llama", "mistral", "gemma2", "gpt2", "gpt_oss", "bart", "t5"])
def test_a_linearised_model_says_what_it_always_says(name):
    model = tiny_model(name)
    inputs = {"decoder_input_ids": ids_of(5, seed=1)} if name in ("bart", "t5") else {}
    question = experiment.ask(model, **IDS, **inputs)
    with experiment.linearised(model):
        found = question.passes.read(question.passes.output())
    assert found.detach() == pytest.approx(question.passes.whole, abs=1e-4)
    attribution = experiment.cp_lrp(question)
    assert set(attribution.parts) == ({"decoder tokens"} if inputs else set())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    if name != "gpt_oss":  # whose clamped experts add one to what they multiply
        assert attribution.gap == pytest.approx(0, abs=1e-4)
        assert "of " in repr(attribution)


def test_weights_are_computed_again_in_blocks(monkeypatch):
    """However few rows are in memory at a time, and whatever heads share keys and values."""
    question = experiment.ask(tiny_model("llama", dtype=torch.float64), **IDS)
    whole = experiment.cp_lrp(question).values
    monkeypatch.setattr("regard.experiment.attribution.frozen_rows.BLOCK", 3 * 4 * 8)
    assert experiment.cp_lrp(question).values == pytest.approx(whole, abs=1e-10)


def test_experts_are_linear_once_their_router_is_a_constant():
    settings = {**SMALL, "num_key_value_heads": 2, "num_local_experts": 4, "initializer_range": 0.3, "vocab_size": 512}
    torch.manual_seed(0)
    model = transformers.MixtralForCausalLM(transformers.MixtralConfig(**settings)).eval()
    assert experiment.cp_lrp(experiment.ask(model, **IDS)).gap == pytest.approx(0, abs=1e-4)


def test_a_linear_function_of_the_output_is_attributed():
    model = tiny_model("bert", dtype=torch.float64)
    direction = torch.arange(32, dtype=torch.float64) / 32
    question = experiment.ask(model, **IDS, effect=lambda output: output.last_hidden_state[:, 2] @ direction)
    found = experiment.cp_lrp(question)
    assert (found.effect, found.baseline) == ("value", None)
    assert found.total == pytest.approx(float(question.passes.whole[0]))
    squared = experiment.ask(model, **IDS, effect=lambda output: output.last_hidden_state[:, 2].pow(2).sum(-1))
    with pytest.raises(experiment.NotLinearError, match=r"what is asked of the output \(effect=\) is not linear even"):
        experiment.cp_lrp(squared)


class Bump(nn.Module):
    def forward(self, x):
        return x * x


class Quantised(nn.Linear):
    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


def test_what_is_not_linear_is_named():
    model = tiny_model("llama")
    model.model.layers[1].mlp.act_fn = Bump().eval()
    question = experiment.ask(model, **IDS)
    message = r"model.layers.1.mlp.act_fn \(Bump\) is not linear .* so CP-LRP would be an approximation"
    with pytest.raises(experiment.NotLinearError, match=message):
        experiment.cp_lrp(question)
    with pytest.raises(experiment.NotLinearError, match=r"\(Bump\).* so token_share would be"):
        experiment.token_share(question, 2, 3)
    assert experiment.token_share(question, 1, 3).values[0, 0] < 1


def test_layers_without_gradients_are_named():
    model = tiny_model("llama")
    model.model.layers[2].mlp.up_proj.__class__ = Quantised
    with pytest.raises(RegardError, match=r"model.layers.2.mlp.up_proj \(Quantised\) computes without gradients"):
        experiment.cp_lrp(experiment.ask(model, **IDS))


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_attributed():
    model = tiny_model("llama")
    with pytest.raises(ArgumentError, match=r"CP-LRP adds up .* a loss is not; ask about a target"):
        experiment.cp_lrp(experiment.ask(model, **IDS, effect="loss"))
    question = experiment.ask(model, **IDS)
    with pytest.raises(ArgumentError, match=r"position 8 does not exist; there are 8"):
        experiment.token_share(question, 0, 8)
    with pytest.raises(ArgumentError, match=r"layer 3 does not exist"):
        experiment.token_share(question, 3)
    model.train()
    with pytest.raises(ArgumentError, match=r"is in train mode"):
        experiment.cp_lrp(question)
    with pytest.raises(ArgumentError, match=r"is in train mode"):
        experiment.token_share(question)
