"""What today's language models do to attention, as the record holds it."""

import numpy as np
import pytest
import torch

from models.build import build
from models.examine import examine
from models.sizes import HEAD_WIDTH, HEADS
from regard.capture import capture
from regard.record import MaskRule


def layers(model_type):
    built = build(model_type)
    record = capture(built.model, **built.inputs)
    return record.attention("decoder").layers


def held(layer, array):
    return layer.read(array, [slice(0, n) for n in layer.shape(array)])


@pytest.mark.parametrize(
    ("model_type", "kv_heads"), [("llama", 4), ("mistral", 2), ("qwen3", 4), ("gemma", 4), ("gpt_bigcode", 1)]
)
def test_key_heads_are_those_of_the_model(model_type, kv_heads):
    assert {(layer.heads, layer.kv_heads) for layer in layers(model_type)} == {(HEADS, kv_heads)}


@pytest.mark.filterwarnings("ignore:router choices")  # shrunk to routers that choose none
@pytest.mark.parametrize("model_type", ["deepseek_v2", "deepseek_v3", "deepseek_v32", "longcat_flash", "minicpm3"])
def test_latent_attention_has_wider_keys_than_values(model_type):
    found = [layer for layer in layers(model_type) if layer is not None]
    assert {layer.d_head for layer in found} == {HEAD_WIDTH + HEAD_WIDTH // 2}
    assert examine(model_type).exact


@pytest.mark.parametrize(
    ("model_type", "masks"),
    [
        ("mistral", [MaskRule(before=3, after=0)] * 2),
        ("gemma2", [MaskRule(before=3, after=0), MaskRule(after=0)]),
        ("gemma3_text", [MaskRule(before=3, after=0), MaskRule(after=0)]),
        ("cohere2", [MaskRule(before=3, after=0), MaskRule(after=0)]),
        ("gpt_oss", [MaskRule(before=3, after=0), MaskRule(after=0)]),
        ("llama4_text", [MaskRule(after=0, chunk=4), MaskRule(after=0)]),
        ("gpt_neo", [MaskRule(after=0), MaskRule(before=3, after=0)]),
    ],
)
def test_windows_and_chunks_are_rules(model_type, masks):
    assert [layer.mask for layer in layers(model_type)] == masks


def test_soft_caps():
    assert {layer.softcap for layer in layers("gemma2")} == {50.0}


@pytest.mark.parametrize("model_type", ["gpt_oss", "granite_swa", "granitemoe_swa", "inkling2_text"])
def test_sinks_take_mass(model_type):
    built = build(model_type)
    for name, parameter in built.model.named_parameters():
        if name.endswith("sinks"):
            torch.nn.init.normal_(parameter)
    for layer in capture(built.model, **built.inputs).attention().layers:
        assert held(layer, "sink").shape == (HEADS,)
        assert (held(layer, "weights").sum(-1) < 1).all()
    assert examine(model_type).exact


@pytest.mark.parametrize(
    "model_type", ["qwen3", "gemma3_text", "olmo2", "cohere2", "phi", "gpt_neox", "stablelm", "glm4"]
)
def test_normalised_and_partly_rotated_queries_are_those_that_the_kernel_saw(model_type):
    assert examine(model_type).exact


@pytest.mark.parametrize(
    ("model_type", "present", "count"),
    [
        ("jamba", (1, 3), 4),
        ("bamba", (1,), 3),
        ("qwen3_next", (1,), 2),
        ("recurrent_gemma", (2,), 3),
        ("granitemoehybrid", (1,), 2),
        ("nemotron_h", (2,), 4),
        ("lfm2_moe", (1,), 2),
        ("minimax", (0,), 2),
    ],
)
def test_layers_without_attention_keep_their_numbers(model_type, present, count):
    found = layers(model_type)
    assert tuple(i for i, layer in enumerate(found) if layer is not None) == present
    assert len(found) == count


def test_sparse_top_k_is_what_is_visible():
    for layer in layers("deepseek_v32"):
        seen = (held(layer, "weights") > 0).sum(-1)
        assert (seen == np.minimum(np.arange(seen.shape[1]) + 1, 4)).all()
