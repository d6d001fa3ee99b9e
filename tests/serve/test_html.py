import json
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, fields
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regard
from regard.errors import ArgumentError
from regard.record import Record, Tokens
from regard.serve import html
from regard.serve.html import Section, page, save
from regard.view import TileHeader
from serve.decode import decode

HOSTILE = [
    "</script><script>window.harm = 1</script>",
    "<img src=x onerror='window.harm = 1'>",
    "<!--<script>",
    "]]>&lt;\u2028\u2029",
    "\x00\x07\x7f",
    "\ud800 alone",
    "\u202egnp.exe",
    '"); alert(1); ("',
    "javascript:alert(1)",
    "${alert(1)}`",
]


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


class Parsed(HTMLParser):
    """A page as a browser's parser sees it: elements with their attributes and the text directly inside."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attributes)))
        self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.elements[-1].text += data

    def by_id(self, name: str) -> str:
        return next(e.text for e in self.elements if e.attributes.get("id") == name)

    def texts(self, tag: str) -> list[str]:
        return [e.text for e in self.elements if e.tag == tag]

    def scripts(self) -> list[str]:
        """Contents of the scripts that would run."""
        return [e.text for e in self.elements if e.tag == "script" and "type" not in e.attributes]


def shapes(text: str) -> list[tuple[str, dict[str, str | None]]]:
    return [(e.tag, e.attributes) for e in Parsed(text).elements]


def titled(token: str) -> Record:
    weights = np.full((1, 1, 2, 2), 0.5)
    return regard.from_weights(weights, tokens=[token, "b"], name=token)


@pytest.mark.parametrize("token", HOSTILE)
def test_hostile_text_makes_no_element_and_no_script(token: str) -> None:
    def made(text: str) -> str:
        view = regard.head_view(titled(text), title=text)
        return page(Section(view, heading=text, note=text), title=text)

    assert shapes(made(token)) == shapes(made("plain"))
    found = Parsed(made(token))
    assert [len(found.scripts()), found.scripts()] == [2, Parsed(made("plain")).scripts()]
    assert json.loads(found.by_id("regard-spec"))[0]["spec"]["streams"]["encoder"]["pieces"] == [token, "b"]
    made(token).encode()


@given(tokens=st.lists(st.text(st.characters(codec=None), max_size=8), min_size=2, max_size=2))
@settings(max_examples=50)
def test_any_text_survives_the_way_through_the_page(tokens: list[str]) -> None:
    record = regard.from_weights(np.full((1, 1, 2, 2), 0.5), tokens=Tokens(tuple(tokens)))
    found = Parsed(page(regard.head_view(record), title="x"))
    assert json.loads(found.by_id("regard-spec"))[0]["spec"]["streams"]["encoder"]["pieces"] == tokens


def test_the_policy_admits_these_scripts_and_no_other_source(record: Record) -> None:
    found = Parsed(page(regard.head_view(record)))
    policy = next(e.attributes["content"] for e in found.elements if "http-equiv" in e.attributes)
    digests = [b64encode(sha256(script.encode()).digest()).decode() for script in found.scripts()]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    assert policy is not None
    assert policy.split("; ")[:2] == ["default-src 'none'", f"script-src {allowed}"]
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert not re.search(r"(src|href)\s*=|url\(|@import|https?:", page(regard.head_view(record)))


def test_the_page_holds_the_spec_and_every_tile(record: Record) -> None:
    view = regard.model_view(record)
    found = Parsed(page(view))
    (declared,) = json.loads(found.by_id("regard-spec"))
    assert declared["spec"] == json.loads(json.dumps(view.spec()))
    assert [tile["id"] for tile in declared["tiles"]] == [f"t{i}" for i in range(6)]
    for tile in declared["tiles"]:
        content = b64decode(found.by_id(tile["id"]), validate=True)
        header = TileHeader(**{field.name: tile[field.name] for field in fields(TileHeader)})
        expected = view.read(header.array, [slice(*pair) for pair in header.slices])
        assert np.abs(decode(header, content) - expected).max() <= header.error


def test_several_views_share_a_page_with_headings_and_notes(record: Record) -> None:
    text = page([Section(regard.head_view(record), "One & only", "First < second"), record], title="Two")
    found = Parsed(text)
    assert [e.attributes["data-view"] for e in found.elements if e.attributes.get("class") == "regard-view"] == [
        "0",
        "1",
    ]
    assert found.texts("h1") == ["Two"]
    views = json.loads(found.by_id("regard-spec"))
    assert [view["spec"]["view"] for view in views] == ["head_view", "model_view"]
    assert [(view["heading"], view["note"]) for view in views] == [("One & only", "First < second"), ("", "")]
    ids = [tile["id"] for view in views for tile in view["tiles"]]
    assert (len(ids), len(set(ids))) == (12, 6)  # what both show is there once


def test_the_same_view_gives_the_same_page(record: Record) -> None:
    assert page(regard.head_view(record)) == page(regard.head_view(record))


def test_a_bare_page_has_mount_points_only(record: Record) -> None:
    found = Parsed(page(regard.head_view(record), bare=True))
    assert not {"main", "h1", "section"} & {e.tag for e in found.elements}


def test_precision_is_the_callers(record: Record) -> None:
    for precision in ("u8", "u16"):
        (declared,) = json.loads(Parsed(page(record, precision=precision)).by_id("regard-spec"))
        assert {tile["dtype"] for tile in declared["tiles"]} == {precision}


def test_a_page_too_large_to_open_says_what_would_help(record: Record) -> None:
    with pytest.raises(ArgumentError, match=r"would carry .* MB .*include_layers=.*budget='10 MB'.*limit="):
        page(record, limit=10)


def test_saving_is_all_or_nothing(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cats.html"
    assert regard.head_view(record).save(path) == path
    before = path.read_bytes()
    assert before.decode() == page(regard.head_view(record))

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(html.os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        save(record, path=path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_shown_is_named() -> None:
    with pytest.raises(ArgumentError, match="a page shows views, records and sections; got int"):
        page([3])  # type: ignore[list-item]
    with pytest.raises(ArgumentError, match="at least one view"):
        page([])
