"""Kinds of attention, and models of other shapes."""

import pytest
import torch
import transformers

from regard.capture import capture
from regard.capture.families import kind_of
from regard.errors import NoAttentionError
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
        ("model.visual.blocks.0.attn", False, False, None),
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
    assert record.tokens.pieces == ("0", "1", "2", "3", "4")
    model.set_attn_implementation("eager")
    assert_weights_equal(record, model(pixels, output_attentions=True).attentions)


def test_a_tower_beside_the_text_is_named():
    side = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.CLIPConfig(
        text_config={**side, "vocab_size": 99, "eos_token_id": 98, "max_position_embeddings": 16},
        vision_config={**side, "image_size": 8, "patch_size": 4},
        projection_dim=8,
    )
    model = transformers.CLIPModel(config).eval()
    with pytest.warns(UserWarning, match=r"1 attention calls of vision_model \(image or sound\) are not in the record"):
        record = capture(model, input_ids=torch.tensor([[5, 6, 98]]), pixel_values=torch.randn(1, 3, 8, 8))
    assert record.weights.shape == (1, 2, 3, 3)


def test_windows_on_the_batch_axis_are_refused():
    config = transformers.SwinConfig(image_size=16, patch_size=2, embed_dim=8, depths=[1], num_heads=[2], window_size=4)
    with pytest.raises(NoAttentionError, match=r"attention over 4 sequences for a batch of 1 \(windows or packed"):
        capture(transformers.SwinModel(config).eval(), pixel_values=torch.randn(1, 3, 16, 16))
