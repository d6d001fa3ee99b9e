import json
import threading
from dataclasses import dataclass

import pytest

import regard
from regard.record import Record
from regard.serve.lab import Lab
from regard.serve.widget import ViewWidget


@dataclass(frozen=True)
class Found:
    how: str = "zero"
    scope: str = "heads"
    value: float = -1.0
    noise: float = 0.1
    spread: float | None = None
    measurable: bool = True


class Stand:
    """Answers as a question does, when it is let."""

    effect = "log_p"

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.error: Exception | None = None

    def trial(self, about, **place):
        for value in (-1.0, float("nan")):
            assert self.go.wait(10)
            if self.error is not None:
                raise self.error
            yield Found(value=value)


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_a_test_runs_beside_and_is_kept(record: Record, stand: Stand) -> None:
    stand.go.clear()
    view = regard.head_view(record, question=stand)
    lab = Lab(view)
    assert lab({"type": "test", "about": "heads"})
    assert (view.tests[0].state, view.tests[0].done) == ("running", 0)
    stand.go.set()
    lab.join(10)
    assert (view.tests[0].state, view.tests[0].done) == ("done", 2)


def test_a_test_is_stopped(record: Record, stand: Stand) -> None:
    stand.go.clear()
    view = regard.head_view(record, question=stand)
    lab = Lab(view)
    lab({"type": "test"})
    assert lab({"type": "stop", "id": 0})
    stand.go.set()
    lab.join(10)
    assert (view.tests[0].state, view.tests[0].done) == ("stopped", 1)


def test_what_goes_wrong_is_said_in_the_test_only(record: Record, stand: Stand) -> None:
    stand.error = MemoryError("no room")
    view = regard.head_view(record, question=stand)
    lab = Lab(view)
    lab({"type": "test", "about": "what?"})
    lab.join(10)
    assert (view.tests[0].state, view.tests[0].message) == ("failed", "no room")


def test_other_messages_are_left_to_others(record: Record, stand: Stand) -> None:
    lab = Lab(regard.head_view(record, question=stand))
    assert not any(lab(message) for message in ({"type": "read"}, {}, "test", None))
    assert lab({"type": "stop", "id": "x"})


def test_without_a_question_nothing_is_tested(record: Record) -> None:
    view = regard.head_view(record)
    assert Lab(view)({"type": "test"})
    assert len(view.tests) == 0


def test_a_live_picture_knows_the_question_and_the_tests(record: Record, stand: Stand) -> None:
    view = regard.head_view(record, question=stand)
    live = ViewWidget(view)
    assert live.asked == repr(stand)
    assert live.tests == []
    live._receive(live, {"type": "test", "about": "heads"}, [])
    live._try.join(10)
    (found,) = live.tests
    assert (found["state"], [one["value"] for one in found["findings"]]) == ("done", [-1.0, None])
    json.dumps(live.get_state(), allow_nan=False, default=str)
    live.close()
    view.test()
    assert len(live.tests) == 1
    assert ViewWidget(regard.head_view(record)).asked == ""
