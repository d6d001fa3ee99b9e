import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Attention, Factored, MaskRule, Record, Tokens, parts


@pytest.fixture
def layer() -> Factored:
    """Every term at once: shared key heads, soft-cap, both biases, a stored mask beside a rule, and a sink."""
    random = np.random.default_rng(0)
    return Factored.of(
        random.normal(size=(4, 6, 8)).astype(np.float32),
        random.normal(size=(2, 9, 8)).astype(np.float32),
        scale=0.3,
        softcap=1.5,
        mask=MaskRule(before=4, after=0, offset=3),
        bias=random.normal(size=(1, 6, 9)).astype(np.float32),
        distance_bias=random.normal(size=(4, 14)).astype(np.float32),
        visible=random.random((4, 1, 9)) > 0.2,
        sink=random.normal(size=4).astype(np.float32),
    )


def test_all_terms_together_give_the_weights(layer):
    for head in range(4):
        for query in range(6):
            found = parts(layer, head, query)
            weights = layer.read("weights", (slice(head, head + 1), slice(query, query + 1), slice(0, 9)))[0, 0]
            np.testing.assert_allclose(found.weights, weights, rtol=1e-5, atol=1e-8)
            assert found.weights.sum() + found.sink_weight == pytest.approx(1)
            assert list(found.columns()) == [
                "dot", "scaled", "capped", "distance_bias", "bias", "mask", "scores", "weights",
            ]  # fmt: skip


def test_keys_in_any_order_and_more_than_once(layer):
    whole, some = parts(layer, 2, 4), parts(layer, 2, 4, [7, 0, 3, 7, 4])
    for name, column in some.columns().items():
        np.testing.assert_array_equal(column, whole.columns()[name][[7, 0, 3, 7, 4]])
    assert (some.kv_head, some.position, some.keys.tolist()) == (1, 4, [7, 0, 3, 7, 4])
    assert parts(layer, 2, 4, []).weights.shape == (0,)


def test_a_query_that_sees_nothing():
    layer = Factored.of(np.ones((1, 2, 2)), np.ones((1, 2, 2)), scale=1, visible=np.zeros((1, 2, 2), bool))
    found = parts(layer, 0, 0)
    assert found.weights.tolist() == [0, 0]
    assert found.scores.tolist() == [-np.inf, -np.inf]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((9, 0), "no head 9; there are: 0, 1, 2, 3"), ((0, 6), "no query 6"), ((0, 0, [3, 9]), "no key 9; there are")],
)
def test_what_does_not_exist_is_named(layer, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        parts(layer, *arguments)


def test_pairs_of_dimensions_that_are_none_are_refused():
    numbers = np.ones((1, 2, 4))
    layer = Factored.of(numbers, numbers, scale=1, rotary=np.array([[0.0, 9.0, 0.1]]))
    with pytest.raises(ArgumentError, match=r"rotary pairs must be dimensions from 0 to 3; got \[\[0\.0, 9\.0\]\]"):
        parts(layer, 0, 0)


def test_finished_weights_cannot_be_taken_apart():
    record = regard.from_weights(np.full((1, 2, 3, 3), 1 / 3))
    with pytest.raises(ArgumentError, match=r"holds finished weights.*regard\.capture\(model"):
        record.parts(0, 0, 0)


def test_parts_of_a_kind(layer):
    tokens = {"decoder": Tokens.of(None, 6), "encoder": Tokens.of(None, 9)}
    record = Record(tokens, {"cross": Attention("cross", (layer,), "decoder", "encoder")})
    np.testing.assert_array_equal(record.parts(0, 1, 2, kind="cross").weights, parts(layer, 1, 2).weights)
