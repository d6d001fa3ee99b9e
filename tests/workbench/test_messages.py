"""The protocol by which pictures and programs use a workbench, and the picture that uses it in a notebook."""

from __future__ import annotations

import json
import sys
from threading import Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regard
from regard.serve.asking import Asking
from regard.serve.widget import ViewWidget
from regard.testing import tiny_model, tiny_tokenizer
from regard.view.workbench_spec import ASKS, AnswerSpec
from regard.workbench.messages import checked
from workbench.test_contract import fits


def ask(bench: Any, what_is_asked: str, /, **fields: Any) -> dict[str, Any]:
    """The answer to a request, which is JSON and of the contract."""
    answer = bench.handle(json.loads(json.dumps({"id": 7, "ask": what_is_asked, "fields": fields})))
    fits(answer, AnswerSpec, what_is_asked)
    json.dumps(answer, allow_nan=False)
    assert answer["id"] == 7
    return answer


def test_every_what_if_is_a_request(bench):
    answer = ask(bench, "force", step=5, token="0")
    assert answer["error"] is None
    assert answer["session"]["current"] == 1
    (state,) = answer["session"]["states"]
    assert state["target"]["text"].startswith("2026-0")
    assert [step["forced"] for step in state["steps"]][:7] == [True] * 6 + [False]
    edit = {
        "step": 8,
        "change": "move",
        "keys": [],
        "to": [9],
        "share": 1.0,
        "row": None,
        "layers": None,
        "heads": None,
    }
    (state,) = ask(bench, "edit_attention", edits=[edit])["session"]["states"]
    assert state["steps"][8]["edits"] == [0]
    assert state["edits"][0]["to"] == [9]
    assert state["edits"][0]["kind"] == "cross"
    assert ask(bench, "reset_attention", step=8)["session"]["states"][0]["edits"] == []
    assert ask(bench, "replace_source", position=0, by="D")["session"]["states"][0]["source"]["labels"][0] == "D"
    assert len(ask(bench, "insert_source", position=0, what="1")["session"]["states"][0]["source"]["labels"]) == 15
    assert len(ask(bench, "delete_source", position=0)["session"]["states"][0]["source"]["labels"]) == 14
    assert ask(bench, "undo")["session"]["can_redo"]
    assert ask(bench, "redo")["session"]["current"] == 6
    assert ask(bench, "translate", text="May 1st 1999")["session"]["states"][0]["target"]["text"] == "1999-05-01"
    assert ask(bench, "score", target="1999-05-02")["session"]["states"][0]["target"]["text"] == "1999-05-02"
    assert ask(bench, "begin", target="1998")["session"]["states"][0]["target"]["text"].startswith("1998")
    assert ask(bench, "settings", beams=1, k=3, max_new_tokens=12)["session"]["states"][0]["settings"]["beams"] == 1
    assert ask(bench, "show", state=0)["session"]["states"][0]["id"] == 0
    node = next(node.id for node in bench.state.decoding.tree.nodes if node.status == "pruned" and node.step == 4)
    assert ask(bench, "branch", state=0, node=node)["branch"]["attentions"][0]["queries"] == 14
    assert len(ask(bench, "branch", state=0, node=node)["branch"]["steps"]) == 5
    assert ask(bench, "follow", node=node)["session"]["states"][0]["forced"] == 5
    session = ask(bench, "pin", state=0)["session"]
    assert session["comparison"]["first"] == session["pinned"] == 0
    assert ask(bench, "swap")["session"]["current"] == 0
    assert ask(bench, "rename", state=1, name="January")["session"]["history"][1]["name"] == "January"
    assert ask(bench, "compare", first=0, second=1)["comparison"]["total"] < 0
    assert ask(bench, "words", state=0, side="target", position=5, k=4)["words"]["words"][0]["label"] == "1"
    assert ask(bench, "pin", state=None)["session"]["pinned"] is None
    assert ask(bench, "cancel")["error"] is None
    session = ask(bench, "session")["session"]
    assert ([state["id"] for state in session["states"]], session["changes"]) == ([bench.state.id], bench.changes)
    used = "force edit_attention reset_attention replace_source insert_source delete_source undo redo translate score "
    used += (
        "begin settings show branch follow pin swap rename compare words session cancel links neighbours projection "
    )
    used += "components replacements gold favourite "  # in test_found and test_near
    used += "silence_source cut_source keep_source"  # in test_sounds
    assert set(used.split()) == set(ASKS)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (None, r"a request is an object with id, ask and fields; got NoneType"),
        ({"id": 7, "ask": "frce"}, r"no request 'frce'; there are: 'show', 'translate'"),
        ({"id": 7, "ask": "force", "fields": [1]}, r"fields of 'force' must be an object; got list"),
        ({"id": 7, "ask": "force", "fields": {"step": 1}}, r"'force' needs token, a int \| str"),
        ({"id": 7, "ask": "force", "fields": {"step": "1", "token": 3}}, r"step of 'force' must be int; got '1'"),
        ({"id": 7, "ask": "force", "fields": {"step": True, "token": 3}}, r"step of 'force' must be int; got True"),
        ({"id": 7, "ask": "undo", "fields": {"step": 1}}, r"no field of 'undo' 'step'"),
        ({"id": 7, "ask": "edit_attention", "fields": {"edits": [{"step": 1, "two": 1}]}}, r"no field of an edit"),
        ({"id": 7, "ask": "edit_attention", "fields": {"edits": [{"to": [1]}]}}, r"step of an edit cannot be None"),
        ({"id": 7, "ask": "edit_attention", "fields": {"edits": [{"step": 1, "to": ["a"]}]}}, r"to of an edit"),
        ({"id": 7, "ask": "force", "fields": {"step": 99, "token": 3}}, r"step 99 does not exist; there are 11"),
        ({"id": 7, "ask": "neighbours", "fields": {"state": 0, "stream": "encoder", "layer": 0, "position": 0, "k": 3}},
         r"this workbench was made without a corpus to look for neighbours in"),
    ],
)  # fmt: skip
def test_a_request_that_makes_no_sense_is_told(bench, message, said):
    answer = bench.handle(message)
    fits(answer, AnswerSpec, "answer")
    assert answer["id"] == (-1 if message is None else 7)
    assert __import__("re").search(said, answer["error"]), answer["error"]
    assert len(bench.states) == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 40) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["step", "to", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(ASKS)), data=st.data())
def test_whatever_is_sent_is_checked(name, data):
    fields = {field: data.draw(_JSON) for field in ASKS[name]}
    try:
        found, kept = checked({"id": 1, "ask": name, "fields": fields})
    except regard.errors.ArgumentError:
        return
    assert (found, kept) == (name, fields)


def test_a_request_that_decodes_ends_the_one_that_runs(bench):
    first = bench.take({"id": 1, "ask": "force", "fields": {"step": 5, "token": "0"}})
    told: list[int] = []

    def progress(tokens: int, _most: int) -> None:
        told.append(tokens)
        if tokens == 2:
            bench.take({"id": 2, "ask": "cancel", "fields": {}})

    answer = first(progress=progress)
    assert told == [0, 1, 2]
    assert answer["cancelled"]
    assert "the decoding was stopped after 3 tokens" in answer["error"]
    assert len(bench.states) == 1


def test_whoever_looks_need_not_wait_for_what_is_decoded(bench):
    view = bench.view()
    whole = tuple(slice(0, size) for size in view.shape("0:cross.weights"))
    read: list[Any] = []

    def progress(tokens: int, _most: int) -> None:
        if tokens == 1:
            looker = Thread(target=lambda: read.append(view.read("0:cross.weights", whole)), daemon=True)
            looker.start()
            looker.join(20)
            assert read, "the reader waited for the decoding to end"

    bench.take({"id": 1, "ask": "force", "fields": {"step": 5, "token": "0"}})(progress=progress)
    np.testing.assert_array_equal(read[0], bench.record(0).attentions["cross"].weights[:])


def test_the_session_says_how_many_changes_it_is_of(bench):
    bench.force(5, "0")
    bench.pin(0)
    bench.undo()
    news = bench.view().news()["session"]
    assert news["changes"] == 4
    assert [state["id"] for state in news["states"]] == [0]
    bench.redo()
    assert [state["id"] for state in bench.view().news()["session"]["states"]] == [1, 0]


def test_hostile_tokens_travel_as_data():
    bench = regard.Workbench(
        tiny_model("bart"), tiny_tokenizer("byte_level"), "</script><img onerror=1>", max_new_tokens=3
    )
    state = ask(bench, "show", state=0)["session"]["states"][0]
    assert "".join(state["source"]["pieces"]).startswith("</script><img")
    assert "<img" not in json.dumps(bench.view().spec()["view"])


class Carrier:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def __call__(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.sent.append(content)


def test_a_picture_asks_and_hears(bench):
    carrier = Carrier()
    asking = Asking(bench.view(), carrier)
    asking({"type": "ask", "id": 4, "ask": "force", "fields": {"step": 5, "token": "0"}})
    asking.join(30)
    assert [one["type"] for one in carrier.sent][-1] == "answer"
    assert carrier.sent[0] == {"type": "progress", "id": 4, "tokens": 0, "most": 13}
    answers = [one for one in carrier.sent if one["type"] == "answer"]
    assert [one["id"] for one in answers] == [4]
    assert answers[0]["answer"]["session"]["current"] == 1
    bench.undo()
    assert carrier.sent[-1]["id"] == -1
    fits(carrier.sent[-1]["answer"], AnswerSpec, "news")
    assert carrier.sent[-1]["answer"]["session"]["states"][0]["id"] == 0
    asking.close()
    bench.redo()
    assert carrier.sent[-1]["answer"]["session"]["current"] == 0


def test_the_view_follows_the_session_and_reads_every_state(bench):
    view = bench.view(layer=1)
    view.selection.query = 10
    state = bench.force(5, bench.backend.tokenizer.eos_token_id)
    assert view.record is bench.record(state.id)
    assert view.selection.query is None
    assert view.selection.layer == 1
    assert view.spec()["workbench"]["current"] == 1
    node = bench.states[0].decoding.tree.nodes[7].id
    bench.record(0, node)
    assert {name.partition(":")[0] for name in view.arrays()} == {"0", f"0-{node}", "1"}
    whole = tuple(slice(0, size) for size in view.shape("0:cross.weights"))
    np.testing.assert_array_equal(view.read("0:cross.weights", whole), bench.record(0).attentions["cross"].weights[:])
    with pytest.raises(
        regard.errors.ArgumentError, match=r"no array '9:cross.weights'; there are: '0:encoder.weights'"
    ):
        view.read("9:cross.weights", whole)


def test_the_widget_answers(bench, monkeypatch):
    monkeypatch.setattr("regard.serve.widget.scripts", lambda *_: [""], raising=False)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(ViewWidget, "send", lambda _self, content, _buffers=None: sent.append(content))
    widget = ViewWidget(bench.view())
    widget._receive(widget, {"type": "ask", "id": 1, "ask": "undo", "fields": {}}, [])
    widget._asking.join(30)
    assert sent[-1]["answer"]["error"] == "there is nothing to undo: this is the first state"
    read = {"type": "read", "id": 2, "array": "0:cross.weights", "slices": [[0, 1], [0, 1], [0, 2], [0, 3]]}
    widget._receive(widget, read, [])
    assert sent[-1]["type"] == "tile"
    widget.close()


def test_the_text_says_it_all(bench):
    bench.pin()
    bench.force(5, "0")
    bench.edit_attention(step=8, to=[9])
    text = bench.view(layer=1).text(width=160)
    assert "source: N o v · 2 2 n d · 2 0 2 6 </s>" in text
    assert "5  0 " in text
    assert "forced" in text
    assert "edited" in text
    assert "branches pruned" in text
    assert "⚑" in text
    assert "[-1-] {+0+}" in text


def test_the_generation_view_has_the_search_too():
    llama = regard.Workbench(tiny_model("llama"), None, [5, 8, 13, 21], beams=3, max_new_tokens=4)
    view = llama.generation_view()
    tree = view.spec()["workbench"]["states"][0]["tree"]
    assert {node["status"] for node in tree} >= {"start", "kept", "pruned", "finished"}
    carrier = Carrier()
    asking = Asking(view, carrier)
    asking({"type": "ask", "id": 1, "ask": "force", "fields": {"step": 1, "token": 7}})
    asking.join(30)
    assert carrier.sent[-1]["answer"]["session"]["states"][0]["steps"][1]["chosen"]["id"] == 7
    asking.close()
    whole = tuple(slice(0, size) for size in view.shape("1:decoder.weights"))
    np.testing.assert_array_equal(view.read("1:decoder.weights", whole), llama.record(1).weights[:])
    assert view.shape("decoder.exact") == view.record.weights.shape
    assert view.spec()["view"] == "generation_view"


def test_a_notebook_shows_it_live_and_without_the_widget_as_a_page(bench, monkeypatch):
    view = bench.view()
    found = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in found
    assert "text/html" not in found
    assert isinstance(view._display_(), ViewWidget)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "regard.serve.widget")
    found = view._repr_mimebundle_()
    assert "<iframe" in found["text/html"]
    assert "install" in found["text/plain"]
