"""Roles of heads that were made to have them, and of heads that have none."""

import numpy as np
import pytest

import regard
from regard import measure
from regard.errors import ArgumentError
from regard.record import Attention, Choices, Dense, Generation, Record, Tokens

N = 96
IDS = np.concatenate([np.random.default_rng(1).permutation(N // 3)] * 3)


def looking(place) -> np.ndarray:
    """A causal head [query, key] that puts 0.9 where ``place(query)`` says and the rest everywhere it may."""
    weights = np.tril(np.ones((N, N))) / np.arange(1, N + 1)[:, None]
    sharp = np.zeros((N, N))
    sharp[np.arange(N), [max(0, place(query)) for query in range(N)]] = 1
    return 0.1 * weights + 0.9 * sharp


def written() -> Record:
    period = N // 3
    heads = [
        looking(lambda query: query - 1),
        looking(lambda query: query - period),
        looking(lambda query: query - period + 1 if query >= period else 0),
        looking(lambda query: 0),
    ]
    random = np.random.default_rng(2)
    blurred = np.tril(np.exp(random.standard_normal((4, N, N))))
    weights = np.stack([np.stack(heads), blurred / blurred.sum(-1, keepdims=True)])
    return regard.from_weights(weights, tokens=Tokens(tuple(f"t{i}" for i in IDS), ids=IDS))


def test_each_role_finds_its_head_and_no_other() -> None:
    found = measure.roles(written())
    assert list(found) == ["previous_token", "next_token", "self_token", "duplicate_token", "prefix_matching"]
    assert {name: role.heads() for name, role in found.items()} == {
        "previous_token": [(0, 0)],
        "next_token": [],
        "self_token": [],
        "duplicate_token": [(0, 1)],
        "prefix_matching": [(0, 2)],
    }


def test_a_score_stands_beside_its_baseline_and_its_bounds() -> None:
    role = measure.roles(written())["prefix_matching"]
    assert role.score[0, 2] == pytest.approx(0.9, abs=0.02)
    assert role.baseline[0, 2] < 0.1
    np.testing.assert_allclose(role.margin, role.score - role.baseline)
    assert (role.low <= role.margin).all()
    assert (role.margin <= role.high).all()
    assert role.low[0, 2] > 0.6
    assert measure.roles(written(), seed=0)["prefix_matching"].low[0, 2] == role.low[0, 2]


def test_the_baseline_of_an_offset_is_the_best_other_one() -> None:
    role = measure.roles(written())["self_token"]
    weights = np.asarray(written().weights)[0, 0]
    assert role.baseline[0, 0] == pytest.approx(np.mean([weights[i, i - 1] for i in range(1, N)]))


def test_a_text_in_which_nothing_repeats_has_no_roles_of_tokens() -> None:
    record = regard.from_weights(np.stack([[looking(lambda query: query)]]))
    assert list(measure.roles(record)) == ["previous_token", "next_token", "self_token"]


def test_retrieval_counts_what_was_copied_from_the_needle() -> None:
    read = np.array([9, 3, 4, 5, 8, 3, 4])
    weights = np.zeros((1, 2, 7, 7))
    weights[0, 0, range(7), [0, 0, 0, 0, 1, 2, 3]] = 1
    weights[0, 1, range(7), 0] = 1
    tokens = Tokens(tuple(map(str, read)), ids=read)
    answer = Tokens(("3", "4", "6"), ids=np.array([3, 4, 6]))
    attention = Attention("decoder", (Dense.of(weights[0]),), "decoder", "decoder")
    choices = Choices(answer, np.zeros((3, 1)), np.zeros(3))
    record = Record({"decoder": tokens}, {"decoder": attention}, generation=Generation("decoder", 5, answer, choices))
    np.testing.assert_allclose(measure.retrieval(record, slice(1, 4)), [[2 / 3, 0]])
    with pytest.raises(ArgumentError, match=r"within the prompt, 0 to 5; got slice\(3, 9, None\)"):
        measure.retrieval(record, slice(3, 9))
    with pytest.raises(ArgumentError, match=r"capture it with regard.capture_generation"):
        measure.retrieval(written(), slice(0, 2))
