"""States as points: principal components, the same everywhere, and UMAP with the neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regard
from corpus.conftest import PAIRS, TEXTS
from regard.corpus.plane import by_mds, waited
from regard.errors import ArgumentError, MissingExtraError, StoppedError


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(2, 9))
@settings(max_examples=30)
def test_components_are_orthonormal_and_explain_the_variance(seed, states, width):
    x = np.random.default_rng(seed).standard_normal((states, width)) * np.geomspace(1, 0.01, width)
    found = regard.corpus.pca(x, min(states - 1, width))
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(len(found.components)), atol=1e-9)
    assert sum(found.explained) == pytest.approx(1)
    centred = x - x.mean(0)
    variance = np.linalg.eigvalsh(centred.T @ centred)[::-1][: len(found.explained)]
    np.testing.assert_allclose(found.explained, variance / (centred**2).sum(), atol=1e-9)
    np.testing.assert_allclose(found.project(x), found.points, atol=1e-9)
    assert (found.components[np.arange(len(found.components)), np.abs(found.components).argmax(1)] > 0).all()


def test_the_sign_does_not_hang_on_the_order():
    x = np.random.default_rng(1).standard_normal((30, 8))
    found, other = regard.corpus.pca(x), regard.corpus.pca(x[::-1])
    np.testing.assert_allclose(found.points, other.points[::-1], atol=1e-9)


@pytest.mark.parametrize("states", [np.ones((4, 3)), np.ones((1, 3))])
def test_equal_states_are_one_point(states):
    found = regard.corpus.pca(states)
    assert not found.points.any()
    assert found.explained == (0, 0)


def test_an_input_is_a_trajectory_among_its_neighbours(pairs, bart):
    states = pairs.states(*bart, *PAIRS[0])
    found = regard.corpus.project(states, pairs, stream="decoder", layer=3, k=4)
    near = pairs.neighbours(states, 4, stream="decoder", layer=3)
    assert found.points.shape == (len(near), 2)
    assert found.labels == states.tokens["decoder"].labels
    assert sum(one.count for one in found.near) == 4 * len(near)
    assert len({(one.neighbour.text.number, one.neighbour.position) for one in found.near}) == len(found.near)
    for one in found.near:  # a neighbour that is the state itself lies where the state lies
        if one.neighbour.text.number == 0 and one.neighbour.position in one.positions:
            np.testing.assert_allclose(one.point, found.points[one.neighbour.position], atol=1e-4)
    assert found.note == "PCA: the axes hold {:.0%}, {:.0%} of the variance".format(*found.explained)


def test_without_a_corpus_the_input_alone_is_projected(bert):
    states = regard.corpus.states(*bert, TEXTS[0])
    found = regard.corpus.project(states, layer=1)
    assert (found.stream, found.layer, found.near) == ("encoder", 1, ())
    np.testing.assert_array_equal(found.points, regard.corpus.pca(states.of("encoder", 1)).points)


def test_umap_is_said_to_be_missing_where_it_is(bert, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(MissingExtraError, match=r"A projection by UMAP needs .*'umap-learn'.*regard\[umap\]"):
        regard.corpus.project(regard.corpus.states(*bert, TEXTS[0]), method="umap")


def test_umap_is_fitted_on_states_and_neighbours_together(pairs, bart, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # compiling takes longer than running
    states = pairs.states(*bart, *PAIRS[2])
    first, second = (
        regard.corpus.project(states, pairs, stream="encoder", layer=1, method="umap", k=2) for _ in range(2)
    )
    np.testing.assert_array_equal(first.points, second.points)
    count = len(first.points) + len(first.near)
    assert first.note == f"UMAP of {count} states: near points are near states; distances between clusters mean little"
    assert first.explained is None
    itself = next(one for one in first.near if one.neighbour.distance < 1e-6 and one.neighbour.text.number == 2)
    others = np.linalg.norm(first.points - itself.point, axis=1)
    assert others.argmin() in itself.positions


def test_scaling_of_euclidean_distances_is_pca():
    x = np.random.default_rng(2).standard_normal((12, 5)) * [4, 2, 1, 1, 0.5]
    points, note = by_mds(x, "l2")
    np.testing.assert_allclose(np.abs(points), np.abs(regard.corpus.pca(x).points), atol=1e-6)
    assert note.startswith("MDS of the l2 distances of 12 states: stress 0.")
    flat = by_mds(np.pad(x[:, :2], ((0, 0), (0, 3))), "l2")
    apart = np.linalg.norm(flat[0][:, None] - flat[0][None], axis=-1)
    np.testing.assert_allclose(apart, np.linalg.norm(x[:, None, :2] - x[None, :, :2], axis=-1), atol=1e-6)
    assert "stress 0.00 (0: distances are kept)" in flat[1]


def test_scaling_follows_the_distances_of_the_corpus():
    x = np.random.default_rng(3).standard_normal((9, 4))
    longer = x * np.arange(1, 10)[:, None]
    np.testing.assert_allclose(by_mds(x, "cosine")[0], by_mds(longer, "cosine")[0], atol=1e-6)
    assert not np.allclose(by_mds(x, "l2")[0], by_mds(longer, "l2")[0])
    with pytest.raises(ArgumentError, match=r"all pairs of at most 3,000 states; there are 3,001: ask for fewer"):
        by_mds(np.ones((3001, 2)), "cosine")


def test_tsne_needs_its_library_and_enough_states(pairs, bart, monkeypatch):
    states = pairs.states(*bart, *PAIRS[2])
    found = regard.corpus.project(states, pairs, stream="encoder", layer=1, method="tsne", k=2)
    count = len(found.points) + len(found.near)
    assert found.note.startswith(f"t-SNE of {count} states, perplexity")
    assert np.isfinite(found.points).all()
    with pytest.raises(ArgumentError, match=r"t-SNE needs at least 5 states; there are \d: use method='pca'"):
        regard.corpus.project(regard.corpus.states(*bart, [3, 4], [2, 5]), stream="encoder", layer=1, method="tsne")
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"A projection by t-SNE needs .*'scikit-learn'.*regard\[umap\]"):
        regard.corpus.project(states, layer=1, stream="encoder", method="tsne")


def test_waiting_ends_when_it_is_asked_to_and_errors_come_through():
    import threading

    held, asked = threading.Event(), []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(StoppedError, match="the projection was stopped before it was done"):
        waited(lambda: held.wait(20), stop)
    held.set()
    assert waited(lambda: 7, None) == 7
    with pytest.raises(ZeroDivisionError):
        waited(lambda: 1 / 0, lambda: False)
