"""Each pass equals the same thing computed from whole matrices, on every machine, however it is cut into blocks."""

import numpy as np
import pytest
import torch  # noqa: F401  (found through sys.modules)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regard.record import Dense, overview, received, span_sums, top_keys
from regard.record.engine.machine import using
from regard.record.pooling import grid
from regard.testing import factored_layers

pytestmark = pytest.mark.usefixtures("cut")
few = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module", params=["numpy", "torch"])
def library(request):
    return request.param


@st.composite
def attention(draw):
    """A layer of either form and its whole weights [head, query, key]."""
    layer = draw(factored_layers(max_tokens=24, max_heads=2))
    weights = layer.read("weights", tuple(slice(0, size) for size in layer.shape("weights")))
    return (Dense.of(weights) if draw(st.booleans()) else layer), weights


def part(draw, size):
    start = draw(st.integers(0, size - 1))
    return slice(start, draw(st.integers(start + 1, size)))


@few
@given(data=st.data())
def test_lse_and_rectangles(data, library):
    layer = data.draw(factored_layers(max_tokens=24, max_heads=2))
    every = tuple(slice(0, size) for size in layer.shape("scores"))
    scores = layer.read("scores", every).astype(np.float64)
    if "sink" in layer.source.arrays():
        sink = layer.source.read("sink", every[:1])
        scores = np.concatenate([scores, np.broadcast_to(sink[:, None, None], (*scores.shape[:2], 1))], axis=2)
    expected = np.log(np.exp(scores).sum(2, keepdims=True))
    at = tuple(part(data.draw, size) for size in layer.shape("weights"))
    with using(library):
        np.testing.assert_allclose(layer.rows_lse(*at[:2]), expected[(*at[:2], 0)], atol=1e-5)
        weights = np.exp(scores - np.where(np.isfinite(expected), expected, 0))
        np.testing.assert_allclose(layer.read("weights", at), weights[at], atol=1e-5)


@few
@given(drawn=attention(), data=st.data(), pool=st.sampled_from(["max", "mean"]))
def test_overviews_of_any_rectangle_at_any_resolution(drawn, data, pool, library):
    layer, weights = drawn
    rectangle = part(data.draw, layer.queries), part(data.draw, layer.keys)
    heads = part(data.draw, layer.heads)
    cells = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 30))
    with using(library):
        found = overview(layer, heads, cells, pool, rectangle)
    rows, columns = grid(layer, cells, rectangle)
    for i, j in np.ndindex(len(rows) - 1, len(columns) - 1):
        block = weights[heads, rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
        expected = block.max((1, 2)) if pool == "max" else block.mean((1, 2))
        np.testing.assert_allclose(found[:, i, j], expected, atol=1e-6, rtol=1e-5)


@few
@given(drawn=attention(), data=st.data(), k=st.integers(1, 30))
def test_top_keys(drawn, data, k, library):
    layer, weights = drawn
    heads, queries, keys = (part(data.draw, size) for size in weights.shape)
    with using(library):
        found = top_keys(layer, heads, k, queries, keys)
    expected = -np.sort(-weights[heads, queries, keys], axis=2)[:, :, :k]
    size = expected.shape[2]
    np.testing.assert_allclose(found.weights[:, :, :size], expected, atol=1e-6)
    assert (found.weights[:, :, size:] == 0).all()
    assert (found.keys[:, :, size:] == -1).all()
    for head, row, rank in np.argwhere(found.keys >= 0):
        key = found.keys[head, row, rank]
        assert keys.start <= key < keys.stop
        there = weights[head + heads.start, row + queries.start, key]
        assert there == pytest.approx(found.weights[head, row, rank], abs=1e-6)
    shown = np.sort(found.keys, axis=2)
    assert ((np.diff(shown, axis=2) > 0) | (shown[:, :, 1:] == -1)).all()


@few
@given(drawn=attention(), data=st.data(), pool=st.sampled_from(["max", "mean"]))
def test_received(drawn, data, pool, library):
    layer, weights = drawn
    heads, queries = part(data.draw, layer.heads), part(data.draw, layer.queries)
    with using(library):
        found = received(layer, heads, queries, pool)
    seen = layer.mask.visible(queries, slice(0, layer.keys)).sum(0)
    chosen = weights[heads, queries]
    expected = chosen.max(1) if pool == "max" else chosen.sum(1) / np.maximum(seen, 1)
    np.testing.assert_allclose(found, expected, atol=1e-6, rtol=1e-5)


@few
@given(drawn=attention(), data=st.data())
def test_span_sums(drawn, data, library):
    layer, weights = drawn
    position = st.integers(0, layer.queries)
    spans = st.lists(st.tuples(position, position).map(lambda pair: (min(pair), max(pair))), max_size=6)
    down, across = data.draw(spans), data.draw(spans)
    with using(library):
        found = span_sums(layer, slice(0, layer.heads), down, across)
    assert found.shape == (layer.heads, len(down), len(across))
    for i, (first, last) in enumerate(down):
        for j, (start, stop) in enumerate(across):
            expected = weights[:, first:last, start:stop].sum((1, 2))
            np.testing.assert_allclose(found[:, i, j], expected, atol=1e-4)
