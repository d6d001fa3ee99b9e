"""Sizes of values, and of what heads write of them."""

import warnings

import numpy as np
import pytest
import torch

import regard
from regard.capture import capture
from regard.testing import FAMILIES, tiny_model


def written(model, inputs, module, kv_heads):
    """What the first layer's attention receives as values, seen with a hook of our own on its value projection."""
    seen = []
    with module.register_forward_hook(lambda *call: seen.append(call[-1])), torch.no_grad():
        model(**inputs)
    tokens = seen[0].shape[1]
    return seen[0][0].reshape(tokens, kv_heads, -1).transpose(0, 1).double()


@pytest.mark.parametrize(
    ("family", "value", "output", "kv_heads"),
    [
        ("bert", "encoder.layer.0.attention.self.value", "encoder.layer.0.attention.output.dense", 4),
        ("llama", "model.layers.0.self_attn.v_proj", "model.layers.0.self_attn.o_proj", 2),
        ("bart", "model.encoder.layers.0.self_attn.v_proj", "model.encoder.layers.0.self_attn.out_proj", 4),
        ("t5", "encoder.block.0.layer.0.SelfAttention.v", "encoder.block.0.layer.0.SelfAttention.o", 4),
    ],
)
def test_norms_are_those_of_the_model_s_own_values(family, value, output, kv_heads, inputs_for):
    model, inputs = tiny_model(family), inputs_for(family)
    record = capture(model, **inputs, values=True)
    states = written(model, inputs, model.get_submodule(value), kv_heads)
    weight = model.get_submodule(output).weight.detach().double()
    for head in range(4):
        found = record.parts(0, head, 3, kind=record.kinds[0])
        own = states[head // (4 // kv_heads)]
        part = weight[:, head * own.shape[1] : (head + 1) * own.shape[1]]
        np.testing.assert_allclose(found.value_norm, own.norm(dim=-1), rtol=1e-5)
        np.testing.assert_allclose(found.write_norm, (own @ part.T).norm(dim=-1), rtol=1e-5)
        np.testing.assert_allclose(found.columns()["written"], found.weights * found.write_norm)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_both_sizes_on_request_only(family, inputs_for, tmp_path):
    record = capture(tiny_model(family), **inputs_for(family), values=True)
    names = {"value_norm", "write_norm"}
    kept = regard.open(record.save(tmp_path / "values.regard"))
    for kind in record.kinds:
        assert names <= set(record.attentions[kind].layer(0).source.arrays())
        assert names <= set(kept.attentions[kind].layer(0).source.arrays())
        found, again = (one.parts(0, 1, 2, kind=kind).columns()["written"] for one in (record, kept))
        np.testing.assert_array_equal(found, again)
    plain = capture(tiny_model(family), **inputs_for(family))
    assert not names & set(plain.attentions[plain.kinds[0]].layer(0).source.arrays())


def test_some_heads_and_queries(inputs_for):
    whole = capture(tiny_model("llama"), **inputs_for("llama"), values=True)
    part = capture(tiny_model("llama"), **inputs_for("llama"), values=True, heads=[3], positions=slice(4, 9))
    found, expected = part.parts(1, 3, 2), whole.parts(1, 3, 6)
    np.testing.assert_array_equal(found.value_norm, expected.value_norm)
    np.testing.assert_array_equal(found.write_norm, expected.write_norm)


def test_a_model_that_hides_its_values_is_said():
    from transformers import BloomConfig, BloomForCausalLM

    model = BloomForCausalLM(BloomConfig(vocab_size=99, hidden_size=32, n_layer=1, n_head=4)).eval()
    with pytest.warns(UserWarning, match="values=True: this model's attention is computed where regard sees no values"):
        capture(model, input_ids=torch.arange(5, 12)[None], values=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        capture(model, input_ids=torch.arange(5, 12)[None])
