from dataclasses import dataclass

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError


@dataclass(frozen=True)
class Found:
    how: str
    scope: str
    value: float
    noise: float = 0.01
    spread: float | None = None

    @property
    def measurable(self) -> bool:
        return abs(self.value) > 3 * self.noise


class Stand:
    """Answers as a question does."""

    effect = "log_p"

    def __init__(self):
        self.asked = []

    def trial(self, about, **place):
        self.asked.append((about, place))
        if place["layer"] == 1:
            raise ValueError("out of memory")
        ways = {"edge": 6, "heads": 2, "token": 1}[about]
        for i in range(ways):
            yield Found(("mask", "value")[i % 2], ("heads", "layer", "model")[i // 2], -0.01 - i)


@pytest.fixture
def record():
    weights = np.random.default_rng(0).dirichlet(np.ones(4), (2, 3, 4))
    return regard.from_weights(weights, tokens=["the", " cat", " sat", " on"])


def test_what_is_selected_is_tested(record):
    stand = Stand()
    view = regard.head_view(record, heads=[2], question=stand)
    assert view.test().about == "heads"
    view.selection.key = 1
    assert view.test().about == "token"
    found = view.test(query=3)
    assert (found.about, found.query, found.key, found.state) == ("edge", 3, 1, "done")
    assert (found.done, found.of, len(found.findings)) == (6, 6, 6)
    assert [one.measurable for one in found.findings[:2]] == [False, True]
    assert stand.asked[-1] == (
        "edge",
        {"kind": "encoder", "layer": 0, "heads": [2], "query": 3, "key": 1, "size": (4, 4)},
    )
    assert view.selection.query is None
    assert [test.about for test in view.tests] == ["heads", "token", "edge"]
    assert view.test("heads").key is None


def test_observers_hear_of_every_finding_and_can_stop(record):
    view = regard.map_view(record, question=Stand())
    heard = []

    def observe():
        heard.append((view.tests[-1].state, view.tests[-1].done))
        if view.tests[-1].done == 2:
            view.tests.stop(0)

    end = view.tests.observe(observe)
    assert view.test(query=0, key=0).state == "stopped"
    assert heard == [("running", 0), ("running", 1), ("running", 2), ("stopped", 2)]
    end()
    view.test()
    assert len(heard) == 4


def test_what_goes_wrong_is_raised_and_kept(record):
    view = regard.head_view(record, layer=1, question=Stand())
    with pytest.raises(ValueError, match="out of memory"):
        view.test()
    assert (view.tests[0].state, view.tests[0].message) == ("failed", "out of memory")
    assert view.text().endswith("untested: shows where the head looked, not why")


def test_tests_are_part_of_the_text(record):
    view = regard.heatmap(record, head=0, question=Stand())
    view.test(query=3, key=1)
    text = view.text()
    assert "edge from key 1 to query 3, layer 0, head 0: Δ log_p" in text
    assert "-0.01 (not measurable)  hidden in these heads" in text
    assert text.endswith("tested: 1 places in this picture")
    assert repr(view.tests).splitlines()[0] == "edge from key 1 to query 3, layer 0, head 0: Δ log_p"


@pytest.mark.parametrize(
    ("given", "place", "message"),
    [
        (None, {}, r"this view cannot test: make it with question=regard.experiment.ask\("),
        (Stand(), {"about": "word"}, "no kind of test 'word'; there are: 'edge', 'heads', 'token'"),
        (Stand(), {"layer": 7}, "no layer 7; there are: 0, 1"),
        (Stand(), {"query": 9}, "no query 9; there are 4"),
    ],
)
def test_what_cannot_be_tested_is_told(record, given, place, message):
    with pytest.raises(ArgumentError, match=message):
        regard.head_view(record, question=given).test(**place)


def test_a_question_is_one(record):
    with pytest.raises(ArgumentError, match=r"question: expected what regard.experiment.ask\(\) gives, got str"):
        regard.head_view(record, question="why?")
