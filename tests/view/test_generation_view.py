from importlib import import_module

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Choices, Generation, Record, Routed, Routing, Tokens, from_qk
from regard.serve.layout import drawing
from regard.serve.tiles import Tiles
from regard.view import GenerationView, generation_view

PROMPT, STEPS, K = 6, 4, 2


def choices(shift: float = 0.0) -> Choices:
    tokens = Tokens(tuple(f" c{i}" for i in range(STEPS * K)), ids=np.arange(STEPS * K))
    log_probs = np.log(np.linspace(0.5, 0.2, STEPS * K)).reshape(STEPS, K) - shift
    return Choices(tokens, log_probs, log_probs[:, 1].copy())


def record(*, processed: bool = False, experts: bool = False) -> Record:
    random = np.random.default_rng(0)
    count = PROMPT + STEPS - 1
    query, key = random.normal(size=(2, 2, 3, count, 8)).astype(np.float32)
    plain = from_qk(query, key, causal=True, tokens=[f" t{i}" for i in range(count)], name="tiny")
    answer = Tokens(tuple(f" c{step * K + 1}" for step in range(STEPS)), ids=np.arange(STEPS) * K + 1)
    generation = Generation("decoder", PROMPT, answer, choices(), choices(0.1) if processed else None)
    routed = Routed(np.arange(2 * count).reshape(count, 2) % 4, np.full((count, 2), 0.5), 4)
    routings = {"decoder": Routing("decoder", (None, routed))} if experts else {}
    return Record(plain.streams, plain.attentions, plain.model, generation, routings=routings)


def test_the_spec_says_where_the_answer_is_and_what_else_it_could_have_been():
    spec = regard.generation_view(record(processed=True), layer=1, head=2, step=3).spec()
    assert spec["view"] == "generation_view"
    assert spec["options"] == {"pool": "mean", "border": "6", "steps": "4", "k": "2", "processed": "2"}
    assert spec["selection"]["query"] == 8, "the query that chose the last token"
    assert spec["streams"]["answer"]["labels"] == ["c1", "c3", "c5", "c7"]
    assert len(spec["streams"]["choices"]["labels"]) == len(spec["streams"]["processed"]["labels"]) == 8


def test_rows_pictures_and_choices():
    found = record()
    view = generation_view(found)
    one = (slice(1, 2), slice(2, 3))
    matrix = view.read("decoder.matrix", (*one, slice(0, STEPS), slice(0, 9)))[0, 0]
    np.testing.assert_allclose(matrix, found.weights[1, 2, 5:9, :], atol=1e-7)
    logs = view.read("decoder.choices", (slice(0, 1), slice(0, 1), slice(1, 2), slice(0, 3)))[0, 0, 0]
    np.testing.assert_allclose(logs, [*choices().log_probs[1], choices().chosen[1]])
    exact = view.read("decoder.exact", (*one, slice(7, 8), slice(0, 9)))[0, 0, 0]
    np.testing.assert_array_equal(exact, found.weights[1, 2, 7, :])
    for array, coded in (("choices", "f32"), ("matrix", "u16"), ("exact", "f32")):
        (header, _), *_ = Tiles(view).refine(f"decoder.{array}", [slice(0, 1)] * 4)
        assert header.dtype == coded


def test_a_long_answer_s_picture_is_made_of_blocks(monkeypatch):
    monkeypatch.setattr(import_module("regard.view.generation_view"), "CELLS", 3)
    found = record()
    view = generation_view(found)
    assert view.shape("decoder.matrix") == (2, 3, 3, 3)
    matrix = view.read("decoder.matrix", (slice(0, 1), slice(1, 2), slice(0, 3), slice(0, 3)))[0, 0]
    rows = found.weights[0, 1, 5:9, :]
    blocks = [[rows[r][:, c].max() for c in (slice(0, 3), slice(3, 6), slice(6, 9))] for r in ([0], [1], [2, 3])]
    np.testing.assert_allclose(matrix, blocks, atol=1e-7)


def test_experts_of_each_step_where_there_are_any():
    view = generation_view(record(experts=True))
    assert view.options()["experts"] == "2"
    every = (slice(0, 1), slice(0, STEPS), slice(0, 2))
    chosen = view.read("decoder.experts", (slice(0, 2), *every))
    assert (chosen[0] == -1).all()
    assert chosen[1, 0].tolist() == [[2, 3], [0, 1], [2, 3], [0, 1]]
    assert view.read("decoder.gates", (slice(1, 2), *every)).max() == 0.5
    assert "decoder.experts" not in generation_view(record()).arrays()


def test_a_page_carries_the_answer_s_rows_and_no_others():
    parts = list(generation_view(record(processed=True), include_layers=[1], include_heads=[0, 2]).parts())
    weights = [slices for array, slices in parts if array == "decoder.weights"]
    assert [slices[2] for slices in weights] == [slice(5, 9)] * 2
    assert {array for array, _ in parts} == {
        "decoder.weights",
        "decoder.matrix",
        "decoder.choices",
        "decoder.processed",
    }


def test_effects_colour_the_answer_s_rows():
    effects = np.full((2, 3, 9, 9), np.nan)
    effects[1, 2, 7, :8] = np.linspace(-1, 1, 8)
    view = generation_view(record(), color=effects, layer=1, head=2)
    assert view.selection.color == "effect"
    (spec,) = view.spec()["effects"]
    assert (spec["spans"], spec["measured"]) == ([[0, 2], [0, 3], [0, 9], [0, 9]], 8)
    here = (slice(1, 2), slice(2, 3), slice(7, 8), slice(0, 9))
    np.testing.assert_allclose(view.read("decoder.effect", here)[0, 0, 0, :8], np.linspace(-1, 1, 8))
    parts = {array for array, _ in view.parts()}
    assert {"decoder.effect", "decoder.effect_head"} <= parts
    assert "coloured by numbers that were given" in view.text()
    assert any(item["kind"] == "hatch" for item in drawing(view, 640, "light").items)
    view.selection.color = "weight"
    assert not any(item["kind"] == "hatch" for item in drawing(view, 640, "light").items)


def test_effects_may_be_of_what_had_been_read_at_a_step():
    found = record()
    part = np.full((2, 3, PROMPT + 1, PROMPT + 1), np.nan)
    part[1, 2, PROMPT] = 0.5
    view = generation_view(found, color=part, layer=1, head=2, step=1)
    assert view.shape("decoder.effect") == (2, 3, 9, 9)
    row = view.read("decoder.effect", (slice(1, 2), slice(2, 3), slice(PROMPT, PROMPT + 1), slice(0, 9)))[0, 0, 0]
    assert (row[: PROMPT + 1] == 0.5).all()
    assert np.isnan(row[PROMPT + 1 :]).all()
    with pytest.raises(ArgumentError, match=r"an array of \[layer 2, head 3, query 5, key 5\] fits no attention"):
        generation_view(found, color=np.zeros((2, 3, 5, 5)))
    with pytest.raises(ArgumentError, match="fits no attention"):
        regard.head_view(found, color=part)


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: generation_view(from_qk(*np.zeros((2, 1, 1, 3, 2)))), r"regard\.capture_generation\(model, tokenizer"),
        (lambda: generation_view(record(), step=9), "no step 9; there are: 0, 1, 2, 3"),
        (lambda: generation_view(record(), pool="sum"), "no pool 'sum'; there are: 'max', 'mean'"),
        (lambda: generation_view(record(), head=0, heads=[1]), "give head= or heads=, not both"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_as_text():
    lines = GenerationView(record(), layer=1).text(width=200).splitlines()
    assert lines[0] == "decoder attention, layer 1, mean of heads [0, 1, 2]: 4 steps after a prompt of 6 tokens"
    row = record().weights[1, :, 5, :].mean(axis=0)
    strongest = int(row.argmax())
    assert lines[1].split()[:5] == ["0", "c1", "0.46", "not", "c0"]
    assert f"from t{strongest} {row[strongest]:.2f}" in lines[1]
    assert len(lines) == 7
