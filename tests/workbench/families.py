"""Tiny models that write, of the families whose searches differ: forced languages, several start tokens, sounds."""

from __future__ import annotations

from typing import Any

import torch
import transformers

from regard.testing import tiny_model

_TEXT = {
    "vocab_size": 96,
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "max_position_embeddings": 64,
    "init_std": 0.6,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "forced_eos_token_id": None,
}
_T5 = {
    "vocab_size": 96,
    "d_model": 16,
    "d_kv": 8,
    "d_ff": 24,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_heads": 2,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
    "initializer_factor": 2.0,
}
BUILT: dict[str, tuple[str, dict[str, Any]]] = {
    "Bart": ("BartForConditionalGeneration", {**_TEXT, "decoder_start_token_id": 2}),
    "MBart": ("MBartForConditionalGeneration", {**_TEXT, "decoder_start_token_id": 2}),
    "Marian": ("MarianMTModel", {**_TEXT, "decoder_start_token_id": 1}),
    "Pegasus": ("PegasusForConditionalGeneration", {**_TEXT, "decoder_start_token_id": 1}),
    "M2M100": ("M2M100ForConditionalGeneration", {**_TEXT, "decoder_start_token_id": 2}),
    "T5": ("T5ForConditionalGeneration", _T5),
    "MT5": ("MT5ForConditionalGeneration", _T5),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "MBart": {"forced_bos_token_id": 40, "length_penalty": 0.7},
    "M2M100": {"forced_bos_token_id": 41, "early_stopping": True},
    "Pegasus": {"length_penalty": 2.0, "no_repeat_ngram_size": 2},
    "T5": {"early_stopping": True},
    "Marian": {"bad_words_ids": [[1]]},
}


def built(family: str, seed: int = 0) -> Any:
    """A tiny encoder-decoder of that family with random weights."""
    name, settings = BUILT[family]
    model_class = getattr(transformers, name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return model_class(model_class.config_class(**settings)).eval()


def whisper(positions: int = 30) -> Any:
    """A tiny Whisper with two start tokens and suppressed ones, which hears twice as many steps as it has positions."""
    settings = {
        **{
            name: value
            for name, value in _TEXT.items()
            if name not in ("max_position_embeddings", "forced_eos_token_id")
        },
        "num_mel_bins": 8,
        "max_source_positions": positions,
        "max_target_positions": 40,
        "decoder_start_token_id": 90,
        "suppress_tokens": None,
        "begin_suppress_tokens": None,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = transformers.WhisperForConditionalGeneration(transformers.WhisperConfig(**settings)).eval()
    own = {
        "suppress_tokens": [7, 9],
        "begin_suppress_tokens": [2],
        "no_timestamps_token_id": 91,
        "is_multilingual": False,
        "alignment_heads": [[0, 1], [1, 0]],
    }
    for name, value in own.items():
        setattr(model.generation_config, name, value)
    return model


def sound() -> dict[str, torch.Tensor]:
    """Mel features of a short sound for it."""
    return {"input_features": torch.randn(1, 8, 60, generator=torch.Generator().manual_seed(1))}


def processor() -> Any:
    """What makes spectra of a second of sound for a Whisper of 50 positions, and words of its tokens."""
    own = {2: "<|endoftext|>", 90: "<|startoftranscript|>", 91: "<|notimestamps|>"}
    words = {own.get(number, chr(33 + number)): number for number in range(96)}
    extractor = transformers.WhisperFeatureExtractor(feature_size=8, chunk_length=1)
    return transformers.WhisperProcessor(extractor, transformers.WhisperTokenizer(vocab=words, merges=[]))


def captioner() -> Any:
    """A vision encoder-decoder: a tiny ViT read by a tiny GPT-2."""
    vit = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, image_size=16, patch_size=8
    )
    gpt = transformers.GPT2Config(
        vocab_size=96,
        n_embd=16,
        n_layer=2,
        n_head=2,
        n_positions=64,
        add_cross_attention=True,
        is_decoder=True,
        bos_token_id=0,
        eos_token_id=2,
        initializer_range=0.6,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(vit, gpt)
        config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 0, 1, 2
        model = transformers.VisionEncoderDecoderModel(config).eval()
    model.generation_config.update(decoder_start_token_id=0, pad_token_id=1, eos_token_id=2)
    return model


def picture() -> dict[str, torch.Tensor]:
    """Pixels for it."""
    return {"pixel_values": torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))}


def model_and_source(family: str) -> tuple[Any, Any]:
    """A tiny model and something that it can answer."""
    if family == "Whisper":
        return whisper(), sound()
    if family == "VisionEncoderDecoder":
        return captioner(), picture()
    if family in BUILT:
        return built(family), [11, 25, 33, 8, 60, 2]
    return tiny_model(family), [11, 25, 33, 8, 60]


FAMILIES = (*BUILT, "Whisper", "VisionEncoderDecoder", "llama", "gpt2", "mistral", "gpt_oss")
