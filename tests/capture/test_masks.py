"""From mask tensors to rules."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from regard.capture.bands import band
from regard.capture.calls import Call, call_of
from regard.capture.masks import Masks, implied_rule, reduce_mask
from regard.record import Factored, MaskRule

ALL = slice(0, None)


def call(mask=None, queries=4, keys=4, kernel="sdpa", rows=1, **keywords):
    module = nn.Module()
    module.is_causal = keywords.pop("causal", False)
    query, key = torch.randn(rows, 2, queries, 8), torch.randn(rows, 2, keys, 8)
    return Call("attn", module, kernel, query, key, mask, keywords)


def reduced(mask, queries=4, keys=4, **keywords):
    made = call(mask, queries, keys, **keywords)
    return reduce_mask(made, implied_rule(made), 0, ALL, ALL)


@given(
    st.builds(
        MaskRule,
        before=st.none() | st.integers(0, 8),
        after=st.none() | st.integers(0, 8),
        chunk=st.none(),
        offset=st.just(0),
    ),
    st.integers(1, 9),
    st.integers(0, 4),
)
def test_every_band_is_found_again(rule, queries, cached):
    rule = MaskRule(rule.before, rule.after, None, cached)
    shown = rule.visible(slice(0, queries), slice(0, queries + cached))
    found = band(shown)
    assert found is not None
    assert (found.visible(slice(0, queries), slice(0, queries + cached)) == shown).all()


@given(st.integers(1, 5), st.integers(1, 12))
def test_causal_chunks_are_found_again(chunk, tokens):
    every = slice(0, tokens)
    shown = MaskRule(after=0, chunk=chunk).visible(every, every)
    found = band(shown)
    assert found is not None
    assert (found.visible(every, every) == shown).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5))
def test_whatever_is_found_shows_exactly_the_mask(seed, queries, keys):
    shown = np.random.default_rng(seed).random((queries, keys)) < 0.7
    found = band(shown)
    assert found is None or (found.visible(slice(0, queries), slice(0, keys)) == shown).all()


@pytest.mark.parametrize("low", [float("-inf"), torch.finfo(torch.float32).min, -1e9])
def test_additive_masks(low):
    mask = torch.where(torch.tril(torch.ones(4, 4)) > 0, 0.0, low)[None, None]
    found = reduced(mask)
    assert found.rule == MaskRule(after=0)
    assert not found.arrays


def test_a_bias_constant_along_diagonals_is_kept_by_distance():
    slopes = torch.tensor([0.5, 0.25])[:, None, None]
    distance = torch.arange(4)[None, :] - torch.arange(4)[:, None]
    alibi = (slopes * distance)[None].masked_fill(distance > 0, float("-inf"))
    found = reduced(alibi)
    assert found.rule == MaskRule(after=0)
    assert list(found.arrays) == ["distance_bias"]
    made = call()
    layer = Factored.of(made.query[0].numpy(), made.key[0].numpy(), scale=0.3, mask=found.rule, **found.arrays)
    expected = torch.softmax(made.query @ made.key.mT * 0.3 + alibi, -1)[0]
    assert np.allclose(layer.read("weights", (slice(0, 2), slice(0, 4), slice(0, 4))), expected, atol=1e-6)


def test_other_biases_are_kept_whole():
    bias = torch.randn(1, 2, 4, 4)
    assert reduced(bias).arrays["bias"].shape == (2, 4, 4)
    both = reduced(torch.tril(torch.ones(4, 4, dtype=torch.bool))[None, None], position_bias=bias)
    assert both.rule == MaskRule(after=0)
    assert (both.arrays["bias"][:, 0, 1:] == 0).all()


@pytest.mark.parametrize("low", [float("-inf"), torch.finfo(torch.float32).min])
def test_a_query_that_sees_nothing_has_no_weights(low):
    mask = torch.zeros(1, 1, 3, 3)
    mask[..., 1, :] = low
    made = call(mask, 3, 3)
    found = reduce_mask(made, implied_rule(made), 0, ALL, ALL)
    layer = Factored.of(made.query[0].numpy(), made.key[0].numpy(), scale=1, mask=found.rule, **found.arrays)
    weights = layer.read("weights", (slice(0, 2), slice(0, 3), slice(0, 3)))
    assert (weights[:, 1] == 0).all()
    assert np.allclose(weights[:, [0, 2]].sum(-1), 1)


def test_heads_with_masks_of_their_own():
    mask = torch.ones(1, 2, 4, 4, dtype=torch.bool)
    mask[0, 1, :, 3] = False
    assert reduced(mask).arrays["visible"].shape == (2, 4, 4)


def test_what_kernels_do_without_a_mask():
    assert implied_rule(call(causal=True)) == MaskRule(after=0)
    assert implied_rule(call(causal=True, queries=1)) == MaskRule()
    assert implied_rule(call(causal=True, kernel="eager")) == MaskRule()
    assert implied_rule(call(causal=True, is_causal=False)) == MaskRule()
    assert implied_rule(call(causal=False)) == MaskRule()
    assert implied_rule(call(torch.ones(1, 1, 4, 4), causal=True)) == MaskRule()
    assert implied_rule(call(causal=True, sliding_window=3)) == MaskRule(after=0)
    flash = call(causal=True, kernel="flash_attention_2", sliding_window=3, keys=6)
    assert implied_rule(flash) == MaskRule(before=2, after=0, offset=2)


def test_shared_masks_are_reduced_once(monkeypatch):
    counted = []
    from regard.capture import masks

    monkeypatch.setattr(masks, "reduce_mask", lambda *args: counted.append(args) or reduce_mask(*args))
    known, mask = Masks(), torch.tril(torch.ones(4, 4, dtype=torch.bool))[None, None]
    one = known.of(call(mask), 0, ALL, ALL)
    assert known.of(call(mask[:, :, :, :4]), 0, ALL, ALL) is one
    assert len(counted) == 1
    mask[..., 3, 0] = False
    assert known.of(call(mask), 0, ALL, ALL) is not one
    assert known.of(call(mask.clone()), 0, ALL, ALL) is not one


def test_arguments_by_position_and_by_name():
    made = call()
    by_name = call_of(
        "p", "sdpa", (made.module,),
        {"query": made.query, "key": made.key, "value": made.key, "attention_mask": None, "scaling": 0.5},
    )  # fmt: skip
    assert by_name.query is made.query
    assert by_name.mask is None
    assert by_name.scale == 0.5
    assert made.scale == 8**-0.5


def test_a_flex_attention_mask_is_asked_for_its_cells():
    class BlockMask:
        @staticmethod
        def mask_mod(_batch, _head, query, key):
            return (query >= key) & (query - key < 2)

    made = call()
    flex = call_of("p", "flex_attention", (made.module, made.query, made.key, made.key, BlockMask()), {})
    assert reduce_mask(flex, implied_rule(flex), 0, ALL, ALL).rule == MaskRule(before=1, after=0)
