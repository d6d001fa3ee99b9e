"""Sparse attention that a model returns in a form of its own: Longformer, LED, BigBird."""

import numpy as np
import pytest
import torch
import transformers

from models.sliding import spelled_out
from regard.capture import capture
from regard.capture.generation import capture_generation
from regard.errors import ArgumentError, NoAttentionError
from regard.record import Dense, Factored
from regard.testing import assert_weights_equal

IDS = torch.arange(5, 16)[None]


def spread(model):
    torch.manual_seed(0)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.4)
    return model.eval()


def longformer():
    return spread(
        transformers.LongformerModel(
            transformers.LongformerConfig(
                vocab_size=99, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
                attention_window=[4, 6], max_position_embeddings=64, pad_token_id=1,
            )
        )
    )  # fmt: skip


@pytest.mark.parametrize("places", [(), (0,), (2, 7)])
def test_longformer_windows_and_global_tokens(places):
    model = longformer()
    mask = torch.zeros_like(IDS)
    mask[0, list(places)] = 1
    inputs = {"input_ids": IDS, "global_attention_mask": mask}
    record = capture(model, **inputs)
    with torch.no_grad():
        output = model(**inputs, output_attentions=True)
    for number, reach in enumerate((2, 3)):
        of_global = output.global_attentions[number][0] if places else None
        expected = spelled_out(output.attentions[number][0], of_global, reach, places).numpy()
        layer = record.attention().layer(number)
        assert isinstance(layer, Dense)
        np.testing.assert_allclose(record.weights[number, :, :, :], expected, atol=1e-7)
        np.testing.assert_allclose(record.weights[number, 1, 3:9, 2:5], expected[1, 3:9, 2:5], atol=1e-7)
        np.testing.assert_allclose(expected.sum(-1), 1, atol=1e-5)


def test_padding_of_windows_is_left_out():
    model, mask = longformer(), (torch.arange(11) < 8)[None].long()
    record = capture(model, input_ids=IDS.where(mask.bool(), 1), attention_mask=mask)
    assert record.weights.shape == (2, 2, 8, 8)
    np.testing.assert_allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-5)
    hole = torch.ones(1, 11, dtype=torch.long)
    hole[0, 4] = 0
    with pytest.raises(NoAttentionError, match="padding of row 0 lies between its tokens"):
        capture(model, input_ids=IDS, attention_mask=hole)


def led(cls):
    config = transformers.LEDConfig(
        vocab_size=99, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, attention_window=[4],
        max_encoder_position_embeddings=64, max_decoder_position_embeddings=64,
    )  # fmt: skip
    return spread(cls(config))


def test_led_encoder_beside_its_decoder():
    model = led(transformers.LEDModel)
    record = capture(model, input_ids=IDS, decoder_input_ids=IDS[:, :5])
    assert {kind: a.weights.shape for kind, a in record.attentions.items()} == {
        "encoder": (1, 2, 11, 11),
        "decoder": (1, 2, 5, 5),
        "cross": (1, 2, 5, 11),
    }
    with torch.no_grad():
        output = model(input_ids=IDS, decoder_input_ids=IDS[:, :5], output_attentions=True)
    assert {kind: type(a.layer(0)) for kind, a in record.attentions.items()} == {
        "encoder": Dense,
        "decoder": Factored,
        "cross": Factored,
    }
    assert_weights_equal(record.attention("decoder"), output.decoder_attentions)
    assert_weights_equal(record.attention("cross"), output.cross_attentions)


def test_an_answer_is_without_an_encoder_of_windows():
    with pytest.warns(UserWarning, match="LEDForConditionalGeneration puts the attention of its encoder together only"):
        record = capture_generation(led(transformers.LEDForConditionalGeneration), input_ids=IDS, max_new_tokens=2)
    assert record.kinds == ("decoder", "cross")


def test_a_part_of_finished_weights_is_whole_layers():
    model = longformer()
    assert capture(model, input_ids=IDS, layers=[1]).attention().present == (1,)
    with pytest.raises(ArgumentError, match="LongformerModel gives finished weights, of which only whole layers are"):
        capture(model, input_ids=IDS, heads=[0])
    with pytest.raises(ArgumentError, match="of which only whole layers are kept; leave out heads and positions"):
        capture(model, input_ids=IDS, positions=slice(0, 3))


def test_bigbird_blocks_are_put_together_by_the_model():
    config = transformers.BigBirdConfig(
        vocab_size=99, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=128, block_size=4, num_random_blocks=1, attention_type="block_sparse",
    )  # fmt: skip
    model, ids = spread(transformers.BigBirdModel(config)), torch.arange(64)[None] % 90 + 5
    with torch.no_grad():
        expected = model(ids, output_attentions=True).attentions
    record = capture(model, input_ids=ids)
    np.testing.assert_array_equal(record.weights[0, :, :, :], expected[0][0].numpy())
