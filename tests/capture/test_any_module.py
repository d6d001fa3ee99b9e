"""Any torch module: every attention that torch computes in it, and the output as it was."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

import regard
from capture.any_modules import HookedAttention, LinearAttention, OwnAttention, PooledAttention, Shortening, ViT
from regard.capture.any_module import capture_calls
from regard.errors import ArgumentError, NoAttentionError
from regard.record import Factored

PADDING = torch.tensor([[False] * 7, [False] * 4 + [True] * 3, [False] * 5 + [True] * 2])


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture
def states():
    return torch.randn(1, 7, 32)


@pytest.fixture
def batch():
    return torch.randn(3, 7, 32)


def unchanged(model, *args, _options=(), **kwargs):
    """The record, after checking that the watched run gives the very numbers of an unwatched one."""
    outputs = []
    whole = nn.Module()
    whole.inner = model
    whole.forward = lambda *a, **k: outputs.append(model(*a, **k))
    with torch.no_grad():
        expected = model(*args, **kwargs)
    record = capture_calls(whole, *args, **kwargs, **dict(_options))
    one, other = (found[0] if isinstance(found, tuple) else found for found in (expected, outputs[0]))
    assert torch.equal(one, other)
    return record


@contextmanager
def without_fast_path():
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(True)


def encoder(**options):
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, **options)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=not options.get("norm_first", False)).eval()


def test_sdpa_in_a_users_own_model(states):
    record = unchanged(nn.Sequential(OwnAttention(), OwnAttention()), states)
    assert record.kinds == ("decoder",)
    assert record.weights.shape == (2, 4, 7, 7)
    assert record.attention().kv_heads == 2
    assert "lse" in record.attention().layers[0].source.arrays()
    assert np.allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-5)
    assert not np.triu(record.weights[0, 0], 1).any()


def test_weights_are_those_of_the_formula(states):
    model = OwnAttention(causal=False)
    query, key, _ = model.qkv(states).detach()[0].split([32, 16, 16], -1)
    query, key = query.unflatten(-1, (4, 8)), key.unflatten(-1, (2, 8)).repeat_interleave(2, dim=1)
    expected = (torch.einsum("qhd,khd->hqk", query, key) / 8**0.5).softmax(-1)
    assert np.allclose(unchanged(model, states).weights[0], expected, atol=1e-6)


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("mask", [None, "padding", "float"])
def test_multihead_attention(need_weights, fast, mask, batch):
    model = nn.MultiheadAttention(32, 4, batch_first=True).eval()
    options = {None: {}, "padding": {"key_padding_mask": PADDING}, "float": {"attn_mask": torch.randn(7, 7)}}[mask]
    if mask == "float" and fast:
        options = {"attn_mask": torch.randn(7, 7) > 1}
    with torch.no_grad():
        _, expected = model.train()(batch, batch, batch, average_attn_weights=False, **options)
    model.eval()
    arguments = {"need_weights": need_weights, **options}
    if fast:
        records = unchanged(model, batch, batch, batch, **arguments)
    else:
        with without_fast_path():
            records = unchanged(model, batch, batch, batch, **arguments)
    for record, right in zip(records, expected, strict=True):
        assert np.allclose(record.weights[0], right, atol=1e-6)


def test_multihead_attention_of_other_widths(batch):
    model = nn.MultiheadAttention(32, 4, kdim=12, vdim=20, batch_first=True).eval()
    context = torch.randn(1, 5, 12), torch.randn(1, 5, 20)
    record = unchanged(model, batch[:1], *context)
    with torch.no_grad():
        _, expected = model(batch[:1], *context, average_attn_weights=False)
    assert record.kinds == ("cross",)
    assert np.allclose(record.weights[0], expected[0], atol=1e-6)
    assert list(record.streams) == ["queries", "context"]


def test_zero_attention_takes_mass(states):
    model = nn.MultiheadAttention(32, 4, add_zero_attn=True, batch_first=True).eval()
    _, expected = model(states, states, states, average_attn_weights=False)
    record = capture_calls(model, states, states, states)
    assert np.allclose(record.weights[0], expected[0, ..., :-1].detach(), atol=1e-6)


def test_extra_keys_cannot_be_held(states):
    with pytest.raises(NoAttentionError, match="MultiheadAttention: MultiheadAttention with add_bias_kv=True"):
        capture_calls(nn.MultiheadAttention(32, 4, add_bias_kv=True), states, states, states)


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_fused_encoder_layers_stay_fused(norm_first, states):
    model = encoder(norm_first=norm_first)
    fused = unchanged(model, states)
    with without_fast_path():
        apart = unchanged(model, states)
    assert fused.kinds == ("encoder",)
    assert np.allclose(np.asarray(fused.weights), np.asarray(apart.weights), atol=1e-6)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_padding_is_left_out_of_nested_batches_too(batch):
    model = encoder()
    tokens = [list("abcdefg")] * 3
    records = unchanged(model, batch, src_key_padding_mask=PADDING, _options={"mask": ~PADDING, "tokens": tokens})
    for row, (record, length) in enumerate(zip(records, (7, 4, 5), strict=True)):
        assert "".join(record.tokens.pieces) == "abcdefg"[:length]
        alone = capture_calls(model, batch[row : row + 1, :length])
        assert np.allclose(np.asarray(record.weights), np.asarray(alone.weights), atol=1e-5)


def test_a_whole_transformer(states):
    model = nn.Transformer(32, 4, 2, 3, 64, batch_first=True).eval()
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    tokens = {"encoder": list("abcdefg"), "decoder": list("vwxyz")}
    record = unchanged(
        model, states, torch.randn(1, 5, 32), tgt_mask=mask, tgt_is_causal=True, _options={"tokens": tokens}
    )
    shapes = {kind: attention.weights.shape for kind, attention in record.attentions.items()}
    assert shapes == {"encoder": (2, 4, 7, 7), "decoder": (3, 4, 5, 5), "cross": (3, 4, 5, 7)}
    assert not np.triu(record.attentions["decoder"].weights[0, 0], 1).any()
    assert {name: "".join(found.pieces) for name, found in record.streams.items()} == {
        "encoder": "abcdefg",
        "decoder": "vwxyz",
    }


@pytest.mark.parametrize("train", [True, False])
def test_training_changes_nothing(train, states):
    model = encoder().train(train)
    record = capture_calls(model, states)
    assert model.training == train
    assert np.allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-5)


def test_vision_transformers_fused_or_by_a_softmax():
    images = torch.randn(2, 3, 16, 16)
    fused, plain = ViT(fused=True).eval(), ViT(fused=False).eval()
    plain.load_state_dict(fused.state_dict())
    for one, other in zip(unchanged(fused, images), unchanged(plain, images), strict=True):
        assert one.weights.shape == (3, 4, 17, 17)
        assert np.allclose(np.asarray(one.weights), np.asarray(other.weights), atol=1e-6)
    assert isinstance(other.attention().layers[0], Factored), "the product before the softmax is known"
    assert np.allclose(other.weights[2], plain.blocks[2].attn.weights[1], atol=1e-6)


def test_hooked_transformers_and_their_caches(states):
    model = nn.Sequential(HookedAttention(), HookedAttention())
    cache = []
    for block in model:
        block.hook_pattern.register_forward_hook(lambda _module, _args, pattern: cache.append(pattern))
    record = unchanged(model, states)
    assert record.kinds == ("decoder",)
    given = regard.from_weights(cache[-2:], tokens=list("abcdefg"), kind="decoder")
    assert np.allclose(np.asarray(given.weights), np.asarray(record.weights), atol=1e-6)


def test_a_hugging_face_model_too(bert, inputs_for):
    record = capture_calls(bert, **inputs_for("bert"))
    expected = regard.capture(bert, **inputs_for("bert"))
    assert np.allclose(np.asarray(record.weights), np.asarray(expected.weights), atol=1e-6)


def test_some_layers_heads_and_positions(states):
    model = nn.Sequential(OwnAttention(), OwnAttention())
    whole = capture_calls(model, states)
    some = capture_calls(model, states, layers=[1], heads=[2], positions=slice(3, 6), tokens=list("abcdefg"))
    assert np.allclose(some.weights[1, 2], whole.weights[1, 2, 3:6], atol=0)
    assert some.streams["decoder queries"].pieces == ("d", "e", "f")


def test_layers_of_different_lengths(states):
    with pytest.raises(NoAttentionError, match=r"1 of 1 × \[7, 7\] \(long\); 1 of 1 × \[4, 4\] \(short\).*within='…'"):
        capture_calls(Shortening(), states)
    assert capture_calls(Shortening(), states, within="^short$").weights.shape == (1, 4, 4, 4)


def test_fewer_keys_than_queries(states):
    record = unchanged(nn.Sequential(PooledAttention(), OwnAttention()), states)
    assert record.attentions["cross"].weights.shape == (1, 4, 7, 4)
    assert list(record.streams) == ["decoder", "context"]


def test_a_softmax_that_may_not_be_over_keys_is_named(states):
    model = nn.Sequential(LinearAttention(), OwnAttention())
    with pytest.warns(UserWarning, match=r"0: a softmax over \[query, key\] = \[7, 8\] is not in the record"):
        assert capture_calls(model, states).kinds == ("decoder",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"within": "zzz"}, "within='zzz' fits none of the modules of Sequential that compute attention: '0'"),
        ({"tokens": ["a"]}, "tokens of the decoder: the attention has 7 positions but there are 1 tokens"),
        ({"tokens": {"encoder": ["a"]}}, "no sequence for tokens 'encoder'; there are: 'decoder'"),
        ({"layers": [3]}, "no layer 3; there are: 0"),
        ({"within": "("}, "within must be a regular expression: "),
    ],
)
def test_what_cannot_be_used(options, message, states):
    with pytest.raises((ArgumentError, NoAttentionError), match=message):
        capture_calls(nn.Sequential(OwnAttention()), states, **options)


def test_a_model_without_attention(states):
    with pytest.raises(NoAttentionError, match=r"Linear ran, but called neither scaled_dot_product_attention nor a"):
        capture_calls(nn.Linear(32, 3), states)


@pytest.mark.usefixtures("as_users_do")
def test_a_model_that_is_none(states):
    with pytest.raises(ArgumentError, match=r"model must be a torch\.nn\.Module; got function"):
        capture_calls(lambda x: x, states)


@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyboardInterrupt()])
def test_whatever_is_raised_inside(error, states):
    def fail(*_):
        raise error

    model = nn.Sequential(OwnAttention(), OwnAttention())
    before = torch.overrides.has_torch_function
    with model[1].qkv.register_forward_hook(fail), pytest.raises(type(error)):
        capture_calls(model, states)
    assert torch.overrides.has_torch_function is before
    assert not torch.overrides._get_current_function_mode_stack()
    assert capture_calls(model, states).weights.shape == (2, 4, 7, 7)
