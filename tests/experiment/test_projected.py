"""``nn.MultiheadAttention``, which projects and attends in one function of torch, and what is made of it."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models import hand
from regard import experiment
from regard.capture import recording
from regard.capture.registry import answering
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows

HEADS, TOKENS, WIDTH, HEAD, QUERY, KEY = 4, 6, 16, 1, 3, 2
STATES = torch.randn(1, TOKENS, WIDTH, generator=torch.Generator().manual_seed(1))


class Output:
    def __init__(self, states):
        self.last_hidden_state = states


class Own(nn.Module):
    """A module of torch's, called in one of the ways that there are."""

    def __init__(self, inner, way):
        super().__init__()
        self.inner, self.way = inner, way

    def forward(self, hidden_states):
        return Output(self.way(self.inner, hidden_states))


def attention(**settings):
    torch.manual_seed(0)
    found = nn.MultiheadAttention(WIDTH, HEADS, **settings)
    nn.init.normal_(found.in_proj_bias)
    nn.init.normal_(found.out_proj.bias)
    return found


def encoder(**settings):
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 32, batch_first=True, **settings)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


def causal(attend, x):
    mask = torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu(1)
    return attend(x, x, x, attn_mask=mask, need_weights=False)[0]


def biased(attend, x):
    mask = torch.linspace(-1, 1, TOKENS * TOKENS).view(TOKENS, TOKENS)
    return attend(x, x, x, attn_mask=mask)[0]


def token_first(attend, x):
    x = x.transpose(0, 1)
    return attend(x, x, x)[0].transpose(0, 1)


def weights_too(attend, x):
    given, weights = attend(x, x, x, average_attn_weights=False)
    return torch.cat([given, weights.transpose(1, 2).flatten(2)], -1)


def mean_weights_too(attend, x):
    given, weights = attend(x, x, x)
    return torch.cat([given, weights], -1)


WAYS = {
    "batch first": (lambda: attention(batch_first=True), lambda attend, x: attend(x, x, x, need_weights=False)[0]),
    "token first": (attention, token_first),
    "causal": (lambda: attention(batch_first=True), causal),
    "biased": (lambda: attention(batch_first=True), biased),
    "with a key of zeros": (lambda: attention(batch_first=True, add_zero_attn=True), lambda a, x: a(x, x, x)[0]),
    "weights are given too": (lambda: attention(batch_first=True), weights_too),
    "mean weights are given too": (lambda: attention(batch_first=True), mean_weights_too),
    "keys of other widths": (
        lambda: attention(batch_first=True, kdim=8, vdim=4),
        lambda attend, x: attend(x, x[..., :8], x[..., 8:12])[0],
    ),
    "encoder": (encoder, lambda inner, x: inner(x)),
    "encoder, norm first, gelu": (lambda: encoder(norm_first=True, activation="gelu"), lambda inner, x: inner(x)),
}


def total(output) -> Tensor:
    states = output.last_hidden_state.double().flatten(1)
    return states @ torch.randn(states.shape[1], dtype=torch.double, generator=torch.Generator().manual_seed(0))


def built(way):
    make, call = WAYS[way]
    return Own(make(), call).eval()


def last(model):
    return [module for module in model.modules() if isinstance(module, nn.MultiheadAttention)][-1]


def by_hand(model, change):
    """The last attention's softmax changed; torch's fused kernels are kept away."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), hand.softmax_changed(last(model), HEADS, change):
            return float(total(model(STATES)))
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@pytest.mark.parametrize("way", WAYS)
def test_an_edit_is_what_the_same_change_by_hand_is(way):
    model = built(way)
    question = experiment.ask(model, hidden_states=STATES, effect=total)
    place = {"layer": question.passes.layout.sites[-1].layer, "head": HEAD}
    cases = [
        (KnockOut(**place, query=QUERY, key=KEY), hand.hidden(0, HEAD, QUERY, KEY)),
        (KnockOut(**place, query=QUERY, key=KEY, how="value"), hand.unread(0, HEAD, QUERY, KEY)),
        (KnockOut(**place, how="value"), hand.silent(HEAD)),
    ]
    if way != "with a key of zeros":
        cases += [(ReplaceRows(**place, query=QUERY), hand.even(0, HEAD, QUERY))]
    if "too" not in way:  # what becomes of weights that are given is no head's output
        cases += [(Ablate(**place), hand.silent(HEAD)), (Ablate(**place, by="mean"), hand.averaged(HEAD))]
    edits, changes = zip(*cases, strict=True)
    found = experiment.run(question, list(edits)).values
    expected = [by_hand(model, change) - float(question.passes.whole[0]) for change in changes]
    assert np.abs(expected).min() > 1e-3
    assert found == pytest.approx(expected, abs=2e-5, rel=1e-4)


@pytest.mark.parametrize("way", ["batch first", "encoder"])
def test_scans_reference_outputs_and_tokens_that_nothing_touches(way):
    model = built(way)
    question = experiment.ask(model, hidden_states=STATES, effect=total)
    own = experiment.head_outputs(model, hidden_states=STATES)
    other = experiment.head_outputs(model, hidden_states=STATES.flip(1))
    place = {"layer": 0, "head": HEAD}
    found = experiment.run(question, [Edit(), Ablate(**place, by=own), Ablate(**place, by=other)]).values
    assert np.abs(found[:2]).max() < 1e-5
    assert abs(found[2]) > 1e-2
    assert experiment.scan_heads(question).measurable.all()
    assert experiment.scan_edges(question, layer=0, head=HEAD).measurable.all()
    with torch.no_grad():
        before = model(STATES).last_hidden_state
        with experiment.editing(model, KnockOut(layer=question.passes.layout.sites[-1].layer, query=QUERY, key=KEY)):
            after = model(STATES).last_hidden_state
        assert torch.equal(model(STATES).last_hidden_state, before)
    same = (after == before).all(-1)[0]
    assert same.tolist() == [number != QUERY for number in range(TOKENS)]


def test_what_was_recorded_is_what_arrived():
    model, calls = built("encoder"), []
    with torch.no_grad(), recording(model, calls.append), experiment.editing(model, KnockOut(layer=1, key=2)):
        model(STATES)
    assert [call.path for call in calls] == ["inner.layers.0", "inner.layers.1"]


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_text_with_padding_as_nested_tensors():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 32, batch_first=True)
    inner = nn.TransformerEncoder(layer, 2, enable_nested_tensor=True)
    padding = torch.zeros(1, TOKENS, dtype=torch.bool)
    padding[0, -1] = True
    model = Own(inner, lambda m, x: m(x, src_key_padding_mask=padding.expand(len(x), -1))).eval()
    short = Own(inner, lambda m, x: m(x[:, :-1])).eval()
    for edit in (KnockOut(layer=1, head=HEAD, query=QUERY, key=KEY), Ablate(layer=0, head=HEAD, query=QUERY)):
        found = []
        for one in (model, short):
            with torch.no_grad():
                before = one(STATES).last_hidden_state[0, : TOKENS - 1]
                with experiment.editing(one, edit):
                    found.append(one(STATES).last_hidden_state[0, : TOKENS - 1] - before)
        assert float(found[0].abs().max()) > 1e-3
        assert torch.allclose(*found, atol=1e-5)


def test_an_answer_that_was_not_made_of_the_run_counts_whole():
    model = built("batch first")
    with torch.no_grad():
        plain = model(STATES).last_hidden_state
        with answering(model, lambda call, _run: torch.zeros_like(call.value).transpose(1, 2)):
            silent = model(STATES).last_hidden_state
        assert torch.equal(model(STATES).last_hidden_state, plain)
    assert torch.allclose(silent, model.inner.out_proj.bias.expand_as(silent))
