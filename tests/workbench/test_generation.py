"""The generation view of a workbench: it shows whichever answer is shown, and keeps those that were tried."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.serve.html import page
from regard.serve.layout import drawing
from regard.testing import tiny_model, tiny_tokenizer
from regard.view import LiveGenerationView


@pytest.fixture(scope="module")
def writer() -> tuple[Any, Any]:
    """A tiny decoder-only model and its tokenizer."""
    letters = tiny_tokenizer("byte_level")
    return tiny_model("llama", vocab_size=len(letters)), letters


@pytest.fixture
def bench(writer) -> regard.Workbench:
    return regard.Workbench(*writer, "The cat sat", beams=3, max_new_tokens=5)


def whole(view: Any, array: str) -> np.ndarray:
    return view.read(array, tuple(slice(0, size) for size in view.shape(array)))


def test_a_model_a_tokenizer_and_a_prompt_make_it_live(writer):
    view = regard.generation_view(*writer, "The cat sat", beams=2, k=3, max_new_tokens=4, layer=1, step=2)
    assert isinstance(view, LiveGenerationView)
    assert view.scripts() == ("generation_view", "seq2seq_view")
    (state,) = view.spec()["workbench"]["states"]
    assert (state["settings"]["beams"], state["settings"]["k"], len(state["steps"])) == (2, 3, 4)
    assert (view.selection.layer, view.selection.query) == (1, view.answer.query(2))


def test_a_workbench_is_shown_as_it_is(bench):
    view = regard.generation_view(bench, layer=1)
    assert view.session.bench is bench
    with pytest.raises(ArgumentError, match=r"beams, max_new_tokens: a workbench has its own; change them with"):
        regard.generation_view(bench, beams=2, max_new_tokens=3)
    with pytest.raises(ArgumentError, match=r"tokenizer: that is for a model that is to write; a record holds what"):
        regard.generation_view(bench.record(), "tokenizer")


def test_the_whole_picture_is_of_the_state_that_is_shown(bench):
    view = bench.generation_view(layer=1, step=1)
    bench.insert_source(0, "One ")
    assert view.record is bench.record(1)
    assert view.answer.border == len(bench.state.decoding.start)
    assert view.selection.query == view.answer.query(1)
    assert view.options()["border"] == str(view.answer.border)
    assert view.spec()["streams"]["answer"]["labels"] == list(bench.state.decoding.target.labels)
    for array in ("decoder.exact", "decoder.matrix", "decoder.choices"):
        np.testing.assert_array_equal(whole(view, array), whole(view, f"1:{array}"))
    bench.undo()
    assert view.record is bench.record(0)
    assert view.selection.query == view.answer.query(1)


def test_a_shorter_answer_is_shown_at_its_last_step(bench):
    view = bench.generation_view(step=4)
    bench.change_settings(max_new_tokens=2)
    assert view.selection.query == view.answer.query(1)


def test_every_state_and_hypothesis_has_the_arrays_of_a_generation_view_of_its_own(bench):
    view = bench.generation_view(include_layers=[1], include_heads=[0, 2])
    bench.force(2, " dog")
    node = next(node.id for node in bench.states[0].decoding.tree.nodes if node.status == "pruned" and node.step == 3)
    records = {"0": bench.record(0), "1": bench.record(1), f"0-{node}": bench.record(0, node)}
    for name, record in records.items():
        own = regard.generation_view(record)
        for array in own.arrays():
            assert f"{name}:{array}" in view.arrays()
            np.testing.assert_array_equal(whole(view, f"{name}:{array}"), whole(own, array))
    parts = {(array, slices[0].start, slices[1].start) for array, slices in view.parts()}
    assert {(f"{name}:decoder.matrix", 1, head) for name in records for head in (0, 2)} <= parts
    assert not any(array.endswith("matrix") and (layer, head) not in {(1, 0), (1, 2)} for array, layer, head in parts)
    with pytest.raises(ArgumentError, match=r"no array '7:decoder.exact'; there are: .*'0:decoder.exact'"):
        view.shape("7:decoder.exact")


def test_a_page_carries_every_state_or_says_which_it_does_not(bench):
    view = bench.generation_view()
    bench.force(1, " dog")
    assert '"array":"0:decoder.matrix"' in page(view)
    sizes = [
        prod(at.stop - at.start for at in slices) + 200 for array, slices in view.parts() if array.startswith("1:")
    ]
    carried = view.carried(sum(sizes))
    assert {array.partition(":")[0] for array, _ in carried.parts} == {"1"}
    assert carried.left_out == "the attention of 1 of 2 states: 0"
    with pytest.raises(ArgumentError, match="no room for the attention of one state"):
        view.carried(sum(sizes) // 2)


def test_the_image_and_the_text_are_of_the_state_that_is_shown(bench):
    view = bench.generation_view(layer=1)
    before = drawing(view, 800, "light")
    bench.force(0, " dog")
    after = drawing(view, 800, "light")
    words = [item["text"] for item in after.items if item["kind"] == "text"]
    assert any("dog" in word for word in words)
    assert [item for item in before.items if item["kind"] == "text"] != words
    text = view.text(width=160)
    assert "dog" in text
    assert "branches pruned" in text
    assert "history:" in text


def test_effects_of_one_answer_do_not_colour_all(bench):
    with pytest.raises(ArgumentError, match=r"colour the view of a state, regard\.generation_view\(bench\.record\(\)"):
        bench.generation_view(color=np.zeros((2, 4)))


def test_the_prompt_is_given_as_text_that_is_read_as_the_same_tokens(writer):
    chat = [{"role": "user", "content": "Is it raining now?"}]
    bench = regard.Workbench(*writer, chat, beams=1, max_new_tokens=2)
    (state,) = bench.generation_view().spec()["workbench"]["states"]
    assert state["source"]["text"] == "<s>user: Is it raining now?</s><s>assistant:"
    bench.handle({"id": 1, "ask": "translate", "fields": {"text": state["source"]["text"]}})
    assert bench.state.source == bench.states[0].source
    broken = bench.backend.ids_of("é")[:1]
    assert bench.backend.prompt(broken) == bench.backend.text(broken)
