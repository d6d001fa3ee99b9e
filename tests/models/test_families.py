"""Telling families through the whole of the sweep: unchanged output, exact weights, kept as queries and keys."""

import pytest

from models.examine import examine
from models.finding import CAPTURED, NO_ATTENTION

REGISTRY = (
    "bert", "gpt2", "llama", "bart", "t5", "umt5", "gemma3_text", "qwen3", "deepseek_v3", "gpt_oss", "modernbert",
    "vit", "clip", "whisper", "wav2vec2", "swin", "qwen2_5_vl_vision", "falcon", "rag", "dia",
    "qwen2_5_omni_audio_encoder", "pix2struct", "sam2_hiera_det_model",
)  # fmt: skip
WRITTEN_OUT = (
    "bloom", "mpt", "gptj", "gpt_neox_japanese", "openai-gpt", "xlnet", "deberta", "deberta-v2", "roformer", "funnel",
    "prophetnet", "swinv2", "wavlm", "tapas", "xlm", "reformer", "sew-d",
    "canine", "cvt",
)  # fmt: skip


@pytest.mark.parametrize("model_type", REGISTRY + WRITTEN_OUT)
def test_captured_exactly(model_type):
    found = examine(model_type)
    assert (found.state, found.unchanged, found.factored) == (CAPTURED, True, True), found.notes
    assert found.exact, (found.error, found.notes)


@pytest.mark.parametrize("model_type", ["longformer", "led", "big_bird"])
def test_sparse_attention_is_kept_as_the_model_returns_it(model_type):
    found = examine(model_type)
    assert (found.state, found.unchanged, found.exact) == (CAPTURED, True, True), found.notes


@pytest.mark.parametrize("model_type", ["fnet", "mamba"])
def test_models_without_attention(model_type):
    assert examine(model_type).state == NO_ATTENTION
