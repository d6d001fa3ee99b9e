"""The joined record is the one of a full pass over the finished text, whatever cache and search were used."""

import numpy as np
import pytest
import torch
import transformers

import regard
from regard.record import MaskRule
from regard.testing import tiny_model

FAMILIES = ("llama", "gpt2", "mistral", "gemma2", "gpt_oss", "bart", "t5")
WAYS = {
    "greedy": {},
    "sampling": {"do_sample": True, "temperature": 0.7, "top_k": 20},
    "several samples": {"do_sample": True, "num_return_sequences": 3},
    "beams": {"num_beams": 4, "num_return_sequences": 3},
    "sampled beams": {"num_beams": 3, "do_sample": True, "num_return_sequences": 2},
    "static cache": {"cache_implementation": "static"},
    "static cache, beams": {"cache_implementation": "static", "num_beams": 3},
    "prompt in chunks": {"prefill_chunk_size": 4},
}


def encoder_of(family, ids):
    return {"input_ids": ids} if family in ("bart", "t5") else {}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", WAYS)
def test_equals_one_full_pass_and_plain_generate(family, way, prompt_ids, equals_one_pass):
    if way == "prompt in chunks" and family in ("bart", "t5"):
        pytest.skip("an encoder-decoder's decoder begins with one token")
    model, settings = tiny_model(family), {"max_new_tokens": 9, **WAYS[way]}
    torch.manual_seed(3)
    plain = model.generate(prompt_ids, **settings)
    torch.manual_seed(3)
    found = regard.capture_generation(model, input_ids=prompt_ids, **settings)
    records = found if isinstance(found, list) else [found]
    assert len(records) == len(plain)
    for record, ids in zip(records, plain, strict=True):
        read, answer = record.streams["decoder"], record.generation.answer
        whole = [*read.ids, answer.ids[-1]]
        assert whole == ids[: len(whole)].tolist()
        assert whole[record.generation.border :] == list(answer.ids)
        assert not record.generation.rerun
        # gpt-oss multiplies its experts' rows together, so that a row's last digits depend on the batch
        atol = 3e-5 if family == "gpt_oss" else 1e-5
        equals_one_pass(model, record, atol=atol, **encoder_of(family, prompt_ids))


def test_beams_are_followed_through_their_reorderings(llama, prompt_ids, equals_one_pass):
    settings = {"max_new_tokens": 12, "num_beams": 5, "num_return_sequences": 5}
    output = llama.generate(prompt_ids, **settings, return_dict_in_generate=True, output_scores=True)
    assert any(len(set(row.tolist())) > 2 for row in output.beam_indices)
    records = regard.capture_generation(llama, input_ids=prompt_ids, **settings)
    for record, score in zip(records, output.sequences_scores.tolist(), strict=True):
        equals_one_pass(llama, record)
        assert record.generation.score == pytest.approx(score)
    assert len({tuple(record.generation.answer.ids) for record in records}) == 5


@pytest.mark.parametrize("family", ["mistral", "gemma2", "gpt_oss"])
@pytest.mark.parametrize("cache", [None, "static"])
def test_windows_show_only_in_the_steps_of_a_short_prompt(family, cache, equals_one_pass):
    model = tiny_model(family)
    ids = torch.tensor([[7, 8]])
    record = regard.capture_generation(model, input_ids=ids, max_new_tokens=8, cache_implementation=cache)
    equals_one_pass(model, record)
    assert record.attention().layer(0).mask == MaskRule(before=3, after=0)


def test_a_window_that_is_never_reached_is_causal():
    record = regard.capture_generation(tiny_model("mistral"), input_ids=torch.tensor([[7]]), max_new_tokens=3)
    assert record.attention().layer(0).mask == MaskRule(after=0)


@pytest.mark.parametrize("cache", [None, "static"])
def test_relative_bias_stays_linear(cache, prompt_ids):
    model = tiny_model("t5")
    record = regard.capture_generation(model, input_ids=prompt_ids, max_new_tokens=30, cache_implementation=cache)
    for layer in record.attention("decoder").layers:
        assert layer.shape("distance_bias") == (4, 2 * 30 - 1)
        assert layer.mask == MaskRule(after=0)


@pytest.mark.parametrize("kernel", ["eager", "sdpa"])
@pytest.mark.parametrize(("dtype", "atol"), [("float64", 1e-6), ("bfloat16", 6e-2)])
def test_other_kernels_and_dtypes(kernel, dtype, atol, prompt_ids, equals_one_pass):
    model = tiny_model("llama", dtype=getattr(torch, dtype), attn_implementation=kernel)
    record = regard.capture_generation(model, input_ids=prompt_ids, max_new_tokens=6)
    equals_one_pass(model, record, atol=atol)


def test_masks_that_depend_on_the_text_are_each_beams_own(equals_one_pass):
    config = transformers.DeepseekV32Config(
        vocab_size=128, hidden_size=32, intermediate_size=48, moe_intermediate_size=16, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=4, n_routed_experts=4, num_experts_per_tok=2, n_group=1,
        topk_group=1, n_shared_experts=1, first_k_dense_replace=1, kv_lora_rank=16, q_lora_rank=16,
        qk_rope_head_dim=8, qk_nope_head_dim=8, v_head_dim=12, index_topk=4, index_n_heads=16, index_head_dim=16,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, initializer_range=0.3,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.DeepseekV32ForCausalLM(config).eval()
    ids = torch.arange(11, 17)[None]
    for record in regard.capture_generation(
        model, input_ids=ids, max_new_tokens=8, num_beams=3, num_return_sequences=3
    ):
        full = equals_one_pass(model, record)
        for mine, theirs in zip(record.attention().layers, full.attention().layers, strict=True):
            whole = [slice(0, size) for size in theirs.shape("visible")]
            np.testing.assert_array_equal(mine.read("visible", whole), theirs.read("visible", whole))


def test_bias_by_key_alone_stays_linear(equals_one_pass):
    config = transformers.BloomConfig(
        vocab_size=128, hidden_size=32, n_layer=2, n_head=4, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        initializer_range=0.3,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.BloomForCausalLM(config).eval()
    ids = torch.arange(11, 17)[None]
    record = regard.capture_generation(model, input_ids=ids, max_new_tokens=8, num_beams=2)
    assert not record.generation.rerun
    equals_one_pass(model, record)
    assert record.attention().layer(0).shape("bias") == (4, 1, len(record.tokens))
