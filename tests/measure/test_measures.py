"""Measures against the same formula written out over whole matrices, on every kind of mask, and on cases by hand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import regard
from regard import measure
from regard.errors import ArgumentError
from regard.record import Attention, Dense, Factored, MaskRule, Record, Tokens
from regard.record.engine.machine import using

N, HEADS, LAYERS = 300, 4, 2
MASKS = {
    "full": MaskRule(),
    "causal": MaskRule(after=0),
    "window": MaskRule(before=19, after=0),
    "chunks": MaskRule(after=0, chunk=64),
}
IDS = np.random.default_rng(3).integers(0, 40, N)
TOKENS = Tokens(tuple(f" w{i}" if i % 7 else "." for i in range(N)), ids=IDS, special=(True,) + (False,) * (N - 1))


def made(mask: MaskRule, dtype: str = "float64") -> Record:
    random = np.random.default_rng(7)
    draw = lambda heads: (2 * random.standard_normal((heads, N, 8))).astype(dtype)  # noqa: E731
    layers = tuple(Factored.of(draw(HEADS), draw(2), scale=0.3, mask=mask) for _ in range(LAYERS))
    return Record({"decoder": TOKENS}, {"decoder": Attention("decoder", layers, "decoder", "decoder")})


@pytest.fixture(params=MASKS)
def record(request: pytest.FixtureRequest) -> Record:
    return made(MASKS[request.param])


def far() -> np.ndarray:
    return abs(np.arange(N)[:, None] - np.arange(N)[None, :])


def on(pattern: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Mass on a pattern [query, key], for queries that have any."""
    return lambda w: np.where(pattern.any(-1), (w * pattern).sum(-1), np.nan)


BEFORE = np.arange(N)[None, :] < np.arange(N)[:, None]
SAME = (IDS[None, :] == IDS[:, None]) & BEFORE
FOLLOWS = np.pad(IDS[None, :-1] == IDS[:, None], ((0, 0), (1, 0))) & (BEFORE | np.eye(N, dtype=bool))
SEPARATOR = np.array([piece == "." for piece in TOKENS.pieces])
WRITTEN_OUT: dict[str, tuple[Callable[..., np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "entropy": (measure.entropy, lambda w: -(w * np.log(np.maximum(w, 1e-300))).sum(-1)),
    "mean_distance": (measure.mean_distance, lambda w: (w * far()).sum(-1)),
    "locality": (measure.locality, lambda w: (w * (far() <= 2)).sum(-1)),
    "first_position": (measure.first_position, lambda w: w[..., 0]),
    "special_mass": (measure.special_mass, lambda w: w[..., 0]),
    "separator_mass": (measure.separator_mass, lambda w: w[..., SEPARATOR].sum(-1)),
    "duplicate_token": (measure.duplicate_token, on(SAME)),
    "prefix_matching": (measure.prefix_matching, on(FOLLOWS)),
}


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_a_measure_is_its_formula(record: Record, name: str) -> None:
    found, formula = WRITTEN_OUT[name]
    expected = formula(np.asarray(record.weights))
    np.testing.assert_allclose(found(record, per_query=True), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found(record), np.nanmean(expected, axis=-1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_torch_gives_the_same(name: str) -> None:
    pytest.importorskip("torch")
    record, (found, _) = made(MASKS["window"], "float32"), WRITTEN_OUT[name]
    with using("torch"):
        other = found(record, per_query=True)
    np.testing.assert_allclose(other, found(record, per_query=True), rtol=2e-4, atol=1e-5)


def test_offsets_read_a_diagonal_and_know_what_is_hidden(record: Record) -> None:
    weights = np.asarray(record.weights)
    hidden = record.attention().layer(0).mask.hidden(np.arange(N)[:, None], np.arange(N)[None, :])
    weights = np.where(hidden, np.nan, weights)
    for offset, found in ((-1, measure.previous_token), (0, measure.self_token), (1, measure.next_token)):
        place = np.arange(max(0, -offset), N - max(0, offset))
        expected = np.full(weights.shape[:3], np.nan)
        expected[..., place] = weights[..., place, place + offset]
        np.testing.assert_allclose(found(record, per_query=True), expected, rtol=1e-9)


def test_the_next_token_is_not_defined_under_a_causal_mask() -> None:
    assert np.isnan(measure.next_token(made(MASKS["causal"]))).all()


def test_entropy_as_a_share_of_what_is_possible() -> None:
    even = regard.from_weights(np.tril(np.ones((1, 1, 5, 5))) / np.arange(1, 6)[:, None])
    assert measure.entropy(even)[0, 0] == pytest.approx(np.log(np.arange(1, 6)).mean())
    assert measure.effective_width(even)[0, 0] == pytest.approx(3.0)
    record = made(MASKS["causal"])
    share = measure.entropy(record, normalised=True, per_query=True)
    assert np.isnan(share[..., 0]).all()
    assert ((share[..., 1:] > 0) & (share[..., 1:] <= 1 + 1e-12)).all()


def test_a_sink_is_judged_by_the_queries_that_see_it() -> None:
    weights = np.array([[1, 0, 0], [0.6, 0.4, 0], [0.5, 0.1, 0.4]])[None, None]
    record = regard.from_weights(weights)
    assert measure.sink(record)[0, 0] == pytest.approx(0.7)
    causal = made(MASKS["causal"])
    expected = np.asarray(causal.weights)[..., 5].sum(-1) / (N - 5)
    np.testing.assert_allclose(measure.sink(causal, key=5), expected)
    assert measure.sink_rate(record) == 1.0
    assert measure.sink_rate(record, above=0.75) == 0.0


def test_an_induction_head_scores_one_on_prefixes_and_nothing_on_duplicates() -> None:
    ids = np.tile(np.arange(6), 2)
    weights = np.zeros((1, 1, 12, 12))
    for query in range(12):
        weights[0, 0, query, query - 5 if query > 5 else 0] = 1
    record = regard.from_weights(weights)
    assert measure.prefix_matching(record, ids=ids)[0, 0] == 1.0
    assert measure.duplicate_token(record, ids=ids)[0, 0] == 0.0
    assert np.isnan(measure.prefix_matching(record, ids=np.arange(12))).all()


def test_rollout_is_the_product_of_the_layers() -> None:
    record = made(MASKS["causal"])
    mixed = [(layer.mean(0) + np.eye(N)) / 2 for layer in np.asarray(record.weights)]
    np.testing.assert_allclose(measure.rollout(record, query=250), (mixed[1] @ mixed[0])[250], rtol=1e-9)
    np.testing.assert_allclose(measure.rollout(record, query=250, layer=0), mixed[0][250], rtol=1e-9)
    assert measure.rollout(record, query=250).sum() == pytest.approx(1)


def test_deep_rollout_has_to_be_asked_for() -> None:
    deep = regard.from_weights(np.tile(np.full((1, 1, 3, 3), 1 / 3), (8, 1, 1, 1)))
    with pytest.raises(ArgumentError, match=r"rollout through 8 layers blurs .* layer up to 5, or say deep=True"):
        measure.rollout(deep, query=1)
    assert measure.rollout(deep, query=1, deep=True).argmax() == 1


def test_distances_between_heads() -> None:
    record = made(MASKS["causal"])
    heads, between = measure.head_distances(record)
    rows = np.asarray(record.weights).reshape(LAYERS * HEADS, N, N)
    entropy = lambda p: -(p * np.log(np.maximum(p, 1e-300))).sum(-1)  # noqa: E731
    expected = [[(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2).mean() for q in rows] for p in rows]
    np.testing.assert_allclose(between, expected, atol=1e-12)
    assert heads[5] == (1, 1)
    part = measure.head_distances(record, queries=range(10, 20)).between
    assert part.shape == between.shape
    assert not np.allclose(part, between)


def test_layers_without_attention_have_no_value() -> None:
    whole = made(MASKS["causal"])
    attention = whole.attention()
    hybrid = replace(whole, attentions={"decoder": replace(attention, layers=(None, *attention.layers))})
    found = measure.entropy(hybrid)
    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[1:], measure.entropy(whole))


def cross() -> Record:
    streams = {"encoder": Tokens.of(None, 3), "decoder": Tokens.of(None, 2)}
    dense = Dense.of(np.full((1, 2, 3), 1 / 3))
    return Record(streams, {"cross": Attention("cross", (dense,), "decoder", "encoder")})


@pytest.mark.parametrize("of", [measure.mean_distance, measure.previous_token, measure.prefix_matching])
def test_positions_of_two_sequences_are_not_compared(of: Callable[..., np.ndarray]) -> None:
    with pytest.raises(ArgumentError, match=r"one sequence; cross attention goes from the decoder to the encoder"):
        of(cross())
    assert measure.entropy(cross())[0, 0] == pytest.approx(np.log(3))


def test_what_is_missing_is_said() -> None:
    record = regard.from_weights(np.eye(3)[None, None])
    with pytest.raises(
        ArgumentError, match=r"duplicate_token compares token ids, and these tokens have none; pass ids="
    ):
        measure.duplicate_token(record)
    with pytest.raises(ArgumentError, match=r"there are 3 tokens but 2 ids"):
        measure.duplicate_token(record, ids=np.arange(2))
    with pytest.raises(ArgumentError, match=r"no key 3; keys are 0 to 2"):
        measure.sink(record, key=3)
    with pytest.raises(ArgumentError, match=r"mass: expected 3 flags, one per key; got shape \(2,\)"):
        measure.mass(record, np.array([True, False]))
    with pytest.raises(ArgumentError, match=r"queries must be a run within 0 to 3; got range\(0, 9\)"):
        measure.head_distances(record, queries=range(9))
    with pytest.raises(ArgumentError, match=r"no query 3; queries are 0 to 2"):
        measure.rollout(record, query=3)
    with pytest.raises(ArgumentError, match=r"within is a number of positions, 0 or more; got -1"):
        measure.locality(record, within=-1)
