"""The kernel's own log-sum-exp: kept where it is right, and never at the price of another output."""

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from regard.capture import capture
from regard.capture.kernel_lse import KernelLse, fitting, giving
from regard.record import Factored, MemorySource
from regard.testing import assert_weights_equal, tiny_model


def recomputed(layer):
    arrays = {name: layer.source.read(name, tuple(map(slice, layer.source.shape(name)))) for name in layer.arrays()[3:]}
    arrays = {name: array for name, array in arrays.items() if name != "lse"}
    return Factored(MemorySource(arrays), scale=layer.scale, mask=layer.mask, softcap=layer.softcap)


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "mistral", "bart", "t5"])
def test_it_is_in_the_record_and_agrees_with_the_recomputed_one(family, inputs_for):
    record = capture(tiny_model(family), **inputs_for(family))
    for attention in record.attentions.values():
        for layer in attention.layers:
            assert "lse" in layer.source.arrays()
            heads, queries = slice(0, layer.heads), slice(0, layer.queries)
            assert np.allclose(layer.rows_lse(heads, queries), recomputed(layer).rows_lse(heads, queries), atol=1e-5)


def test_rows_and_padding(inputs_for):
    ids = inputs_for("llama", rows=2)["input_ids"]
    mask = torch.ones_like(ids)
    mask[1, 8:] = 0
    model = tiny_model("llama")
    for record, length in zip(capture(model, input_ids=ids, attention_mask=mask), (13, 8), strict=True):
        assert record.attention().layers[0].source.shape("lse") == (4, length)
        assert np.allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-5)
    assert_weights_equal(record, capture(model, input_ids=ids[1:, :8]), atol=1e-5)


@pytest.mark.parametrize("family", ["gemma2", "gpt_oss"])
def test_a_kernel_that_gives_none_is_no_problem(family, inputs_for):
    record = capture(tiny_model(family), **inputs_for(family))
    assert "lse" not in record.attention().layers[0].source.arrays()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("case", ["plain", "causal", "grouped", "masked", "math"])
def test_the_output_is_bit_identical(case, dtype, mode):
    random = torch.Generator().manual_seed(0)
    query = torch.randn(2, 4, 33, 16, generator=random).to(dtype)
    key = torch.randn(2, 2 if case == "grouped" else 4, 33, 16, generator=random).to(dtype)
    value = key[..., :8] if case == "math" else key
    options = {
        "causal": {"is_causal": True},
        "grouped": {"enable_gqa": True},
        "masked": {"attn_mask": torch.rand(33, 33, generator=random) > 0.2},
    }.get(case, {})
    given = []
    with mode():
        alone = scaled_dot_product_attention(query, key, value, **options)
        with giving(lambda q, lse: given.append((q, lse))):
            watched = torch.nn.functional.scaled_dot_product_attention(query, key, value, **options)
    assert torch.equal(alone, watched)
    assert torch.nn.functional.scaled_dot_product_attention is scaled_dot_product_attention
    assert [q is query for q, _ in given] == ([] if case == "math" else [True])


def test_digits_decide_what_is_kept():
    assert fitting(torch.full((1, 2, 3), 31.0), 1, 2, 3).shape == (1, 2, 3)
    assert fitting(torch.full((1, 2, 3), 33.0), 1, 2, 3) is None
    assert fitting(torch.full((1, 2, 3), 33.0, dtype=torch.float64), 1, 2, 3) is not None
    assert fitting(torch.full((1, 2, 3), torch.inf), 1, 2, 3) is None
    assert fitting(torch.full((1, 2, 3), torch.nan), 1, 2, 3) is None
    assert fitting(torch.zeros(1, 2, 32), 1, 2, 3) is None
    assert fitting(None, 1, 2, 3) is None


def test_large_scores_are_left_to_the_record(inputs_for):
    model = tiny_model("llama", initializer_range=1.0)
    record = capture(model, **inputs_for("llama"))
    assert any("lse" not in layer.source.arrays() for layer in record.attention().layers)
    assert np.allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-5)


def test_it_is_a_mode_that_ends():
    states = torch.randn(1, 1, 4, 8)
    with KernelLse() as kernel, pytest.raises(RuntimeError):
        scaled_dot_product_attention(states, states[..., :3], states)
    assert kernel.lse is None
