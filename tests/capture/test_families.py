"""Kinds of attention, and models of other shapes."""

import numpy as np
import pytest
import torch
import transformers

from regard.capture import capture
from regard.capture.families import kind_of
from regard.record import MaskRule
from regard.testing import assert_weights_equal, tiny_model


@pytest.mark.parametrize(
    ("path", "two", "causal", "kind"),
    [
        ("model.decoder.layers.0.self_attn", True, True, "decoder"),
        ("model.encoder.layers.0.self_attn", True, False, "encoder"),
        ("model.decoder.layers.0.encoder_attn", True, False, "cross"),
        ("decoder.block.0.layer.1.EncDecAttention", True, False, "cross"),
        ("decoder.bert.encoder.layer.0.attention.self", True, True, "decoder"),
        ("encoder.encoder.layer.0.attention.self", True, False, "encoder"),
        ("text_decoder.layers.0.self_attn", True, True, "decoder"),
        ("encoder.layer.0.attention.self", False, False, "encoder"),
        ("encoder.layer.0.crossattention.self", False, False, "cross"),
        ("model.decoder.layers.0.self_attn", False, True, "decoder"),
        ("model.visual.blocks.0.attn", False, False, "vision"),
        ("model.audio_tower.layers.0.self_attn", False, False, "audio"),
        ("qformer.encoder.layer.0.crossattention", False, False, None),
    ],
)
def test_kinds(path, two, causal, kind):
    assert kind_of(path=path, encoder_decoder=two, cross=False, causal=causal, text=True) == kind


def test_a_module_that_says_it_is_cross_attention():
    assert kind_of(path="x", encoder_decoder=False, cross=True, causal=True, text=True) == "cross"


def test_an_encoder_alone():
    model = tiny_model("bart").model.encoder
    record = capture(model, input_ids=torch.arange(5, 12)[None])
    assert record.kinds == ("encoder",)
    assert record.weights.shape == (2, 4, 7, 7)


def test_a_decoder_over_states_of_another_model():
    model = tiny_model("bert", is_decoder=True, add_cross_attention=True)
    states, mask = torch.randn(2, 5, 32), torch.tensor([[1] * 5, [1, 1, 1, 0, 0]])
    records = capture(
        model, input_ids=torch.arange(5, 13).reshape(2, 4), encoder_hidden_states=states, encoder_attention_mask=mask
    )
    assert [record.kinds for record in records] == [("decoder", "cross")] * 2
    assert [record.attention("cross").weights.shape for record in records] == [(3, 4, 4, 5), (3, 4, 4, 3)]


def test_images_are_numbered_patches():
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4,
        initializer_range=0.3,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.ViTModel(config).eval()
    pixels = torch.randn(1, 3, 8, 8)
    record = capture(model, pixel_values=pixels)
    assert record.tokens.labels == ("[CLS]", "patch 0,0", "patch 0,1", "patch 1,0", "patch 1,1")
    model.set_attn_implementation("eager")
    assert_weights_equal(record, model(pixels, output_attentions=True).attentions)


def swin(**settings):
    torch.manual_seed(0)
    config = transformers.SwinConfig(
        image_size=16, patch_size=2, embed_dim=8, depths=[2], num_heads=[2], window_size=4, **settings
    )
    model = transformers.SwinModel(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


def test_windows_lie_side_by_side():
    pixels = torch.randn(1, 3, 16, 16)
    attention = capture(swin(), pixel_values=pixels).attention()
    assert attention.weights.shape == (2, 2, 64, 64)
    assert [layer.mask for layer in attention.layers] == [MaskRule(chunk=16)] * 2
    expected = []
    for module in (model := swin(attn_implementation="eager")).modules():
        if type(module).__name__ == "SwinAttention":
            module.register_forward_hook(lambda _module, _args, output: expected.append(output[1]))
    with torch.no_grad():
        model(pixels)
    assert len(expected) == 2
    for layer, weights in zip(attention.layers, expected, strict=True):
        found = layer.read("weights", [slice(0, n) for n in layer.shape("weights")])
        for window in range(4):
            at = slice(16 * window, 16 * window + 16)
            np.testing.assert_allclose(found[:, at, at], weights[window].numpy(), atol=1e-5)
        assert np.count_nonzero(found) <= 2 * 4 * 16 * 16


def test_windows_of_two_pictures_are_those_of_their_rows():
    pixels = torch.randn(2, 3, 16, 16)
    records = capture(swin(), pixel_values=pixels)
    for row, record in enumerate(records):
        assert_weights_equal(record, capture(swin(), pixel_values=pixels[row : row + 1]))


def test_layers_without_attention_keep_their_numbers():
    torch.manual_seed(0)
    config = transformers.JambaConfig(
        vocab_size=99, hidden_size=16, intermediate_size=16, num_hidden_layers=4, num_attention_heads=2,
        num_key_value_heads=1, attn_layer_period=3, attn_layer_offset=1, num_experts=2, mamba_d_state=4,
        mamba_dt_rank=4, use_mamba_kernels=False,
    )  # fmt: skip
    record = capture(transformers.JambaModel(config).eval(), input_ids=torch.arange(5, 10)[None])
    assert record.attention().present == (1,)
    assert record.weights.shape == (4, 2, 5, 5)
    only = capture(transformers.JambaModel(config).eval(), input_ids=torch.arange(5, 10)[None], layers=[1])
    assert only.attention().present == (1,)
