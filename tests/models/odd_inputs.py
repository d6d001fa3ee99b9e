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


ODD: Mapping[str, Callable[[], Inputs]] = {
    "audio-spectrogram-transformer": lambda: {"input_values": _noise(1, 32, 16)},
    "autoformer": _series,
    "blip_2_qformer": lambda: {"query_embeds": _noise(1, 5, WIDTH), "encoder_hidden_states": _noise(1, 9, WIDTH)},
    "chameleon_vqgan": lambda: {"pixel_values": _noise(1, 3, 64, 64)},
    "decision_transformer": _actions,
    "dia": lambda: {"input_ids": _ids(1, TOKENS), "decoder_input_ids": _ids(1, 7, 9)},
    "dia_decoder": lambda: {"input_ids": _ids(1, 7, 9), "encoder_hidden_states": _noise(1, TOKENS, WIDTH)},
    "gemma3n_audio": lambda: {"audio_mel": _noise(1, 64, 128), "audio_mel_mask": torch.zeros(1, 64, dtype=torch.bool)},
    "granite_speech_encoder": lambda: {"hidden_states": _noise(1, TOKENS, 160)},
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
    "kosmos-2": lambda: {
        "input_ids": _ids(1, 16),
        "pixel_values": _noise(1, 3, 32, 32),
        "image_embeds_position_mask": (torch.arange(16) < 10)[None].long(),
    },
    "lightglue": lambda: {"pixel_values": _noise(1, 2, 3, 32, 32)},
    "lxmert": lambda: {
        "input_ids": _ids(1, TOKENS),
        "visual_feats": _noise(1, 5, 32),
        "visual_pos": torch.rand(1, 5, 4),
    },
    "mllama_vision_model": lambda: {
        "pixel_values": _noise(1, 1, 4, 3, 32, 32),
        "aspect_ratio_ids": torch.tensor([[1]]),
        "aspect_ratio_mask": torch.tensor([[[1, 0, 0, 0]]]),
    },
    "perceiver": lambda: {"inputs": _noise(1, TOKENS, WIDTH)},
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
    "wav2vec2-bert": lambda: {"input_features": _noise(1, TOKENS, 160)},
}
"""Inputs by model type."""
