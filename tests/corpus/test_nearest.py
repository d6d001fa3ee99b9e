"""What a search finds is what comparing with every state finds, and its distances are exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import regard
from corpus.conftest import PAIRS, TEXTS
from regard.corpus.neighbour import distances


def everything(corpus, stream, layer):
    """All states of a space, [state, d_model], with (text, position) of each."""
    table = corpus._store.states[stream, layer].to_arrow()
    vectors = np.array(table["vector"].to_pylist())
    return vectors, list(zip(table["text"].to_pylist(), table["position"].to_pylist(), strict=True))


@pytest.mark.parametrize("metric", ["cosine", "l2"])
def test_the_nearest_are_the_nearest(bert, tmp_path, metric):
    corpus = regard.corpus.index(*bert, TEXTS, tmp_path / "c", metric=metric)
    vectors, places = everything(corpus, "encoder", 3)
    query = np.random.default_rng(0).standard_normal(32)
    far = np.linalg.norm(vectors - query, axis=1)
    if metric == "cosine":
        far = 1 - vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    near = corpus.nearest(query, 7)
    order = np.argsort(far)[:7]
    assert [(one.text.number, one.position) for one in near] == [places[i] for i in order]
    np.testing.assert_allclose([one.distance for one in near], far[order], rtol=1e-5)
    assert near.metric == metric
    assert near.note == f"exact: compared with all {len(corpus)} states; {metric} distance"


def test_filters_by_stream_and_layer(pairs):
    vector = pairs.nearest(np.ones(32), 1, stream="decoder", layer=2)[0].vector
    for stream, layer in [("encoder", 1), ("decoder", 2), ("context", 3)]:
        near = pairs.nearest(vector, 50, stream=stream, layer=layer)
        assert {(one.stream, one.layer) for one in near} == {(stream, layer)}
        assert near.searched == pairs.counts[stream, layer]
    both = pairs.nearest(vector, 400, layer=2)
    assert {one.stream for one in both} == {"encoder", "decoder", "context"}
    assert [one.distance for one in both] == sorted(one.distance for one in both)
    assert pairs.nearest(vector, 3)[0].distance < 1e-6


def test_texts_can_be_left_out(pairs, bart):
    states = pairs.states(*bart, *PAIRS[0])
    with_it, without = (pairs.neighbours(states, 5, positions=[3], without=out)[0] for out in ((), (0, 2)))
    assert with_it[0].text.number == 0
    assert {one.text.number for one in without} <= {1, 3}


def test_a_row_says_where_it_is_from(pairs, bart):
    states = pairs.states(*bart, *PAIRS[2])
    one = pairs.neighbours(states, 1, stream="decoder", positions=[2])[0][0]
    assert (one.source, one.target) == PAIRS[2]
    assert one.token == states.tokens["decoder"].labels[2]
    assert one.next == states.tokens["decoder"].labels[3]
    assert one.around(-1) == states.tokens["decoder"].labels[1]
    assert one.around(-3) is None
    assert f"[{one.token}]" in str(one)
    assert str(one) in repr(pairs.neighbours(states, 1, stream="decoder", positions=[2])[0])


def test_distinct_texts_are_counted(pairs):
    near = pairs.nearest(np.ones(32), 40, stream="encoder", layer=1)
    texts = near.texts()
    assert sum(text.count for text in texts) == 40
    assert len({text.text.number for text in texts}) == len(texts)
    assert [text.count for text in texts] == sorted((text.count for text in texts), reverse=True)
    assert min(text.distance for text in texts) == near[0].distance
    assert len(near[:3].texts()) <= 3


def test_a_corpus_is_opened_again_by_its_path(pairs):
    again = regard.corpus.open(str(pairs.path))
    assert repr(again) == repr(pairs)
    assert again.texts[3].source == TEXTS[3]
    assert again.added is None
    assert len(list(again.texts)) == 4
    assert again.model.architecture == "BartForConditionalGeneration"


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=6), st.sampled_from(["cosine", "l2"]), st.floats(0.1, 9))
def test_distance_to_itself_is_nothing(numbers, metric, factor):
    x = np.array(numbers)
    if metric == "l2" or np.linalg.norm(x) > 1e-3:
        assert distances(x, x[None], metric)[0] <= 1e-9
    if metric == "cosine" and np.linalg.norm(x) > 1e-3:
        assert distances(x, factor * x[None], metric)[0] <= 1e-9
        assert distances(x, -x[None], metric)[0] == pytest.approx(2)
