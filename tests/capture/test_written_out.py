"""Attention that a module writes out in its own code is followed from the product to the softmax."""

import math

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from regard.capture import Call, capture, recording
from regard.capture.trace import ScoreTrace
from regard.errors import NoAttentionError
from regard.record import Factored, MaskRule
from regard.testing import assert_weights_equal

TOKENS, HEADS, WIDTH = 7, 2, 4
FUTURE = torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu(1)
NEVER = torch.finfo(torch.float32).min
BIAS = torch.randn(HEADS, TOKENS, TOKENS, generator=torch.Generator().manual_seed(2))


def einsum(q, k):
    return torch.einsum("bihd,bjhd->bhij", q.transpose(1, 2), k.transpose(1, 2))


def baddbmm(q, k):
    slope = torch.arange(TOKENS).float()[None, None] * torch.tensor([0.5, 0.25])[:, None, None]
    return slope.baddbmm(batch1=q[0], batch2=k[0].mT, beta=2.0, alpha=0.25)[None]


def in_place(q, k):
    scores = torch.matmul(q, k.transpose(-1, -2))
    scores /= math.sqrt(WIDTH)
    scores += BIAS
    return scores.masked_fill_(FUTURE, -torch.inf)


def zeroed(q, k):
    seen = (~FUTURE).float()
    return q @ k.mT * seen + -1e4 * (1 - seen)


def by_heads(q, k):
    scores = torch.bmm(q.flatten(0, 1), k.flatten(0, 1).mT)
    scores = torch.max(scores.view(1, HEADS, TOKENS, TOKENS) + NEVER * FUTURE, torch.tensor(NEVER))
    return scores.view(HEADS, TOKENS, TOKENS)


def of_a_picture(q, k):
    scores = (q @ k.mT).view(1, HEADS, TOKENS, 1, 1, TOKENS)
    scores = scores + BIAS[:, :, :1, None, None] + BIAS.view(HEADS, TOKENS, 1, 1, TOKENS)
    return scores.view(1, HEADS, TOKENS, TOKENS)


WAYS = {
    "plain": lambda q, k: q @ k.mT,
    "scaled": lambda q, k: (q / 2) @ k.mT / math.sqrt(WIDTH),
    "einsum": lambda q, k: einsum(q, k) * 0.5,
    "one key head": lambda q, k: q @ k[:, :1].mT,
    "baddbmm": baddbmm,
    "in place": in_place,
    "masked by where": lambda q, k: torch.where(FUTURE, torch.tensor(NEVER), q @ k.mT),
    "masked by a method": lambda q, k: (q @ k.mT).where(~FUTURE, -torch.inf),
    "masked by zeros": zeroed,
    "heads on the batch axis": by_heads,
    "bias first, then scaled": lambda q, k: (q @ k.mT + BIAS) * 0.5,
    "two biases": lambda q, k: BIAS[:, :, :1] + (q @ k.mT - BIAS),
    "a factor for each head": lambda q, k: (q @ k.mT) * torch.tensor([2.0, 0.5])[:, None, None],
    "one number a query added": lambda q, k: q @ k.mT - (q @ k.mT).amax(-1, keepdim=True),
    "any leading axes": lambda q, k: torch.einsum("...qd, ...kd -> ...qk", q, k),
    "keys in two parts": lambda q, k: torch.cat([q @ k[:, :, :3].mT, q @ k[:, :, 3:].mT], dim=-1),
    "rows and columns of a picture": of_a_picture,
    "soft-capped": lambda q, k: torch.tanh(q @ k.mT / 3.0) * 3.0 + NEVER * FUTURE,
    "two products": lambda q, k: (q @ k.mT * 0.5 + BIAS) + k @ q.mT,
    "axes in another order": lambda q, k: (q.transpose(0, 1) @ k.transpose(0, 1).mT).permute(1, 0, 2, 3),
}


class Attention(nn.Module):
    num_heads = HEADS

    def __init__(self, way):
        super().__init__()
        self.way = way
        torch.manual_seed(0)
        self.project = nn.Linear(WIDTH, 2 * HEADS * WIDTH)

    def forward(self, states):
        q, k = self.project(states).unflatten(-1, (2, HEADS, WIDTH)).permute(2, 0, 3, 1, 4)
        scores = self.way(q, k)
        self.weights = nn.functional.softmax(scores.float(), dim=-1)
        return self.weights.reshape(1, HEADS, TOKENS, TOKENS).mean(1) @ states


class Model(nn.Module):
    def __init__(self, way):
        super().__init__()
        self.layers = nn.ModuleList([Attention(way)])

    def forward(self, inputs_embeds):
        return self.layers[0](inputs_embeds)


STATES = torch.randn(1, TOKENS, WIDTH, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_write_it(way):
    model = Model(WAYS[way])
    expected = model(STATES)
    record = capture(model, inputs_embeds=STATES)
    weights = model.layers[0].weights.reshape(1, HEADS, TOKENS, TOKENS)
    (layer,) = record.attention().layers
    assert isinstance(layer, Factored)
    assert_weights_equal(record, [weights], atol=1e-6)
    torch.testing.assert_close(model(STATES), expected, rtol=0, atol=0)
    causal = bool((weights.triu(1) == 0).all())
    assert (layer.mask, record.kinds[0]) == ((MaskRule(after=0), "decoder") if causal else (MaskRule(), "encoder"))


def test_exponentials_less_their_sum():
    class Exponential(Attention):
        def forward(self, states):
            q, k = self.project(states).unflatten(-1, (2, HEADS, WIDTH)).permute(2, 0, 3, 1, 4)
            scores = q @ k.mT
            self.weights = torch.exp(scores - torch.logsumexp(scores, dim=-1, keepdim=True))
            return self.weights.mean(1) @ states

    model = Model(None)
    model.layers[0] = Exponential(None)
    assert_weights_equal(capture(model, inputs_embeds=STATES), [model.layers[0].weights], atol=1e-6)


def test_a_sum_of_two_products_is_one_layer_however_often_it_is_taken():
    class Twice(Attention):
        def forward(self, states):
            q, k = self.project(states).unflatten(-1, (2, HEADS, WIDTH)).permute(2, 0, 3, 1, 4)
            first, second = q @ k.mT * 0.5, k @ q.mT
            self.weights = torch.softmax(first + second, dim=-1)
            return (self.weights.mean(1) + torch.softmax(second + first, dim=-1).mean(1)) @ states

    model = Model(None)
    model.layers[0] = Twice(None)
    record = capture(model, inputs_embeds=STATES)
    assert len(record.attention().layers) == 1
    assert_weights_equal(record, [model.layers[0].weights], atol=1e-6)


def test_key_heads_and_biases_are_not_expanded():
    (layer,) = capture(Model(WAYS["one key head"]), inputs_embeds=STATES).attention().layers
    assert (layer.heads, layer.kv_heads) == (2, 1)
    (layer,) = capture(Model(WAYS["baddbmm"]), inputs_embeds=STATES).attention().layers
    assert layer.shape("bias") == (2, 1, TOKENS)


@pytest.mark.parametrize(
    "way",
    [
        lambda q, k: (q @ k.mT).sort(-1).values,
        lambda q, k: (q @ k.mT).clamp_(max=0.1),
        lambda q, k: (q @ k.mT).relu_(),
        lambda q, k: (q @ k.mT)[..., torch.randperm(TOKENS)],
        lambda q, k: (q[:, :, :, None] * k[:, :, None]).sum(-1),
        lambda q, k: q @ k.mT - k @ q.mT,
        lambda q, k: torch.tanh(q @ k.mT) + k @ q.mT,
        lambda q, k: torch.einsum("...qd,...kd->...qk", q, k[0]),
    ],
    ids=["sorted", "clamped", "rectified", "permuted", "summed", "less another", "with another", "fewer leading axes"],
)
def test_what_is_not_understood_is_not_recorded(way):
    model = Model(way)
    expected = model(STATES) if way(STATES[None], STATES[None]) is not None else None
    assert expected is not None
    with pytest.raises(NoAttentionError, match="called no attention function"):
        capture(model, inputs_embeds=STATES)


def test_scores_of_keys_only_are_no_attention():
    trace = ScoreTrace()
    q = k = torch.randn(1, 2, 3, 4)
    scores = q @ k.mT
    trace.see(torch.matmul, (q, k.mT), {}, scores)
    assert trace.see(torch.softmax, (scores, -2), {}, scores.softmax(-2)) is None
    assert trace.see(torch.softmax, (scores,), {"dim": 3}, scores.softmax(3)) is not None
    scores[0] = 0
    trace.see(torch.Tensor.__setitem__, (scores, 0, 0), {}, None)
    assert trace.see(torch.softmax, (scores, -1), {}, scores.softmax(-1)) is None


def calls(model, **inputs):
    found: list[Call] = []
    with recording(model, found.append), torch.no_grad():
        model(**inputs)
    return found


def test_a_small_difference_from_small_weights_is_seen():
    trace = ScoreTrace()
    q, k = torch.randn(1, 2, 3, 4), torch.randn(1, 2, 500, 4)
    scores = q @ k.mT
    trace.see(torch.matmul, (q, k.mT), {}, scores)
    weights = scores.softmax(-1)
    assert trace.see(torch.softmax, (scores, -1), {}, weights) is not None
    assert trace.see(torch.softmax, (scores, -1), {}, weights + 0.1 * weights.amax(-1, keepdim=True)) is None


def test_the_registry_is_seen_once():
    config = transformers.BertConfig(
        vocab_size=99, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
    )
    model = transformers.BertModel(config).eval()
    model.add_module("own", nn.Softmax(-1))
    for kernel in ("sdpa", "eager"):
        model.set_attn_implementation(kernel)
        assert [(call.kernel, call.layer) for call in calls(model, input_ids=torch.tensor([[5, 6, 7]]))] == [
            (kernel, (0, 2)),
            (kernel, (1, 2)),
        ]


def test_torchs_own_attention_inside_a_model():
    class Pooled(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, inputs_embeds):
            return self.attention(inputs_embeds, inputs_embeds, inputs_embeds)[0]

    model, states = Pooled().eval(), torch.randn(1, 5, 8)
    with torch.no_grad():
        plain = model(states)
        _, expected = model.attention(states, states, states, average_attn_weights=False)
    outputs = []
    with model.register_forward_hook(lambda _module, _args, output: outputs.append(output)):
        record = capture(model, inputs_embeds=states)
    torch.testing.assert_close(outputs[0], plain, rtol=0, atol=0)
    assert_weights_equal(record, [expected], atol=1e-6)


def test_alibi_stays_one_number_a_key():
    torch.manual_seed(0)
    config = transformers.BloomConfig(vocab_size=99, hidden_size=16, n_layer=2, n_head=2)
    record = capture(transformers.BloomModel(config).eval(), input_ids=torch.arange(5, 14)[None])
    for layer in record.attention().layers:
        assert layer.mask == MaskRule(after=0)
        assert layer.shape("bias") == (2, 1, 9)
        slopes = np.diff(layer.read("bias", (slice(0, 2), slice(0, 1), slice(0, 9)))[:, 0])
        np.testing.assert_allclose(slopes, np.broadcast_to([[2**-4], [2**-8]], (2, 8)), atol=1e-6)
