import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regard.errors import ArgumentError
from regard.record import Factored, MaskRule
from regard.record.balance import balanced
from regard.record.planes import from_planes, to_planes
from regard.record.quantise import LEAST_ERROR, deflated, quantise
from regard.testing import factored_layers


def trained_like(tokens=600, heads=4, kv_heads=2, width=32, **options) -> Factored:
    """Vectors as trained heads have them: a few strong directions, keys far from zero, some sharp rows."""
    rng = np.random.default_rng(0)
    strength = np.exp(-np.arange(width) / 6).astype(np.float32) * 3
    query = rng.standard_normal((heads, tokens, width), dtype=np.float32) * strength
    key = rng.standard_normal((kv_heads, tokens, width), dtype=np.float32) * strength + 2
    return Factored.of(query, key, scale=width**-0.5, mask=MaskRule(after=0), **options)


def every(layer, head):
    return slice(head, head + 1), slice(0, layer.queries), slice(0, layer.keys)


@given(arrays(np.int64, (3, 4), elements=st.integers(-(1 << 30), 1 << 30)))
def test_planes_give_the_numbers_back(numbers):
    np.testing.assert_array_equal(from_planes(to_planes(numbers, signed=True), signed=True), numbers)
    np.testing.assert_array_equal(from_planes(to_planes(abs(numbers), signed=False), signed=False), abs(numbers))


@given(st.integers(1, 30), st.integers(1, 5), st.booleans())
def test_a_balanced_basis_changes_no_difference_of_scores(tokens, width, centre):
    rng = np.random.default_rng(tokens)
    query, key = rng.normal(size=(2, tokens, width)), rng.normal(size=(tokens, width)) + 1
    first, second, energy = balanced(query, key, centre=centre)
    was, now = query @ key.T, first @ second.T
    if centre:
        was, now = (scores - scores[:, :, :1] for scores in (was, now))
    np.testing.assert_allclose(now, was, atol=1e-4)
    if tokens > 2 * width:
        for rows in (first.reshape(-1, width), second):
            np.testing.assert_allclose(rows.T @ rows / len(rows), np.diag(energy), atol=1e-4)


@pytest.mark.parametrize("options", [{}, {"softcap": 20.0}, {"sink": np.zeros(4, np.float32)}])
def test_no_weight_is_off_by_more_than_stated(options):
    layer = trained_like(**options)
    for kv_head in (0, 1):
        found = quantise(layer, kv_head)
        assert found.heads == (2 * kv_head, 2 * kv_head + 1)
        worst, misplaced = 0.0, []
        for place, head in enumerate(found.heads):
            off = np.abs(found.weights(place, *every(layer, 0)[1:]) - layer.read("weights", every(layer, head)))
            worst = max(worst, off.max())
            misplaced.append(off.sum(2).mean() / 2)
        assert worst == pytest.approx(found.error, rel=1e-3)
        assert found.error <= 0.005
        assert found.misplaced == pytest.approx(np.mean(misplaced), rel=1e-3)
        assert found.misplaced < 0.1


def test_it_takes_a_fraction_of_one_byte_a_number():
    layer = trained_like(2000)
    one_byte = (2 + 1) * 2000 * 32
    assert deflated(quantise(layer, 0)) < 0.6 * one_byte
    assert deflated(quantise(layer, 0, error=0.02)) < deflated(quantise(layer, 0, error=LEAST_ERROR))


@settings(deadline=None, max_examples=30)
@given(layer=factored_layers(max_tokens=40).filter(lambda layer: "bias" not in layer.source.arrays()))
def test_every_form_of_attention_keeps_the_bound(layer):
    found = quantise(layer, layer.kv_heads - 1)
    for place, head in enumerate(found.heads):
        off = np.abs(found.weights(place, *every(layer, 0)[1:]) - layer.read("weights", every(layer, head)))
        assert off.max(initial=0) <= 0.005 + 1e-5


def test_what_a_page_gets_is_enough_to_compute_weights():
    layer = trained_like(200, heads=2, kv_heads=1)
    found = quantise(layer, 0)
    sent = {name: array.copy() for name, array in found.arrays().items()}
    query, key = (from_planes(sent[name], signed=True) for name in ("query", "key"))
    start, step = found.lse_scale
    lse = start + step * from_planes(sent["lse"], signed=False)
    counts, gaps = (from_planes(sent[name], signed=False) for name in ("counts", "gaps"))
    edge = 0
    for head in range(2):
        scores = np.einsum("d,di,dj->ij", sent["steps"].astype(float) ** 2, query[head], key)
        weights = np.tril(np.exp(scores - lse[head][:, None]))
        for row in range(200):
            columns = np.cumsum(gaps[edge : edge + counts[head * 200 + row]])
            weights[row, columns] = (sent["codes"][edge : edge + len(columns)] / 255) ** 2
            edge += len(columns)
        np.testing.assert_allclose(weights, layer.read("weights", every(layer, head))[0], atol=found.error + 1e-4)
    assert edge == len(sent["codes"])
    assert deflated(found) == sum(len(zlib.compress(array.tobytes(), 6)) for array in sent.values())


def test_what_cannot_be_said_in_few_bytes():
    layer = trained_like(5, visible=np.ones((1, 5, 5), bool))
    with pytest.raises(ArgumentError, match=r"this layer's visible is a matrix, .* use its weights"):
        quantise(layer, 0)
    with pytest.raises(ArgumentError, match=r"error must be at least 0.004, .* got 0.001"):
        quantise(trained_like(5), 0, error=0.001)
