import json
from importlib import import_module

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Attention, Dense, Factored, Record, Tokens, from_qk
from regard.serve.tiles import Tiles
from regard.view import NeuronView, neuron_view
from regard.view.neuron_arrays import FACTORS, OPTIONAL
from view.neuron_golden import PATH, golden
from view.neuron_golden import record as every_term


@pytest.fixture
def record() -> Record:
    random = np.random.default_rng(0)
    query = random.normal(size=(2, 4, 40, 8)).astype(np.float32)
    key = random.normal(size=(2, 2, 40, 8)).astype(np.float32)
    tokens = Tokens(tuple(f" t{i}" for i in range(40)), special=(*[False] * 39, True))
    return from_qk(query, key, causal=True, tokens=tokens, name="tiny")


def test_the_spec_says_what_is_shown_first(record):
    spec = regard.neuron_view(record, 1, 3).spec()
    assert spec["view"] == "neuron_view"
    assert (spec["selection"]["layer"], spec["selection"]["heads"]) == (1, [3])
    assert spec["selection"]["query"] == 38, "the last word"
    assert neuron_view(record, query=5).selection.query == 5
    assert neuron_view(record).selection.heads == [0]
    with pytest.raises(ArgumentError, match="no query 40"):
        neuron_view(record, query=40)


def test_the_front_end_s_numbers_are_current():
    assert json.loads(PATH.read_text()) == json.loads(json.dumps(golden())), "run: python tests/view/neuron_golden.py"


def test_arrays_are_what_the_parts_are_made_of():
    view = neuron_view(every_term(), layer=1)
    found = view.record.parts(1, 2, 3)
    one = (slice(1, 2), slice(2, 3))

    def row(array, rows, columns, head=one[1]):
        return view.read(f"cross.{array}", (one[0], head, rows, columns))[0, 0, 0]

    own, every = slice(3, 4), slice(0, 8)
    np.testing.assert_array_equal(row("query", own, slice(0, 6)), found.query)
    np.testing.assert_array_equal(row("key", slice(4, 5), slice(0, 6), slice(1, 2)), found.key[4])
    np.testing.assert_allclose(row("lse", own, slice(0, 2)).sum(), found.lse, rtol=1e-15)
    np.testing.assert_allclose(row("exact", own, every), found.weights, atol=1e-7)
    np.testing.assert_array_equal(row("distance_bias", slice(0, 1), slice(1, 9)), found.distance_bias)
    np.testing.assert_array_equal(row("bias", own, every), found.bias)
    np.testing.assert_array_equal(row("value_norm", slice(0, 1), every, slice(1, 2)), found.value_norm)
    np.testing.assert_array_equal(row("write_norm", slice(0, 1), every), found.write_norm)
    pairs = view.read("cross.rotary", (*one, slice(0, 2), slice(0, 4)))[0, 0]
    np.testing.assert_allclose(np.column_stack([pairs[:, :2], pairs[:, 2:].sum(1)]), found.rotary, rtol=1e-15)
    factors = dict(zip(FACTORS, row("factors", slice(0, 1), slice(0, 11)), strict=True))
    assert [factors[name] for name in ("softcap", "kv_head", "d_head", "pairs")] == [1.5, 1, 6, 2]
    assert {factors[name] for name in OPTIONAL} == {1}
    plain = neuron_view(every_term()).read("cross.factors", (slice(0, 1), slice(0, 1), slice(0, 1), slice(0, 11)))
    assert np.isnan(plain[0, 0, 0, 1:3]).all()
    with pytest.raises(ArgumentError, match="this layer has no 'bias'"):
        view.read("cross.bias", (slice(0, 1), one[1], own, every))


def test_a_narrower_layer_is_filled_with_zeros():
    narrow, wide = (Factored.of(np.ones((1, 3, d)), np.ones((1, 3, d)), scale=1) for d in (2, 5))
    record = Record(
        {"decoder": Tokens.of(None, 3)}, {"decoder": Attention("decoder", (narrow, wide), *["decoder"] * 2)}
    )
    view = neuron_view(record)
    assert view.shape("decoder.query") == (2, 1, 3, 5)
    read = view.read("decoder.key", (slice(0, 1), slice(0, 1), slice(0, 1), slice(0, 5)))
    assert read.ravel().tolist() == [1, 1, 0, 0, 0]


def test_numbers_travel_as_they_are(record):
    tiles = Tiles(neuron_view(record))
    for array in ("query", "key", "lse", "factors"):
        (header, _), *_ = tiles.refine(f"decoder.{array}", [slice(0, 1)] * 4)
        assert (header.dtype, header.root) == ("f32", 1)


def test_a_page_carries_every_head_of_a_short_text_once(record):
    view = neuron_view(record, layer=1, head=2)
    parts = list(view.parts())
    assert parts[0] == ("decoder.factors", (slice(1, 2), slice(2, 3), slice(0, 1), slice(0, 11)))
    keys = [slices for array, slices in parts if array == "decoder.key"]
    assert len(keys) == len(set(map(str, keys))) == 4, "two key heads in two layers"
    assert len([array for array, _ in parts if array == "decoder.query"]) == 8
    assert view.options() == {}


def test_a_page_without_room_says_what_it_leaves_out(record):
    one = 4 * (11 + 80 + 2 * 40 * 8)
    view = NeuronView(record, layer=1, heads=[2], page_bytes=3 * one)
    assert view.options() == {"left_out": "5 of 8 decoder heads"}
    kept = {(slices[0].start, slices[1].start) for array, slices in view.parts() if array == "decoder.query"}
    assert (1, 2) in kept


def test_a_page_without_room_for_one_head_carries_the_selected_query(record, monkeypatch):
    monkeypatch.setattr(import_module("regard.view.neuron_page"), "_STRONGEST", 3)
    view = NeuronView(record, query=20, page_bytes=10)
    parts = list(view.parts())
    keys = sorted(slices[2].start for array, slices in parts if array == "decoder.key")
    weights = record.weights[0, 0, 20]
    assert keys == sorted(int(key) for key in np.argsort(-weights)[:3])
    assert [slices[2] for array, slices in parts if array == "decoder.exact"] == [slice(20, 21)]
    said = "every query of this head but 20, and all but its 3 strongest keys; 7 of 8 decoder heads"
    assert view.options()["left_out"] == said


def test_finished_weights_are_refused():
    record = regard.from_weights(np.full((1, 2, 3, 3), 1 / 3))
    with pytest.raises(ArgumentError, match=r"needs queries and keys.*finished weights only.*regard\.capture\(model"):
        neuron_view(record)


def test_layers_of_finished_weights_are_not_on_offer():
    layer = Factored.of(np.ones((2, 3, 2)), np.ones((2, 3, 2)), scale=1)
    dense = Dense.of(np.full((2, 3, 3), 1 / 3))
    record = Record(
        {"decoder": Tokens.of(None, 3)}, {"decoder": Attention("decoder", (dense, layer), "decoder", "decoder")}
    )
    offer = neuron_view(record).spec()["attentions"][0]
    assert (offer["layers"], offer["layer_heads"], len(offer["masks"])) == ([1], [[0, 1]], 1)
    with pytest.raises(ArgumentError, match="no layer 0; there are: 1"):
        neuron_view(record, layer=0)


def test_as_text(record):
    lines = neuron_view(record, 1, 2, query=30).text(width=200).splitlines()
    found = record.parts(1, 2, 30)
    assert lines[0].startswith("decoder attention, layer 1, head 2 (key head 1), query 30 “t30”: 16 of 40 keys, ")
    assert lines[1].split()[:4] == ["key", "q·k", "×0.3536", "weight"] or "score" in lines[1]
    strongest = int(found.weights.argmax())
    assert lines[2].split()[:2] == [str(strongest), f"t{strongest}"]
    assert f"{found.weights.max():.4g}" in lines[2]
    assert lines[-3].endswith("on 24 other keys")
    sink = neuron_view(every_term(), layer=1).text().splitlines()[-3]
    assert sink.endswith("on the sink")
    assert len(neuron_view(record).text(width=70).splitlines()[2]) <= 70
