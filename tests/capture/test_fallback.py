"""Models that compute attention in their own code."""

import pytest
import torch
import transformers
from torch import nn

from regard.capture import capture
from regard.errors import NoAttentionError
from regard.record import Dense
from regard.testing import assert_causal, assert_rows_sum_to_one, assert_weights_equal

IDS = torch.tensor([[5, 6, 7, 8]])


def built(name, config, **settings):
    torch.manual_seed(0)
    return getattr(transformers, name)(getattr(transformers, config)(**settings)).eval()


class Opaque(nn.Module):
    """Causal attention by no function that is followed: the weights are exponentials divided by their sum."""

    config = transformers.GPT2Config()
    is_causal = True

    def forward(self, input_ids, attention_mask=None, output_attentions=False):
        states = torch.stack([torch.sin(input_ids * (i + 1.0)) for i in range(4)], dim=-1)
        heads = torch.stack([states, -states], dim=1)
        weights = torch.tril(torch.exp(heads @ heads.mT))
        if attention_mask is not None:
            weights = weights * attention_mask[:, None, None]
        weights = weights / weights.sum(-1, keepdim=True)
        return transformers.modeling_outputs.BaseModelOutput(
            last_hidden_state=weights @ heads, attentions=(weights, weights) if output_attentions else None
        )


def test_weights_that_the_model_returns_are_kept():
    record = capture(Opaque(), input_ids=IDS)
    assert record.kinds == ("decoder",)
    assert all(isinstance(layer, Dense) for layer in record.attention().layers)
    assert_weights_equal(record, Opaque()(IDS, output_attentions=True).attentions, atol=0)
    assert_rows_sum_to_one(record)
    assert_causal(record)


def test_padding_is_left_out_of_them():
    ids = torch.tensor([[5, 6, 7, 8], [5, 6, 0, 0]])
    records = capture(Opaque(), input_ids=ids, attention_mask=(ids != 0).long())
    assert [record.weights.shape for record in records] == [(2, 2, 4, 4), (2, 2, 2, 2)]
    assert_weights_equal(records[1], capture(Opaque(), input_ids=ids[1:, :2]))


def test_a_model_that_returned_them_by_itself_runs_once():
    model = Opaque()
    runs = []
    model.register_forward_hook(lambda *_: runs.append(1))
    capture(model, input_ids=IDS, output_attentions=True)
    assert len(runs) == 1
    capture(model, input_ids=IDS)
    assert len(runs) == 3


def test_a_model_without_attention():
    model = built("FNetModel", "FNetConfig", vocab_size=99, hidden_size=16, num_hidden_layers=1, intermediate_size=16)
    with pytest.raises(NoAttentionError, match=r"FNetModel \(fnet\) ran with .*attn_implementation='eager'; a model"):
        capture(model, input_ids=IDS)


def test_a_module_that_is_no_hugging_face_model():
    class Plain(nn.Module):
        def forward(self, x):
            return x

    with pytest.raises(NoAttentionError, match=r"Plain ran, but it called no attention .* regard\.from_weights or"):
        capture(Plain(), x=torch.ones(1, 2))


def test_weights_of_another_shape():
    class Odd(nn.Module):
        config = transformers.BertConfig()

        def forward(self, input_ids):
            return transformers.modeling_outputs.BaseModelOutput(attentions=(torch.ones(1, 2, 4, 9),))

    with pytest.raises(NoAttentionError, match=r"Odd \(bert\) returns encoder attention of shape \[1, 2, 4, 9\], not"):
        capture(Odd(), input_ids=IDS)
