"""Heads grouped by how they attend, and ties among them."""

import numpy as np
import pytest

import regard
from regard import measure
from regard.errors import ArgumentError

N = 64


def rows(sharp: np.ndarray, seed: int, noise: float = 0.0) -> np.ndarray:
    found = np.full((N, N), 0.2 / N)
    found[np.arange(N), sharp] += 0.8
    found *= np.exp(noise * np.random.default_rng(seed).standard_normal((N, N)))
    return found / found.sum(-1, keepdims=True)


FIRST, BEFORE = np.zeros(N, dtype=int), np.maximum(np.arange(N) - 1, 0)


def test_linkage_is_the_average_where_nothing_ties() -> None:
    random = np.random.default_rng(4)
    heads = [
        rows(np.where(random.random(N) < share, 0, BEFORE), i, 0.2) for i, share in enumerate((0, 0.15, 0.5, 0.9, 1))
    ]
    found = measure.head_clusters(regard.from_weights(np.stack(heads)[None]))
    np.testing.assert_allclose(
        found.between, measure.head_distances(regard.from_weights(np.stack(heads)[None])).between
    )
    assert not found.ties
    groups, apart = [{0}, {1}, {2}, {3}, {4}], found.between
    for merge in found.merges:
        pairs = [
            (np.mean([apart[a, b] for a in one for b in other]), one, other)
            for i, one in enumerate(groups)
            for other in groups[:i]
        ]
        height, one, other = min(pairs, key=lambda pair: pair[0])
        assert merge.height == pytest.approx(height)
        groups = [group for group in groups if group not in (one, other)] + [one | other]


def test_heads_that_attend_alike_form_groups_and_equal_ones_a_tie_set() -> None:
    heads = np.stack([rows(FIRST, 0), rows(BEFORE, 1, 0.1), rows(FIRST, 0), rows(FIRST, 0), rows(BEFORE, 2, 0.1)])
    found = measure.head_clusters(regard.from_weights(heads[None]))
    assert found.ties == [((0, 0), (0, 2), (0, 3))]
    assert found.merges[0] == ((0, 2, 3), pytest.approx(0, abs=1e-9))
    assert found.into(2) == [((0, 0), (0, 2), (0, 3)), ((0, 1), (0, 4))]
    assert [len(group) for group in found.at(-1)] == [1] * 5
    assert [len(group) for group in found.at(1)] == [5]


def test_which_of_three_noisy_copies_are_closest_cannot_be_told() -> None:
    heads = np.stack([rows(FIRST, seed, 0.3) for seed in (11, 12, 13)] + [rows(BEFORE, 9, 0.3)])
    found = measure.head_clusters(regard.from_weights(heads[None]))
    assert found.ties == [((0, 0), (0, 1), (0, 2))]
    assert found.merges[1].height > 0.3
    order = [3, 1, 0, 2]
    again = measure.head_clusters(regard.from_weights(heads[None][:, order]))
    assert [{order[head] for _, head in group} for group in again.ties] == [{0, 1, 2}]


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_grouped_is_said() -> None:
    record = regard.from_weights(np.stack([rows(FIRST, 0), rows(BEFORE, 1)])[None])
    with pytest.raises(ArgumentError, match=r"over 2 blocks of queries or more; got 1"):
        measure.head_clusters(record, blocks=1)
    with pytest.raises(ArgumentError, match=r"into 1 group or more; got 0"):
        measure.head_clusters(record).into(0)
