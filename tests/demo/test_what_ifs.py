"""What the workbench's demo says of its states is so."""

from math import exp
from re import findall

import numpy as np
import pytest

from regard import cli
from regard.demo import heard, translated, verses, what_ifs, whisper
from regard.errors import ArgumentError
from regard.serve import html
from regard.serve.tiles import Tiles


@pytest.fixture(scope="module")
def bench():
    return what_ifs.workbench()


def test_each_what_if_shows_what_it_is_called(bench):
    found = {state.name: state.decoding.text for state in bench.states}
    assert found["as it is"] == "2026-11-22"
    assert found["another day"] == "2026-11-23"
    assert found["month forced"].startswith("2026-0")
    assert found["day reads the year"] == "2026-11-26"
    assert found["month hidden"] == "2026-01-22"
    assert found["wrong day, scored"] == "2026-11-23"
    assert len(found) == len(bench.states) == 7
    scored = bench.states[6].decoding
    assert scored.total < bench.states[0].decoding.total - 5
    assert (bench.state.id, bench.pinned.id) == (4, 0)
    assert all(state.parent in (None, 0) for state in bench.states)


def test_a_page_carries_every_state_or_says_what_it_leaves_out(bench):
    view = bench.view()
    parts = Tiles(view).all()
    names = {header.array.partition(":")[0] for header, _ in parts}
    assert names == {str(state.id) for state in bench.states}
    found = view.carried(30_000)
    carried = {array.partition(":")[0] for array, _ in found.parts}
    assert {"4", "0"} <= carried < names
    assert found.left_out == f"the attention of {7 - len(carried)} of 7 states: " + ", ".join(
        sorted(names - carried, reverse=True)
    )
    assert view.carried(10**7).left_out == ""
    with pytest.raises(ArgumentError, match=r"this budget leaves no room for the attention of one state"):
        view.carried(100)


def test_the_command_writes_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(html, "scripts", lambda *_: ["void 0"])
    monkeypatch.chdir(tmp_path)
    assert cli.main(["demo", "seq2seq", "--no-open"]) == 0
    found = capsys.readouterr()
    heard = whisper.available()
    names = ["the date normaliser", "the verse translator", *(["Whisper tiny.en"] if heard else [])]
    assert found.err == f"Running {', '.join(names)} …\n"
    assert ("── What did it hear?" in found.out) is heard
    assert ("Whisper tiny.en is left out; get it with: pip install" in found.out) is not heard
    assert "── What if?" in found.out
    assert f"The page: {tmp_path / 'regard-seq2seq.html'}" in found.out
    assert "month hidden" in (tmp_path / "regard-seq2seq.html").read_text(encoding="utf-8")


def test_what_the_demo_of_a_translation_says_is_so():
    bench = translated.workbench()
    found = {state.name: state.decoding.text.strip() for state in bench.states}
    assert found == {
        "as it is": "He sat at food with them.",
        "“the” forced": "He sat at the table with them.",
        "as a verse begins": "He sat at the table with them.",
        "reads “sat”": "He sat at sat with them.",
        "“meat” hidden": "He sat at them with them.",
        "right, scored": "He sat at the table with them.",
    }
    first = bench.states[0].decoding
    top = first.steps[3].predictions.top
    assert [(one.label, round(exp(one.log_p), 2)) for one in top[:2]] == [("food", 0.45), ("the", 0.22)]
    assert first.tree.text(first.tree.finished[1].id).strip() == "He sat at the table with them.</s>"
    words = [(set(findall(r"\w+", old.lower())), set(findall(r"\w+", new.lower()))) for old, new in verses.pairs()]
    today = [new for old, new in words if "meat" in old]
    counts = [sum(word in new for new in today) for word in ("food", "meal", "table")]
    assert [len(today), *counts] == [268, 108, 117, 18]


@pytest.mark.skipif(not whisper.available(), reason="whisper is not installed")
def test_what_the_demo_of_sound_says_is_so():
    bench = heard.workbench()
    found = {state.name: state.decoding.text.strip() for state in bench.states}
    assert found == {
        "as it is heard": "We meet on Monday at 9.0.0.0.0",
        "a comma forced": "We meet on Monday at 9, not on Tuesday.",
        "listens to “not”": "We meet on Monday at 9, not on Tuesday.",
        "four beams": "We meet on Monday at nine, not on Tuesday.",
        "“on” silenced": "We meet on Monday at nine, not Tuesday.",
        "“nine” silenced": "We meet on Monday at night on Tuesday.",
        "only the beginning": "We meet on Monday at night.",
    }
    assert (bench.state.id, bench.pinned.id) == (2, 0)
    first = bench.states[0].decoding
    top = first.steps[6].predictions.top
    assert [(one.piece, round(exp(one.log_p), 2)) for one in top[:2]] == [(".", 0.22), (",", 0.21)]
    weights = first.shown().attentions["cross"].weights
    row = np.mean([weights[layer, head, first.steps[6].query] for layer, head in first.alignment_heads], axis=0)
    strongest = first.source.times[np.argsort(-row)[:4], 0]
    assert ((strongest >= 1.9) & (strongest < 2.15)).all()
    assert "source: a sound of 3.03 s in 152 frames, 1348 more of padding are not shown" in bench.view().text(width=120)
