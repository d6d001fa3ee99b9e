"""Recomputed weights are the model's own."""

import numpy as np
import pytest
import torch
from transformers import AlbertConfig, AlbertModel, Llama4ForCausalLM, Llama4TextConfig

from regard.capture import capture
from regard.record import Factored, MaskRule
from regard.testing import FAMILIES, assert_weights_equal, tiny_model

KINDS = {
    "bert": ("encoder",),
    "gpt2": ("decoder",),
    "llama": ("decoder",),
    "mistral": ("decoder",),
    "gemma2": ("decoder",),
    "gpt_oss": ("decoder",),
    "bart": ("encoder", "decoder", "cross"),
    "t5": ("encoder", "decoder", "cross"),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_models_own_eager_attention(family, inputs_for, weights_in):
    inputs = inputs_for(family)
    record = capture(tiny_model(family), **inputs)
    with torch.no_grad():
        output = tiny_model(family, attn_implementation="eager")(**inputs, output_attentions=True)
    assert record.kinds == KINDS[family]
    for kind, weights in weights_in(output, record).items():
        assert_weights_equal(record.attention(kind), weights, atol=1e-5)
        assert all(isinstance(layer, Factored) for layer in record.attention(kind).layers)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("dtype", "atol"), [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.float16, 5e-3), (torch.bfloat16, 3e-2)]
)
def test_equals_the_same_call_in_every_dtype(family, dtype, atol, inputs_for, same_call, weights_in):
    if family == "gpt_oss" and dtype == torch.float64:
        pytest.skip("torch's grouped product of the experts knows no float64")
    if family in ("llama", "mistral", "gemma2"):
        atol = max(atol, 1e-6)  # these compute their softmax in float32 whatever the dtype
    model = tiny_model(family, dtype=dtype, attn_implementation="eager")
    record, output = same_call(model, **inputs_for(family), output_attentions=True)
    for kind, weights in weights_in(output, record).items():
        assert_weights_equal(record.attention(kind), weights, atol=atol)


@pytest.mark.parametrize(
    ("dtype", "held"),
    [("float64", np.float64), ("float32", np.float32), ("float16", np.float16), ("bfloat16", np.float32)],
)
def test_dtype_that_is_held(dtype, held, inputs_for):
    record = capture(tiny_model("llama", dtype=getattr(torch, dtype)), **inputs_for("llama"))
    layer = record.attention().layer(0)
    assert layer.read("query", (slice(0, 1),) * 3).dtype == held
    assert layer.read("key", (slice(0, 1),) * 3).dtype == held


def test_key_heads_are_not_expanded(inputs_for):
    attention = capture(tiny_model("llama"), **inputs_for("llama")).attention()
    assert (attention.heads, attention.kv_heads) == (4, 2)
    assert attention.layer(0).shape("key") == (2, 13, 8)


def test_masks_become_rules_and_biases_stay_linear(inputs_for):
    def layers(family, kind):
        return capture(tiny_model(family), **inputs_for(family)).attention(kind).layers

    assert [layer.mask for layer in layers("mistral", "decoder")] == [MaskRule(before=3, after=0)] * 3
    assert [layer.mask for layer in layers("gemma2", "decoder")][:2] == [MaskRule(before=3, after=0), MaskRule(after=0)]
    assert {layer.softcap for layer in layers("gemma2", "decoder")} == {2.0}
    assert "sink" in layers("gpt_oss", "decoder")[0].arrays()
    for kind, distances in (("encoder", 25), ("decoder", 13)):
        for layer in layers("t5", kind):
            assert layer.shape("distance_bias") == (4, distances)
            assert not {"bias", "visible"} & set(layer.arrays())
    assert all("bias" not in layer.arrays() for layer in layers("t5", "cross"))


def test_sinks_leave_rows_below_one(inputs_for):
    weights = np.asarray(capture(tiny_model("gpt_oss"), **inputs_for("gpt_oss")).weights)
    totals = weights.sum(-1)
    assert (totals <= 1 + 1e-6).all()
    assert (totals < 0.99).mean() > 0.1


def test_a_layer_used_again_is_a_layer_again():
    config = AlbertConfig(
        vocab_size=99, embedding_size=16, hidden_size=32, num_hidden_layers=4, num_attention_heads=4,
        intermediate_size=32, initializer_range=0.3,
    )  # fmt: skip
    torch.manual_seed(0)
    model = AlbertModel(config).eval()
    ids = torch.arange(5, 12)[None]
    record = capture(model, input_ids=ids)
    model.set_attn_implementation("eager")
    assert record.weights.shape == (4, 4, 7, 7)
    assert_weights_equal(record, model(ids, output_attentions=True).attentions)


def test_chunked_attention_is_a_rule():
    config = Llama4TextConfig(
        vocab_size=99, hidden_size=32, intermediate_size=32, intermediate_size_mlp=32, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, attention_chunk_size=4, num_local_experts=2,
        no_rope_layers=[1, 0], initializer_range=0.3, pad_token_id=0, attn_implementation="sdpa",
    )  # fmt: skip
    torch.manual_seed(0)
    model = Llama4ForCausalLM(config).eval()
    ids = torch.arange(5, 16)[None]
    record = capture(model, input_ids=ids)
    assert [layer.mask for layer in record.attention().layers] == [MaskRule(after=0, chunk=4), MaskRule(after=0)]
    model.set_attn_implementation("eager")
    assert_weights_equal(record, model(ids, output_attentions=True).attentions)
