"""Layers over sequences of several lengths, and sequences that make up one row."""

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from regard.capture import capture
from regard.testing import assert_weights_equal, tiny_model

IDS = torch.arange(5, 13)[None]


def funnel(**sizes):
    torch.manual_seed(0)
    config = transformers.FunnelConfig(
        vocab_size=99, d_model=16, n_head=2, d_head=8, d_inner=16, num_decoder_layers=1, **sizes
    )
    return transformers.FunnelModel(config).eval()


def test_the_record_holds_the_layers_over_the_tokens():
    said = (
        r"encoder attention is over sequences of several lengths: the record holds the 2 layers of 8 queries × 8 keys; "
        r"not in the record: layers 2, 3 \(4 × 4\); 1 \(4 × 8\). To have some of these, capture with layers=\[2, 3\]"
    )
    with pytest.warns(UserWarning, match=said):
        record = capture(funnel(block_sizes=[1, 3]), input_ids=IDS)
    assert record.attention().present == (0, 4)
    assert record.weights.shape == (5, 2, 8, 8)


@pytest.mark.parametrize(("layers", "shape"), [([2, 3], (4, 4)), ([1], (4, 8))])
def test_layers_of_other_lengths_on_request(layers, shape):
    model = funnel(block_sizes=[1, 3])
    with torch.no_grad():
        expected = model(IDS, output_attentions=True).attentions
    record = capture(model, input_ids=IDS, layers=layers)
    assert (record.attention().present, record.weights.shape[2:]) == (tuple(layers), shape)
    for number in layers:
        np.testing.assert_allclose(record.weights[number, :, :, :], expected[number][0].numpy(), atol=1e-5)


class Halves(nn.Module):
    """A model that reads the two halves of a text apart."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids):
        return self.inner(input_ids.reshape(2, -1)).last_hidden_state


def test_causal_sequences_that_make_up_one_row():
    inner = tiny_model("llama").model
    record = capture(Halves(inner), input_ids=IDS)
    expected = np.zeros(record.weights.shape)
    for half in (slice(0, 4), slice(4, 8)):
        expected[:, :, half, half] = np.asarray(capture(inner, input_ids=IDS[:, half]).weights)
    assert_weights_equal(record, list(expected))
