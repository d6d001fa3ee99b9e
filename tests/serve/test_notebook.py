import json
import sys
from base64 import b64decode
from dataclasses import asdict
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import regard
from regard.errors import MissingExtraError
from regard.record import Record
from regard.serve import notebook
from regard.serve.html import page
from regard.serve.notebook import frame, mimebundle
from regard.serve.thumbnail import caption, thumbnail
from regard.serve.widget import ViewWidget
from regard.view import TileHeader, View
from serve.decode import decode

WIDGET = "application/vnd.jupyter.widget-view+json"


class Tags(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found[tag] = dict(attributes)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every payload counts as too large for a page in the notebook."""
    monkeypatch.setattr(notebook, "_MOST_BYTES", 0)


def test_a_small_view_is_a_page_in_a_sandboxed_frame_over_its_picture(record: Record) -> None:
    view = regard.head_view(record)
    bundle = mimebundle(view)
    assert sorted(bundle) == ["text/html", "text/plain"]
    tags = Tags(bundle["text/html"]).found
    assert list(tags) == ["div", "img", "iframe"]
    assert tags["iframe"]["sandbox"] == "allow-scripts"
    assert tags["iframe"]["srcdoc"] == page(view, bare=True)
    assert tags["img"]["alt"] == tags["iframe"]["title"] == caption(view)
    source = tags["img"]["src"] or ""
    assert b64decode(source.removeprefix("data:image/png;base64,")) == thumbnail(view)


def test_a_record_shows_its_model_view(record: Record) -> None:
    assert mimebundle(record) == {"text/plain": repr(record), "text/html": frame(regard.model_view(record))}
    assert record._repr_mimebundle_() == mimebundle(record)


def test_hostile_names_stay_in_their_attributes() -> None:
    name = "\"><script>window.harm = 1</script><img src=x onerror='window.harm = 1'>"
    record = regard.from_weights(np.full((1, 1, 2, 2), 0.5), tokens=[name, name], name=name)
    tags = Tags(frame(regard.head_view(record))).found
    assert list(tags) == ["div", "img", "iframe"]
    assert not any("onerror" in attributes for attributes in tags.values())


@pytest.mark.usefixtures("large")
def test_a_large_view_is_a_live_widget_and_never_html(record: Record) -> None:
    bundle = mimebundle(regard.head_view(record))
    assert sorted(bundle) == [WIDGET, "image/png", "text/plain"]
    assert b64decode(bundle["image/png"]).startswith(b"\x89PNG")


@pytest.mark.usefixtures("large")
def test_without_anywidget_a_large_view_is_a_picture_and_says_what_to_install(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "regard.serve.widget")
    bundle = mimebundle(regard.head_view(record))
    assert sorted(bundle) == ["text/html", "text/plain"]
    assert "pip install &#x27;regard[notebook]&#x27;" in bundle["text/html"]
    assert list(Tags(bundle["text/html"]).found) == ["img", "p"]
    with pytest.raises(MissingExtraError, match=r"needs the package 'anywidget'.*regard\[notebook\]"):
        regard.head_view(record).widget()


def live(view: View) -> ViewWidget:
    made = view.widget()
    assert isinstance(made, ViewWidget)
    return made


def test_the_first_paint_needs_no_question(record: Record) -> None:
    widget = live(regard.head_view(record, layer=1))
    assert [tile["slices"][:2] for tile in widget.tiles] == [[[1, 2], [head, head + 1]] for head in range(3)]
    for tile, (offset, length) in zip(widget.tiles, widget.tile_spans, strict=True):
        header = TileHeader(**tile)
        found = decode(header, widget.tile_bytes[offset : offset + length])
        head = header.slices[1][0]
        assert np.abs(found[0, 0] - record.weights[1, head]).max() <= header.error
    assert {tile["array"] for tile in live(regard.model_view(record)).tiles} == {"encoder.overview"}


@pytest.mark.parametrize("name", ["\ud800", "\udc00\ud800", "\x00"])
def test_whatever_is_shown_can_be_sent_as_utf8(name: str) -> None:
    record = regard.from_weights(np.full((1, 1, 2, 2), 0.5), tokens=[name, "b"], name=name)
    json.dumps([mimebundle(record), live(regard.head_view(record)).get_state(["spec"])], ensure_ascii=False).encode()


def test_selection_goes_both_ways(record: Record) -> None:
    view = regard.head_view(record)
    widget = live(view)
    view.selection.layer = 1
    assert widget.selection["layer"] == 1
    widget.selection = {**widget.selection, "heads": [2, 0], "query": 3}
    assert (view.selection.heads, view.selection.query) == ([0, 2], 3)
    assert widget.selection["heads"] == [0, 2]


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    "change",
    [
        {"kind": "cross"},
        {"kind": ""},
        {"layer": 9},
        {"layer": "0"},
        {"heads": [3]},
        {"heads": None},
        {"query": -1},
        {"key": 5},
        {"key": 1.5},
        {"filter": "ab"},
        {"filter": []},
        {"harm": 1},
    ],
)
def test_a_selection_that_makes_no_sense_is_put_back(record: Record, change: dict[str, Any]) -> None:
    view = regard.head_view(record, layer=1)
    widget, before = live(view), view.selection.state
    widget.selection = {**widget.selection, **change}
    assert view.selection.state == before
    assert widget.selection == asdict(before)


def test_a_closed_widget_no_longer_follows(record: Record) -> None:
    view = regard.head_view(record)
    widget = live(view)
    widget.close()
    view.selection.layer = 1
    assert widget.selection["layer"] == 0


def test_messages_are_answered(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(ViewWidget, "send", lambda _self, content, buffers=None: sent.append((content, buffers)))
    widget = live(regard.head_view(record))
    read = {"type": "read", "id": 7, "array": "encoder.weights", "slices": [[0, 1], [0, 1], [0, 5], [0, 5]]}
    widget._handle_custom_msg(read, [])
    ((content, (buffer,)),) = sent
    assert content["type"] == "tile"
    assert decode(TileHeader(**content["header"]), buffer).shape == (1, 1, 5, 5)
