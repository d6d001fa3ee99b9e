"""What rotary embedding did is known exactly: turned back, a product does not depend on where its tokens stand."""

import numpy as np
import pytest
import torch
import transformers

from regard.capture import capture, recording
from regard.capture.generation import capture_generation
from regard.capture.rotary import ROTATED
from regard.testing import tiny_model

SETTINGS = {
    "vocab_size": 512, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 4, "max_position_embeddings": 256, "initializer_range": 0.3, "pad_token_id": 0,
}  # fmt: skip
MOE = {"num_local_experts": 2, "num_experts_per_tok": 1}
LATENT = {
    "moe_intermediate_size": 16, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1,
    "first_k_dense_replace": 1, "q_lora_rank": 12, "kv_lora_rank": 12, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4,
    "v_head_dim": 8,
}  # fmt: skip
MORE = {
    "mixtral": MOE,
    "gpt_oss": {**MOE, "head_dim": 8},
    "gemma": {"head_dim": 8},
    "gemma2": {"head_dim": 8},
    "qwen3": {"head_dim": 8},
    "gpt_neox": {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}},
    "deepseek_v3": LATENT,
}


def model_of(family: str):
    config = transformers.AutoConfig.for_model(family, **SETTINGS, **MORE.get(family, {}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return transformers.AutoModelForCausalLM.from_config(config).eval()


@pytest.mark.parametrize("family", ROTATED)
def test_turned_back_products_do_not_depend_on_positions(family):
    """One token at every place: in the first layer only positions tell queries and keys apart."""
    record = capture(model_of(family), input_ids=torch.full((1, 12), 7))
    for head in range(4):
        found = [record.parts(0, head, query) for query in (3, 11)]
        content = np.concatenate([parts.content for parts in found])
        assert np.ptp(np.concatenate([parts.dot for parts in found])) > 1e-2
        np.testing.assert_allclose(content, content[0], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(found[0].turned[3], 0, atol=1e-12)


def test_pairs_are_named_with_their_angles():
    pairs = capture(tiny_model("llama"), input_ids=torch.arange(5, 12)[None]).parts(0, 0, 1).rotary
    assert pairs[:, :2].tolist() == [[0, 4], [1, 5], [2, 6], [3, 7]]
    np.testing.assert_allclose(pairs[:, 2], 10000.0 ** -(np.arange(4) / 4), rtol=1e-6)
    latent = capture(model_of("deepseek_v3"), input_ids=torch.arange(5, 12)[None]).parts(0, 0, 1).rotary
    assert latent[:, :2].tolist() == [[8, 10], [9, 11]]


@pytest.mark.parametrize("family", ["bert", "gpt2", "t5"])
def test_models_without_rotary_embedding_have_none(family, inputs_for):
    record = capture(tiny_model(family), **inputs_for(family))
    assert record.attentions[record.kinds[0]].layer(0).source.arrays().count("rotary") == 0


def test_positions_of_one_s_own_make_it_unknown():
    ids = torch.arange(5, 12)[None]
    record = capture(tiny_model("llama"), input_ids=ids, position_ids=torch.arange(7)[None] * 2)
    assert record.parts(0, 0, 1).rotary is None


def test_a_part_of_the_queries_knows_its_distances():
    ids = torch.full((1, 12), 7)
    whole, part = (capture(tiny_model("llama"), input_ids=ids, positions=run) for run in (None, slice(8, 12)))
    np.testing.assert_allclose(part.parts(0, 1, 2).content, whole.parts(0, 1, 10).content, atol=1e-6)
    assert part.parts(0, 1, 2).distance.tolist() == list(range(10, -2, -1))


def test_a_call_names_the_module_that_comes_next():
    calls = []
    model = tiny_model("bert")
    with torch.no_grad(), recording(model, calls.append):
        model(torch.arange(5, 12)[None])
    assert [call.output for call in calls] == [layer.attention.output.dense for layer in model.encoder.layer]


@pytest.mark.parametrize("settings", [{}, {"num_beams": 3}, {"cache_implementation": "static"}])
def test_an_answer_knows_it_as_one_full_pass_does(settings):
    model, prompt = tiny_model("llama"), torch.arange(5, 12)[None]
    written = capture_generation(model, input_ids=prompt, max_new_tokens=6, do_sample=False, **settings)
    whole = capture(model, input_ids=torch.tensor(written.tokens.ids)[None])
    for query in (3, 11):
        found, expected = written.parts(1, 2, query), whole.parts(1, 2, query)
        np.testing.assert_array_equal(found.rotary, expected.rotary)
        np.testing.assert_allclose(found.content, expected.content, atol=1e-4)
