"""Connecting a decision to samples: the nearest states of a corpus, and word alignment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import regard
from regard import corpus
from regard.demo import dates
from regard.errors import ArgumentError
from regard.testing import tiny_model, tiny_tokenizer
from workbench.test_messages import ask

pytest.importorskip("lancedb")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: Any) -> Any:
    """Dates that the normaliser was trained on, indexed."""
    texts = list(dates.pairs(40))
    where = tmp_path_factory.mktemp("corpus") / "dates"
    return corpus.index(*dates.load(), texts, where, layers="all", streams=("encoder", "decoder", "context"))


@pytest.fixture
def bench(normaliser: Any, samples: Any) -> Any:
    return regard.Workbench(*normaliser, samples.texts[3].source, beams=2, neighbours=samples)


def test_connect_a_decision_to_samples(bench, samples):
    """The states of a text that is in the corpus are nearest to themselves; the others are like them."""
    found = bench.near(5, stream="encoder", layer=2, k=10)
    assert found.found[0].text == 3
    assert found.found[0].position == 5
    assert found.found[0].distance == pytest.approx(0, abs=1e-5)
    assert found.found[0].side == "source"
    assert "exact" in found.note
    own = bench.state.decoding
    other = bench.near(len(own.start) + 3, stream="decoder", layer=2, k=5).found[0]
    assert other.side == "target"
    assert other.source == samples.texts[other.text].labels["encoder"]
    assert [one.distance for one in found.found] == sorted(one.distance for one in found.found)


def test_the_states_are_those_under_the_edits(bench):
    before = bench.neighbours.states(bench.state).of("decoder", 2)
    bench.edit_attention(step=4, to=[0])
    after = bench.neighbours.states(bench.state).of("decoder", 2)
    np.testing.assert_allclose(after[:4], before[:4], atol=1e-5)
    assert np.abs(after[4] - before[4]).max() > 1e-3


def test_trajectories(bench):
    found = bench.plane(stream="decoder", layer=2, k=4)
    assert len(found.own) == len(bench.record().streams["decoder"])
    assert len(found.places) == len(found.found)
    assert all(one.near for one in found.found)
    assert sum(found.explained) <= 1


def test_components_of_states(bench):
    place = {"stream": "decoder", "layer": 2}
    vectors = bench.neighbours.vectors(bench.state, **place)
    found = bench.components(**place, positions=[1, 6], count=3)
    np.testing.assert_array_equal(found.values, vectors[:, list(found.dimensions)].T)
    change = np.abs(vectors[6] - vectors[1])
    assert found.change == pytest.approx(np.sort(change)[::-1][:3])
    bench.force(5, "0")
    spec = ask(bench, "components", state=1, **place, positions=[5], beside=0, count=2)["components"]
    assert (spec["beside"], spec["positions"], spec["width"]) == (0, [5], vectors.shape[1])
    assert np.array(spec["others"])[0] == pytest.approx(vectors[:, spec["dimensions"][0]], abs=1e-4)
    text = bench.view().spec()["workbench"]["found"]["components"]
    assert [one["state"] for one in text] == [0, 1]


@pytest.mark.parametrize("method", ["umap", "tsne", "mds"])
def test_other_projections_are_asked_for_in_the_picture(bench, method, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # compiling takes longer than running
    plane = ask(bench, "projection", state=0, stream="encoder", layer=1, method=method, k=2)["projection"]
    assert plane["method"] == method
    assert plane["note"].startswith({"umap": "UMAP of", "tsne": "t-SNE of", "mds": "MDS of the cosine"}[method])
    places = np.array([[point["x"], point["y"]] for point in plane["points"]])
    assert np.isfinite(places).all()
    assert len(np.unique(places.round(6), axis=0)) > len(bench.state.source)


def test_a_projection_tells_how_far_it_is_and_ends_when_asked(bench):
    fields = {"state": 0, "stream": "encoder", "layer": 1, "method": "umap", "k": 2}
    request = bench.take({"id": 1, "ask": "projection", "fields": fields})
    told: list[tuple[int, int]] = []

    def progress(done: int, of: int) -> None:
        told.append((done, of))
        if done == 3:
            bench.take({"id": 2, "ask": "cancel", "fields": {}})

    answer = request(progress=progress)
    assert answer["cancelled"]
    assert answer["error"] == "the projection was stopped before it was done"
    assert told == [(n, len(bench.state.source) + 1) for n in range(4)]


def test_what_is_not_installed_is_said_with_how_to_get_it(bench, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    methods = ask(bench, "show", state=0)["session"]["neighbours"]["methods"]
    assert methods["pca"] is None
    assert "pip install 'regard[umap]'" in methods["umap"]
    error = ask(bench, "projection", state=0, stream="encoder", layer=1, method="umap", k=2)["error"]
    assert error == methods["umap"]


def test_neighbours_are_requests_too(bench):
    session = ask(bench, "show", state=0)["session"]
    assert session["neighbours"] == {
        "streams": {"encoder": [0, 1, 2], "decoder": [0, 1, 2], "context": [1, 2]},
        "texts": 40,
        "states": len(bench.neighbours.corpus),
        "metric": "cosine",
        "methods": dict.fromkeys(["pca", "mds", "umap", "tsne"]),
    }
    near = ask(bench, "neighbours", state=0, stream="encoder", layer=1, position=2, k=6)["neighbours"]
    assert len(near["found"]) == 6
    assert near["found"][0]["near"] == [2]
    plane = ask(bench, "projection", state=0, stream="encoder", layer=1, method="pca", k=3)["projection"]
    own = [point for point in plane["points"] if point["own"] is not None]
    assert [point["own"] for point in own] == list(range(len(bench.state.source)))
    assert len(plane["points"]) == len(own) + len(plane["found"])
    listed = [n for n, one in enumerate(plane["found"]) if 2 in one["near"]]
    far = sorted(plane["found"][n]["distances"][plane["found"][n]["near"].index(2)] for n in listed)
    assert plane["search"] == near["note"]
    assert far == pytest.approx([one["distance"] for one in near["found"][:3]], abs=1e-6)
    error = ask(bench, "neighbours", state=0, stream="encoder", layer=1, position=99, k=6)["error"]
    assert "encoder position 99 does not exist; there are" in error
    assert (
        "no kind of state in the corpus 'x'; there are: 'encoder'"
        in ask(bench, "neighbours", state=0, stream="x", layer=1, position=0, k=6)["error"]
    )


def test_a_corpus_of_another_model_is_told(samples):
    with pytest.raises(ArgumentError, match=r"states of two models cannot be compared"):
        regard.Workbench(tiny_model("bart"), tiny_tokenizer("unigram"), "The cat", neighbours=samples)
    with pytest.raises(ArgumentError, match=r"neighbours must be a corpus .* got int"):
        regard.Workbench(tiny_model("bart"), tiny_tokenizer("unigram"), "The cat", neighbours=3)


def test_words_are_aligned(normaliser):
    bench = regard.Workbench(*normaliser, "Nov 22nd 2026")
    found = bench.alignment()
    expected = regard.measure.align(bench.record(), words=False)
    assert found.pharaoh() == expected.pharaoh()
    spec = ask(bench, "links", state=0, heads=[[1, 0], [1, 3]], how="intersection", words=False)["links"]
    assert spec["heads"] == [[1, 0], [1, 3]]
    assert spec["how"] == "intersection"
    labels = bench.state.decoding.target.labels
    assert [spec["target_words"][j] for _, j in spec["links"]]
    assert max(at for word in spec["target_words"] for at in word) < len(labels)
    assert spec["pharaoh"] == " ".join(f"{i}-{j}" for i, j in spec["links"])
    year = {i for i, j in bench.alignment(heads=found.heads).links if j < 4}
    assert year & {9, 10, 11, 12}
    llama = regard.Workbench(tiny_model("llama"), None, [5, 8, 13], max_new_tokens=3)
    with pytest.raises(ArgumentError, match=r"words are aligned by cross attention, which a model without an encoder"):
        llama.alignment()


def test_without_a_corpus_an_answers_own_states_are_shown():
    bench = regard.Workbench(tiny_model("bart"), tiny_tokenizer("unigram"), "The cat sat", max_new_tokens=4)
    offer = ask(bench, "show", state=0)["session"]["neighbours"]
    assert (offer["texts"], offer["states"], offer["metric"]) == (0, 0, "cosine")
    assert set(offer["streams"]) == {"encoder", "decoder", "context"}
    decoding = bench.state.decoding
    read = len(decoding.source)
    for stream, layers in offer["streams"].items():
        plane = bench.plane(stream=stream, layer=layers[-1])
        assert len(plane.own) == (read if stream == "encoder" else len(plane.labels))
        assert not plane.found
        assert len(set(plane.own)) == len(plane.own)
    own = bench.neighbours.vectors(bench.state, stream="encoder", layer=2)
    hidden = bench.backend.model.get_encoder()(bench.backend.tokenizer("The cat sat", return_tensors="pt").input_ids)
    assert np.allclose(own, hidden.last_hidden_state[0].detach(), atol=1e-5)
    assert bench.components(stream="decoder", layer=0)
    with pytest.raises(ArgumentError, match=r"no layer of the decoder here 9; there are: 0, 1, 2"):
        bench.plane(stream="decoder", layer=9)
    with pytest.raises(ArgumentError, match="without a corpus to look for neighbours"):
        bench.near(0, stream="encoder", layer=2)


def test_writers_without_an_encoder_have_states_too():
    bench = regard.Workbench(tiny_model("llama"), tiny_tokenizer("unigram"), "The cat sat", max_new_tokens=4)
    assert bench.neighbours.streams() == {"decoder": (0, 1, 2, 3)}
    assert len(bench.plane(stream="decoder", layer=2).own) == len(bench.record().streams["decoder"].pieces)
