"""Tiny models with random weights, built from configurations: no download, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
import transformers

from regard.errors import not_one_of

VOCABULARY = 512


@dataclass(frozen=True)
class Family:
    """How a family's tiny model is built: its classes in transformers and the settings of its configuration.

    Weights start larger than in training, so that attention is far from uniform.
    """

    model: str
    config: str
    settings: dict[str, Any] = field(default_factory=dict)


_DECODER = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}

FAMILIES: dict[str, Family] = {
    "bert": Family(
        "BertModel",
        "BertConfig",
        {
            "vocab_size": VOCABULARY,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "max_position_embeddings": 256,
            "initializer_range": 0.3,
        },
    ),
    "gpt2": Family(
        "GPT2LMHeadModel",
        "GPT2Config",
        {
            "vocab_size": VOCABULARY,
            "n_embd": 32,
            "n_layer": 3,
            "n_head": 4,
            "n_positions": 256,
            "initializer_range": 0.3,
            "scale_attn_by_inverse_layer_idx": True,
            "bos_token_id": 1,
            "eos_token_id": 2,
        },
    ),
    "llama": Family("LlamaForCausalLM", "LlamaConfig", _DECODER),
    "mistral": Family("MistralForCausalLM", "MistralConfig", {**_DECODER, "sliding_window": 4}),
    "gemma2": Family(
        "Gemma2ForCausalLM",
        "Gemma2Config",
        {
            **_DECODER,
            "head_dim": 8,
            "query_pre_attn_scalar": 8,
            "sliding_window": 4,
            "attn_logit_softcapping": 2.0,
        },
    ),
    "gpt_oss": Family(
        "GptOssForCausalLM",
        "GptOssConfig",
        {**_DECODER, "head_dim": 8, "sliding_window": 4, "num_local_experts": 2, "num_experts_per_tok": 1},
    ),
    "bart": Family(
        "BartForConditionalGeneration",
        "BartConfig",
        {
            "vocab_size": VOCABULARY,
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 3,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 48,
            "decoder_ffn_dim": 48,
            "max_position_embeddings": 256,
            "init_std": 0.3,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 2,
            "forced_eos_token_id": None,
        },
    ),
    "t5": Family(
        "T5ForConditionalGeneration",
        "T5Config",
        {
            "vocab_size": VOCABULARY,
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 48,
            "num_layers": 2,
            "num_decoder_layers": 2,
            "num_heads": 4,
            "relative_attention_num_buckets": 8,
            "relative_attention_max_distance": 16,
            "initializer_factor": 1.0,
            "pad_token_id": 0,
            "eos_token_id": 2,
            "decoder_start_token_id": 0,
        },
    ),
}


def tiny_model(family: str, *, seed: int = 0, dtype: torch.dtype | None = None, **settings: Any) -> Any:
    """A tiny model of a family in :data:`FAMILIES`, in eval mode, with random weights that ``seed`` fixes.

    ``settings`` go to its configuration (``attn_implementation="eager"``, ``num_hidden_layers=1``); torch's own random
    state is left alone. Raises ``ArgumentError`` for an unknown family.
    """
    if family not in FAMILIES:
        raise not_one_of("tiny model", family, FAMILIES)
    found = FAMILIES[family]
    config = getattr(transformers, found.config)(**{**found.settings, **settings})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = getattr(transformers, found.model)(config)
    return model.to(dtype or torch.float32).eval()
