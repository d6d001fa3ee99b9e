import numpy as np
import pytest

from regard.errors import ArgumentError
from regard.record import Tokens, from_qk, from_weights


def uniform(layers=2, heads=3, tokens=4) -> np.ndarray:
    return np.full((layers, heads, tokens, tokens), 1 / tokens, np.float32)


def test_tuple_of_layers_with_a_batch_axis_is_what_models_return():
    record = from_weights(tuple(layer[None] for layer in uniform()), tokens=list("abcd"))
    assert record.weights.shape == (2, 3, 4, 4)
    np.testing.assert_array_equal(np.asarray(record.weights), uniform())


def test_indexing_is_numpy_indexing():
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, 3, 4, 7, 5))
    record = from_qk(query, key, causal=True)
    whole = np.asarray(record.weights)
    for index in [
        (1, 2),
        (slice(None), 0, -1, ...),
        (..., 3),
        (0, slice(1, 3), slice(None, None, 2), slice(5, 1, -2)),
        (),
    ]:
        np.testing.assert_allclose(record.weights[index], whole[index], atol=1e-15)
    assert record.weights[1, 2, 3, :2].shape == (2,)
    assert record.weights[1, 2, 3, 1] == pytest.approx(whole[1, 2, 3, 1])


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ((9,), r"layer 9 does not exist; there are 2 \(0 to 1\)"),
        ((0, 3), r"head 3 does not exist; there are 3"),
        ((0, 0, 0, 0, 0), "too many indices"),
        (([0, 1],), r"layer: index with an integer or a slice, not \[0, 1\]"),
    ],
)
def test_wrong_index(index, message):
    with pytest.raises(IndexError, match=message):
        from_weights(uniform()).weights[index]


def test_window_counts_the_query_itself():
    weights = from_qk(np.zeros((1, 1, 5, 2)), np.zeros((1, 1, 5, 2)), causal=True, window=2).weights[0, 0, :, :]
    assert (weights > 0).sum(axis=1).tolist() == [1, 2, 2, 2, 2]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((), "no layers; pass weights"),
        ((None,), "layer 0 of the attention is None: .*regard.capture"),
        (np.ones((1, 2, 3)), r"layer 0: expected weights \[head, query, key\].*got shape \[2, 3\]"),
        (np.full((1, 1, 2, 2), np.nan), "weights of layer 0 hold NaN, first at head 0, query 0"),
        (np.full((1, 1, 2, 2), -1.0), "must be finite and not negative; are these scores"),
        (
            np.ones((1, 1, 2, 2)),
            "2 of 2 rows of layer 0 do not sum to one .*sums to 2.000.*model.eval.*unnormalized=True",
        ),
        (np.full((1, 1, 2, 4), 0.25), r"self-attention must be square; got \[query, key\] = \[2, 4\]"),
        ((uniform()[0], uniform(tokens=5)[0]), "layers differ in .query, key. size"),
        ((np.array([[["a"]]]),), "layer 0: expected numbers, got an array of <U1"),
    ],
)
def test_bad_weights(weights, message):
    with pytest.raises(ArgumentError, match=message):
        from_weights(weights)


def test_unnormalized_rows_are_kept_when_asked_for():
    record = from_weights(np.full((1, 1, 2, 2), 0.3), unnormalized=True)
    np.testing.assert_allclose(record.weights[0, 0, :, :], 0.3)


def test_rows_that_see_nothing_are_allowed():
    weights = uniform(1, 1, 2)
    weights[0, 0, 0] = 0
    assert from_weights(weights).weights[0, 0, 0, :].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (["a"], "the attention has 4 positions but there are 1 tokens"),
        ("abcd", "expected a list of 4 strings, one per token, got the string 'abcd'"),
    ],
)
def test_tokens_that_do_not_fit(tokens, message):
    with pytest.raises(ArgumentError, match=message):
        from_weights(uniform(), tokens=tokens)


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 2, 4, 5)])
def test_queries_and_keys_must_have_four_axes_and_the_same_tokens(shape):
    with pytest.raises(ArgumentError, match=r"query must be \[layer, head, token, d_head\]"):
        from_qk(np.zeros(shape), np.zeros((1, 2, 3, 5)))


def test_queries_must_be_finite():
    with pytest.raises(ArgumentError, match="must be finite"):
        from_qk(np.full((1, 1, 2, 2), np.inf), np.zeros((1, 1, 2, 2)))


def test_second_text_must_start_inside():
    tokens = Tokens(("a", "b", "c"))
    assert tokens.with_segments(1).segments == (0, 1, 1)
    for start in (0, 3):
        with pytest.raises(ArgumentError, match=r"must start inside the 3 tokens \(1 to 2\)"):
            tokens.with_segments(start)
