"""Shapes of today's language models: weights equal the model's own, layers keep their numbers."""

from __future__ import annotations

import pytest
import torch
import transformers

import regard
from regard.errors import ArgumentError
from regard.testing import assert_weights_equal

BASE = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
MLA = {
    "num_key_value_heads": 4,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "first_k_dense_replace": 1,
    "n_group": 1,
    "topk_group": 1,
    "kv_lora_rank": 8,
    "q_lora_rank": 8,
    "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 4,
    "v_head_dim": 6,
}
SSM = {"mamba_d_state": 4, "mamba_d_conv": 2, "mamba_expand": 2}
IDS = torch.tensor([[5, 9, 33, 7, 7, 21, 40, 3, 11, 12, 50, 8]])


def built(cls: str, **settings):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        found = getattr(transformers, cls)
        model = found(found.config_class(**{**BASE, **settings})).eval()
        for name, parameter in model.named_parameters():
            if name.endswith("sinks"):
                torch.nn.init.normal_(parameter)
    return model


SHAPES = {
    "sinks, window in every other layer": (
        "GptOssForCausalLM",
        {"head_dim": 8, "sliding_window": 4, "num_local_experts": 2, "num_experts_per_tok": 1},
    ),
    "soft-cap, window in every other layer": (
        "Gemma2ForCausalLM",
        {"head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 4, "attn_logit_softcapping": 2.0},
    ),
    "QK norm, five windows to one global layer": (
        "Gemma3ForCausalLM",
        {"head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 4, "num_hidden_layers": 7},
    ),
    "QK norm, head wider than its share": ("Qwen3ForCausalLM", {"head_dim": 16}),
    "partial rotary": ("PhiForCausalLM", {"partial_rotary_factor": 0.5}),
    "partial rotary, packed projections": ("Phi3ForCausalLM", {"partial_rotary_factor": 0.5}),
    "partial rotary in pairs": ("GlmForCausalLM", {"head_dim": 8, "partial_rotary_factor": 0.5}),
    "queries and keys wider than values": ("DeepseekV3ForCausalLM", MLA),
    "queries and keys wider than values, older": ("DeepseekV2ForCausalLM", MLA),
    "chunks, no rotary in every fourth layer": (
        "Llama4ForCausalLM",
        {
            "head_dim": 8,
            "attention_chunk_size": 4,
            "num_local_experts": 2,
            "num_experts_per_tok": 1,
            "intermediate_size_mlp": 32,
        },
    ),
    "one key head": ("GemmaForCausalLM", {"num_key_value_heads": 1, "head_dim": 8}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_weights_are_the_models_own(name):
    cls, settings = SHAPES[name]
    model = built(cls, **settings)
    record = regard.capture(model, input_ids=IDS)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        expected = model(input_ids=IDS, output_attentions=True).attentions
    assert len(expected) == len(record.attention().layers)
    assert_weights_equal(record, expected)


def layers_of(name: str):
    cls, settings = SHAPES[name]
    return regard.capture(built(cls, **settings), input_ids=IDS).attention().layers


def test_windows_sinks_and_soft_caps_are_in_the_record():
    mixed = layers_of("sinks, window in every other layer")
    assert [layer.mask.before for layer in mixed] == [3, None, 3, None]
    assert all("sink" in layer.source.arrays() for layer in mixed)
    mostly = layers_of("QK norm, five windows to one global layer")
    assert [layer.mask.before for layer in mostly] == [3, 3, 3, 3, 3, None, 3]
    assert [layer.softcap for layer in layers_of("soft-cap, window in every other layer")] == [2.0] * 4


HYBRIDS = {
    "JambaForCausalLM": (
        {"attn_layer_period": 4, "attn_layer_offset": 2, "num_experts": 2, "num_experts_per_tok": 1, **SSM},
        (2,),
    ),
    "Qwen3NextForCausalLM": (
        {
            "head_dim": 8,
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 2,
            "linear_key_head_dim": 8,
            "linear_value_head_dim": 8,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 16,
            "shared_expert_intermediate_size": 16,
        },
        (3,),
    ),
    "BambaForCausalLM": (
        {"attn_layer_indices": [1], "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 1, **SSM},
        (1,),
    ),
    "RecurrentGemmaForCausalLM": (
        {"lru_width": 32, "attention_window_size": 8, "block_types": ["recurrent", "recurrent", "attention"]},
        (2,),
    ),
    "Lfm2ForCausalLM": ({"layer_types": ["conv", "full_attention", "conv", "full_attention"]}, (1, 3)),
}


@pytest.mark.parametrize("name", HYBRIDS)
def test_layers_without_attention_keep_their_numbers(name):
    settings, present = HYBRIDS[name]
    attention = regard.capture(built(name, **settings), input_ids=IDS).attention()
    assert attention.present == present
    assert len(attention.layers) == 4
    with pytest.raises(ArgumentError, match="layer 0 has no attention matrix"):
        attention.layer(0)
