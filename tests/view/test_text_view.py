from importlib import import_module

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Record, from_qk, received
from regard.view import head_view, map_view, text_view


@pytest.fixture
def record() -> Record:
    query, key = np.random.default_rng(0).normal(size=(2, 2, 3, 40, 8)).astype(np.float32)
    return from_qk(query, key, causal=True, tokens=[f" t{i}" for i in range(40)], name="tiny")


def whole(view, array, layer, head):
    *_, queries, keys = view.shape(array)
    return view.read(array, (slice(layer, layer + 1), slice(head, head + 1), slice(0, queries), slice(0, keys)))


def test_the_spec_says_how_it_is_read(record):
    spec = text_view(record, head=2, direction="attended", color=np.arange(40)).spec()
    assert spec["view"] == "text_view"
    assert spec["options"] == {"pool": "mean", "direction": "attended", "color": "given"}
    assert spec["selection"]["heads"] == [2]
    assert text_view(record).spec()["selection"]["heads"] == [0, 1, 2]


def test_what_each_key_receives(record):
    view = text_view(record)
    assert view.shape("decoder.received") == (2, 3, 1, 40)
    expected = received(record.attention().layer(1), slice(2, 3))
    np.testing.assert_allclose(whole(view, "decoder.received", 1, 2)[0, 0], expected, rtol=1e-6)


def test_what_is_received_comes_from_a_sample_where_it_takes_long(record, monkeypatch):
    for limit in ("_AT_ONCE", "_SAMPLE"):
        monkeypatch.setattr(import_module("regard.view.text_view"), limit, 1 << 7)
    view = text_view(record)
    found = list(view.refine("decoder.received", (slice(0, 1), slice(1, 2), slice(0, 1), slice(0, 40))))
    shares = [share for _, share in found]
    assert shares[0] < shares[-1] == 1
    expected = received(record.attention().layer(0), slice(1, 2))
    np.testing.assert_allclose(found[-1][0][0, :, 0], expected, rtol=1e-5)


def test_given_colours_are_an_array_of_the_view(record):
    colours = np.linspace(0, 1, 40)
    view = text_view(record, color=colours)
    np.testing.assert_allclose(view.read("decoder.color", (slice(0, 1),) * 3 + (slice(5, 9),)).ravel(), colours[5:9])
    assert "decoder.color" in {array for array, _ in view.parts()}
    assert "decoder.color" not in text_view(record).arrays()


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"direction": "up"}, "no direction 'up'; there are: 'attends', 'attended'"),
        ({"color": np.zeros(3)}, r"expected one number for each of the 40 key tokens; got an array of shape \[3\]"),
        ({"color": np.full(40, np.inf)}, "color must be finite"),
        ({"color": np.full(40, np.nan)}, "color holds no number"),
        ({"head": 0, "heads": [0]}, "give head= or heads=, not both"),
    ],
)
def test_what_cannot_be_is_refused(record, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        text_view(record, **arguments)


def test_several_layers_of_what_is_received_are_refused(record):
    with pytest.raises(ArgumentError, match="read one layer at a time; got 0:2"):
        text_view(record).read("decoder.received", (slice(0, 2), slice(0, 1), slice(0, 1), slice(0, 40)))


def test_linked_selections_follow_each_other_until_unlinked(record):
    text, chart = regard.text_view(record), map_view(record, layer=1, head=2)
    unlink = chart.selection.link(text.selection)
    assert (text.selection.layer, text.selection.heads) == (1, [2])
    text.selection.query = 7
    chart.selection.update(key=3, rectangle=[0, 5, 0, 5])
    assert text.selection.state == chart.selection.state
    assert text.selection.linked == (text.selection, chart.selection)
    unlink()
    text.selection.key = 9
    assert chart.selection.key == 3
    assert chart.selection.linked == (chart.selection,)


def test_what_the_other_view_has_not_is_left_as_it_is(record):
    text, lines = text_view(record), head_view(record, include_layers=[0])
    text.selection.link(lines.selection)
    text.selection.update(layer=1, query=4)
    assert (lines.selection.layer, lines.selection.query) == (0, 4)


def test_as_text(record):
    view = text_view(record, head=1)
    assert view.text().splitlines()[0] == "decoder attention, layer 0, heads [1]: most attended tokens"
    view.selection.query = 3
    lines = view.text().splitlines()
    assert lines[0] == "decoder attention, layer 0, heads [1]: token 3 “t3” attends to"
    row = record.weights[0, 1, 3]
    strongest = int(row.argmax())
    assert lines[1].split() == [str(strongest), f"{row[strongest]:.4f}", "█" * 24, f"t{strongest}"]
    assert text_view(record, heads=[]).text().splitlines()[0].endswith("no head is selected")
    assert "largest values given" in text_view(record, color=np.arange(40)).text()
    attended = text_view(record, head=1, direction="attended")
    attended.selection.key = 0
    assert "token 0 “t0” is attended by" in attended.text()
