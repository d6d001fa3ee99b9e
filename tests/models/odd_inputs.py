"""Inputs of model types that want something of their own, as data: a maker each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from models.sizes import TOKENS, WIDTH

Inputs = dict[str, Any]


def _noise(*shape: int) -> Tensor:
    return torch.randn(*shape)


def _ids(*shape: int) -> Tensor:
    return torch.randint(10, 80, shape)


def _series(past: int = 11, future: int = 4) -> Inputs:
    """A time series with one feature of time; the past is as long as the context and the largest lag."""
    return {
        "past_values": _noise(1, past),
        "past_time_features": _noise(1, past, 1),
        "past_observed_mask": torch.ones(1, past),
        "future_values": _noise(1, future),
        "future_time_features": _noise(1, future, 1),
    }


def _actions() -> Inputs:
    return {
        "states": _noise(1, 4, 17),
        "actions": _noise(1, 4, 4),
        "rewards": _noise(1, 4, 1),
        "returns_to_go": _noise(1, 4, 1),
        "timesteps": torch.arange(4)[None],
        "attention_mask": torch.ones(1, 4, dtype=torch.long),
    }


def _flattened_patches() -> Tensor:
    """Patches with their row and column in front."""
    places = torch.cartesian_prod(torch.arange(1, 5), torch.arange(1, 5))[None]
    return torch.cat([places.float(), _noise(1, 16, 48)], dim=-1)


def _patched() -> Inputs:
    """A picture of 4 × 4 patches laid in one row."""
    return {"pixel_values": _noise(1, 3, 8, 128), "target_sizes": torch.tensor([[4, 4]])}


ODD: Mapping[str, Callable[[], Inputs]] = {
    "audio-spectrogram-transformer": lambda: {"input_values": _noise(1, 32, 16)},
    "autoformer": _series,
    "blip_2_qformer": lambda: {"query_embeds": _noise(1, 5, WIDTH), "encoder_hidden_states": _noise(1, 9, WIDTH)},
    "chameleon_vqgan": lambda: {"pixel_values": _noise(1, 3, 64, 64)},
    "clap": lambda: {"input_ids": _ids(1, TOKENS), "input_features": _noise(1, 1, 64, 64)},
    "decision_transformer": _actions,
    "dia": lambda: {"input_ids": _ids(1, TOKENS), "decoder_input_ids": _ids(1, 7, 9)},
    "dia_decoder": lambda: {"input_ids": _ids(1, 7, 9), "encoder_hidden_states": _noise(1, TOKENS, WIDTH)},
    "florence_vision": lambda: {"hidden_states": _noise(1, 3, 32, 32)},
    "gemma3n_audio": lambda: {"audio_mel": _noise(1, 64, 128), "audio_mel_mask": torch.zeros(1, 64, dtype=torch.bool)},
    "gemma4_audio": lambda: {
        "input_features": _noise(1, 64, 128),
        "attention_mask": torch.ones(1, 64, dtype=torch.bool),
    },
    "gemma4_vision": lambda: {
        "pixel_values": torch.rand(1, 36, 192),
        "pixel_position_ids": torch.cartesian_prod(torch.arange(6), torch.arange(6))[None],
    },
    "granite_speech_encoder": lambda: {"hidden_states": _noise(1, TOKENS, 160)},
    "granite_speech5_encoder": lambda: {"input_features": _noise(1, TOKENS, 320)},
    "granite_speech5_ctc": lambda: {"input_features": _noise(1, TOKENS, 320)},
    "granite_speech_plus_encoder": lambda: {"hidden_states": _noise(1, TOKENS, 160)},
    "idefics": lambda: {
        "input_ids": _ids(1, TOKENS),
        "pixel_values": _noise(1, 1, 3, 32, 32),
        "image_attention_mask": torch.ones(1, TOKENS, 1, dtype=torch.long),
    },
    "idefics2_perceiver": lambda: {
        "context": _noise(1, TOKENS, WIDTH),
        "attention_mask": torch.ones(1, TOKENS, dtype=torch.long),
    },
    "informer": _series,
    "kimi_k25_vision": lambda: {"pixel_values": _noise(64, 3, 8, 8), "grid_thw": torch.tensor([[1, 8, 8]])},
    "kosmos-2": lambda: {
        "input_ids": _ids(1, 16),
        "pixel_values": _noise(1, 3, 32, 32),
        "image_embeds_position_mask": (torch.arange(16) < 10)[None].long(),
    },
    "led": lambda: {
        "input_ids": _ids(1, TOKENS),
        "decoder_input_ids": _ids(1, 7),
        "global_attention_mask": (torch.arange(TOKENS) < 1)[None].long(),
    },
    "lightglue": lambda: {"pixel_values": _noise(1, 2, 3, 32, 32)},
    "longformer": lambda: {
        "input_ids": _ids(1, TOKENS),
        "global_attention_mask": (torch.arange(TOKENS) % 6 == 1)[None].long(),
    },
    "lxmert": lambda: {
        "input_ids": _ids(1, TOKENS),
        "visual_feats": _noise(1, 5, 32),
        "visual_pos": torch.rand(1, 5, 4),
    },
    "minicpm_ocr_vision": _patched,
    "minicpmv4_6_vision": _patched,
    "minicpmv4_7_vision": _patched,
    "mllama_vision_model": lambda: {
        "pixel_values": _noise(1, 1, 4, 3, 32, 32),
        "aspect_ratio_ids": torch.tensor([[1]]),
        "aspect_ratio_mask": torch.tensor([[[1, 0, 0, 0]]]),
    },
    "paddleocr_vl_vision": lambda: {
        "pixel_values": _noise(1, 64, 3, 8, 8),
        "cu_seqlens": torch.tensor([0, 64], dtype=torch.int32),
        "grid_thw": torch.tensor([[1, 8, 8]]),
    },
    "perceiver": lambda: {"inputs": _noise(1, TOKENS, WIDTH)},
    "molmo2_vision": lambda: {"pixel_values": _noise(1, 16, 192)},
    "moshi_depth": lambda: {"input_ids": _ids(1, 4), "last_hidden_state": _noise(1, 1, 4096)},
    "muse_glimmer_vision": lambda: {"pixel_values": _noise(64, 384), "grid_thw": torch.tensor([[1, 8, 8]])},
    "muse_spark_vision": lambda: {"pixel_values": _noise(64, 384), "grid_thw": torch.tensor([[1, 8, 8]])},
    "musicgen": lambda: {"input_ids": _ids(1, TOKENS), "decoder_input_ids": _ids(4, 7)},
    "musicgen_melody": lambda: {
        "input_ids": _ids(1, TOKENS),
        "input_features": _noise(1, 6, 12),
        "decoder_input_ids": _ids(4, 7),
    },
    "oneformer": lambda: {"pixel_values": _noise(1, 3, 32, 32), "task_inputs": _ids(1, 77)},
    "phi4_multimodal_audio": lambda: {
        "hidden_states": _noise(1, 64, 80),
        "mask": torch.ones(1, 64, dtype=torch.bool),
    },
    "pix2struct": lambda: {"flattened_patches": _flattened_patches(), "decoder_input_ids": _ids(1, 7)},
    "pix2struct_vision_model": lambda: {"flattened_patches": _flattened_patches()},
    "sam3_detr_encoder": lambda: {
        "vision_features": [_noise(1, WIDTH, 4, 4)],
        "text_features": _noise(1, 5, WIDTH),
    },
    "qwen2_5_omni_audio_encoder": lambda: {"input_features": _noise(128, 200), "feature_lens": torch.tensor([200])},
    "qwen3_asr_encoder": lambda: {
        "input_features": _noise(1, 128, 200),
        "input_features_mask": torch.ones(1, 200, dtype=torch.long),
    },
    "qwen3_omni_moe_audio_encoder": lambda: {"input_features": _noise(128, 200), "feature_lens": torch.tensor([200])},
    "rag": lambda: {
        "input_ids": _ids(1, TOKENS),
        "context_input_ids": _ids(5, TOKENS),
        "context_attention_mask": torch.ones(5, TOKENS, dtype=torch.long),
        "doc_scores": _noise(1, 5),
        "decoder_input_ids": _ids(1, 7),
    },
    "seggpt": lambda: {
        "pixel_values": _noise(1, 3, 32, 32),
        "prompt_pixel_values": _noise(1, 3, 32, 32),
        "prompt_masks": _noise(1, 3, 32, 32),
    },
    "siglip2_vision_model": lambda: {
        "pixel_values": _noise(1, 16, 192),
        "pixel_attention_mask": torch.ones(1, 16, dtype=torch.long),
        "spatial_shapes": torch.tensor([[4, 4]]),
    },
    "siglip2": lambda: {
        "input_ids": _ids(1, TOKENS),
        "pixel_values": _noise(1, 16, 192),
        "pixel_attention_mask": torch.ones(1, 16, dtype=torch.long),
        "spatial_shapes": torch.tensor([[4, 4]]),
    },
    "speecht5": lambda: {"input_values": _noise(1, TOKENS, WIDTH), "decoder_input_values": _noise(1, 7, WIDTH)},
    "superglue": lambda: {"pixel_values": _noise(1, 2, 3, 32, 32)},
    "time_series_transformer": _series,
    "timesfm": lambda: {
        "past_values": _noise(1, 64),
        "past_values_padding": torch.zeros(1, 64, dtype=torch.long),
        "freq": torch.zeros(1, 1, dtype=torch.long),
    },
    "timesfm2_5": lambda: {"past_values": _noise(1, 64)},
    "tvp": lambda: {"input_ids": _ids(1, TOKENS), "pixel_values": _noise(1, 4, 3, 448, 448)},
    "video_llama_3_vision": lambda: {
        "pixel_values": _noise(64, 192),
        "grid_thw": torch.tensor([[1, 8, 8]]),
        "merge_sizes": torch.tensor([1]),
    },
    "voxtral_realtime_text": lambda: {"inputs_embeds": _noise(1, TOKENS, WIDTH), "t_cond": _noise(1, 1, WIDTH)},
    "voxtral_realtime": lambda: {"input_ids": _ids(1, 8), "input_features": _noise(1, 128, 64)},
    "wav2vec2-bert": lambda: {"input_features": _noise(1, TOKENS, 160)},
    "xclip": lambda: {"input_ids": _ids(1, TOKENS), "pixel_values": _noise(1, 4, 3, 32, 32)},
    "xclip_vision_model": lambda: {"pixel_values": _noise(4, 3, 32, 32)},
}
"""Inputs by model type."""
