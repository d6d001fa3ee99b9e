import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.errors import ArgumentError
from regard.record import Factored, MaskRule


def softmax_by_hand(layer: Factored, bias=0.0, visible=None, sink=None) -> np.ndarray:
    """The definition, written out for whole matrices."""
    whole = (slice(0, layer.heads), slice(0, layer.queries), slice(0, layer.d_head))
    query = layer.source.read("query", whole).astype(np.float64)
    key = layer.source.read("key", (slice(0, layer.kv_heads), slice(0, layer.keys), slice(0, layer.d_head)))
    key = np.repeat(key.astype(np.float64), layer.heads // layer.kv_heads, axis=0)
    scores = np.einsum("hqd,hkd->hqk", query, key) * layer.scale
    if layer.softcap:
        scores = layer.softcap * np.tanh(scores / layer.softcap)
    scores = scores + bias
    seen = layer.mask.visible(slice(0, layer.queries), slice(0, layer.keys))
    scores = np.where(seen if visible is None else seen & visible, scores, -np.inf)
    total = np.exp(scores).sum(-1, keepdims=True) + (0 if sink is None else np.exp(sink)[:, None, None])
    return np.where(total > 0, np.exp(scores) / np.where(total > 0, total, 1), 0)


def read_all(layer: Factored, array: str = "weights") -> np.ndarray:
    return layer.read(array, tuple(slice(0, size) for size in layer.shape(array)))


@st.composite
def layers(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kv_heads, group = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    queries, keys, d_head = draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(st.integers(1, 5))
    heads = kv_heads * group
    extra = {}
    if draw(st.booleans()):
        extra["bias"] = rng.normal(size=(draw(st.sampled_from([1, heads])), queries, keys)).astype(np.float32)
    if draw(st.booleans()):
        extra["visible"] = rng.random((draw(st.sampled_from([1, heads])), queries, keys)) < 0.7
    if draw(st.booleans()):
        extra["sink"] = rng.normal(size=heads).astype(np.float32)
    rule = MaskRule(
        before=draw(st.none() | st.integers(0, 4)),
        after=draw(st.none() | st.integers(0, 4)),
        chunk=draw(st.none() | st.integers(1, 4)),
        offset=draw(st.integers(0, 3)),
    )
    layer = Factored.of(
        rng.normal(size=(heads, queries, d_head)).astype(np.float32),
        rng.normal(size=(kv_heads, keys, d_head)).astype(np.float32),
        scale=draw(st.sampled_from([0.5, 1.0, 3.0])),
        mask=rule,
        softcap=draw(st.none() | st.sampled_from([2.0, 30.0])),
        **extra,
    )
    return layer, extra


@settings(deadline=None)
@given(layers())
def test_weights_follow_the_definition(drawn):
    layer, extra = drawn
    expected = softmax_by_hand(layer, extra.get("bias", 0.0), extra.get("visible"), extra.get("sink"))
    np.testing.assert_allclose(read_all(layer), expected, atol=1e-5)


@settings(deadline=None)
@given(layers(), st.data())
def test_any_rectangle_equals_that_slice_of_the_whole(drawn, data):
    layer, _ = drawn
    slices = []
    for size in layer.shape("weights"):
        start = data.draw(st.integers(0, size))
        slices.append(slice(start, data.draw(st.integers(start, size))))
    for array in ("weights", "scores"):
        np.testing.assert_allclose(layer.read(array, slices), read_all(layer, array)[tuple(slices)], atol=1e-6)


@given(layers())
@settings(deadline=None)
def test_rows_sum_to_one_or_zero_and_to_less_only_with_a_sink(drawn):
    layer, extra = drawn
    total = read_all(layer).sum(-1)
    if "sink" in extra:
        assert (total < 1 + 1e-5).all()
    else:
        assert (np.isclose(total, 1, atol=1e-5) | (total == 0)).all()


def test_distance_bias_equals_the_same_bias_written_out():
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 6, 3))
    table = rng.normal(size=(2, 4 + 6 - 1))
    written = np.array([[[table[h, k - q + 3] for k in range(6)] for q in range(4)] for h in range(2)])
    short = Factored.of(query, key, scale=1.0, distance_bias=table)
    full = Factored.of(query, key, scale=1.0, bias=written)
    np.testing.assert_allclose(read_all(short), read_all(full), atol=1e-12)
    part = (slice(1, 2), slice(2, 4), slice(3, 5))
    np.testing.assert_allclose(short.read("weights", part), read_all(full)[part], atol=1e-12)


def test_given_lse_is_used_and_float64_stays_float64():
    query = key = np.zeros((1, 2, 3))
    layer = Factored.of(query, key, scale=1.0, lse=np.full((1, 2), np.log(4.0)))
    assert layer.dtype == np.float64
    np.testing.assert_allclose(read_all(layer), 0.25)


def test_half_precision_is_recomputed_in_float32():
    layer = Factored.of(np.ones((1, 2, 4), np.float16), np.ones((1, 2, 4), np.float16), scale=0.5)
    assert read_all(layer).dtype == np.float32


def test_huge_scores_do_not_overflow():
    layer = Factored.of(np.full((1, 2, 1), 1e4, np.float32), np.full((1, 2, 1), 1e4, np.float32), scale=1.0)
    np.testing.assert_allclose(read_all(layer), 0.5)


@pytest.mark.parametrize(
    ("query", "key", "message"),
    [
        ((2, 3, 4), (2, 3, 5), "query and key must have the same width; got 4 and 5"),
        ((3, 3, 4), (2, 3, 4), "3 query heads cannot share 2 key heads evenly"),
    ],
)
@pytest.mark.usefixtures("as_users_do")
def test_shapes_that_do_not_fit(query, key, message):
    with pytest.raises(ArgumentError, match=message):
        Factored.of(np.zeros(query), np.zeros(key), scale=1.0)


def test_memory_is_linear_in_length():
    layer = Factored.of(np.zeros((4, 1000, 8), np.float32), np.zeros((2, 1000, 8), np.float32), scale=1.0)
    assert layer.nbytes == 4 * 1000 * 8 * (4 + 2)
