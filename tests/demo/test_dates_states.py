"""The date normaliser's states: made once, and near to what they should be near to."""

from regard.demo import dates
from regard.demo.dates.states import corpus


def test_they_are_made_once_and_know_the_month(tmp_path, monkeypatch):
    monkeypatch.setenv("REGARD_CACHE", str(tmp_path))
    found = corpus(200)
    assert corpus(200).path == found.path
    assert [(text.source, text.target) for text in found.texts] == list(dates.pairs(200))
    assert found.layers == {"encoder": (0, 1, 2), "decoder": (0, 1, 2), "context": (1, 2)}
    states = found.states(*dates.load(), "the 22nd of November, 2026")
    assert states.target == "2026-11-22"
    near = found.neighbours(states, 4, stream="decoder", layer=2, positions=[6])[0]
    assert {one.target[5:7] for one in near} == {"11"}
    assert all(one.token == "1" == one.next for one in near)
