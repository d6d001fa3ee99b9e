"""Attention functions that are called in ways nobody knows: a clear error, and a model that is as it was."""

import pytest
import torch
from torch import nn
from transformers.modeling_utils import AttentionInterface

from regard.capture import capture
from regard.errors import ArgumentError, NoAttentionError

IDS = torch.arange(5, 12)[None]

CALLS = {
    "states alone": lambda call, query: call(query.transpose(1, 2).flatten(2)),
    "other names": lambda call, query: call(q=query, k=query, v=query),
    "heads not apart": lambda call, query: call(*[query.transpose(1, 2).flatten(2)] * 3, None),
    "nested": lambda call, query: call({"query": query}, {"key": query}, query),
    "scaling in words": lambda call, query: call(query, query, query, None, scaling="large"),
}


class OwnCall(nn.Module):
    """Attention that calls transformers' attention function in its own way."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    def forward(self, hidden_states, **_kwargs):
        function = AttentionInterface().get_interface("regard_test", None)
        query = hidden_states.unflatten(-1, (4, -1)).transpose(1, 2)
        return self.how(lambda *args, **kwargs: function(self, *args, **kwargs), query), None


@pytest.fixture
def calling(llama, monkeypatch):
    def function(*_args, **_kwargs):
        return torch.zeros(1, 7, 32)

    monkeypatch.setitem(AttentionInterface._global_mapping, "regard_test", function)

    def model(how):
        for layer in llama.model.layers:
            layer.self_attn = OwnCall(how)
        return llama

    return model


@pytest.mark.parametrize("name", CALLS)
def test_signatures_that_nobody_knows(name, calling):
    model, before = calling(CALLS[name]), AttentionInterface.get_interface
    message = (
        r"model\.layers\.0\.self_attn: the attention function 'regard_test' was called with an unknown signature \(.*"
        r"regard knows query \[batch, head, query, d_head\].*regard\.capture_calls sees what torch computes inside"
    )
    with pytest.raises(NoAttentionError, match=message):
        capture(model, input_ids=IDS)
    assert AttentionInterface.get_interface is before
    assert model(IDS).logits.shape == (1, 7, 512), "the model runs as before"


def test_states_that_do_not_fit(calling):
    with pytest.raises(ArgumentError, match="query and key must have the same width; got 8 and 3"):
        capture(calling(lambda call, query: call(query, query[..., :3], query)), input_ids=IDS)
    with pytest.raises(NoAttentionError, match=r"expected a mask \[batch, head, query, key\]; got \[3, 7, 7, 7, 7\]"):
        capture(calling(lambda call, query: call(query, query, query, torch.zeros(3, 7, 7, 7, 7))), input_ids=IDS)


def test_everything_by_name(calling):
    def how(call, query):
        return call(query=query, key=query, value=query, attention_mask=None, scaling=torch.tensor(0.5))

    record = capture(calling(how), input_ids=IDS)
    assert record.attention().layers[0].scale == 0.5
