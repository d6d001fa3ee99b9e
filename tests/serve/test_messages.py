import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import regard
from regard.errors import ArgumentError
from regard.record import Record
from regard.serve.messages import Responder, selection_fields
from regard.serve.tiles import Tiles
from regard.view import TileHeader
from serve.decode import decode

READ = {"type": "read", "id": "r", "array": "encoder.weights", "slices": [[1, 2], [0, 3], [0, 5], [2, 4]]}


class Carrier:
    """A comm without a browser: keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []

    def __call__(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.sent.append((content, buffers))

    @property
    def errors(self) -> list[str]:
        return [content["message"] for content, _ in self.sent if content["type"] == "error"]


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def respond(record: Record, carrier: Carrier) -> Responder:
    return Responder(Tiles(regard.head_view(record)), carrier)


def test_a_tile_is_answered_with_its_header_and_one_buffer(
    record: Record, respond: Responder, carrier: Carrier
) -> None:
    respond(READ)
    ((content, (buffer,)),) = carrier.sent
    assert (content["type"], content["id"]) == ("tile", "r")
    header = TileHeader(**content["header"])
    assert header.slices == READ["slices"]
    assert np.abs(decode(header, buffer) - record.weights[1:2, 0:3, :, 2:4]).max() <= header.error


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"array": "decoder.weights"}, "no array 'decoder.weights'; there are: 'encoder.weights', 'encoder.overview'"),
        ({"array": None}, "read needs the name of an array; got None"),
        ({"slices": "all"}, "read needs slices [[start, stop], …], one per axis; got 'all'"),
        ({"slices": [[0, 1]] * 3}, "no rectangle [[0, 1], [0, 1], [0, 1]] in 'encoder.weights', which is [2, 3, 5, 5]"),
        ({"slices": [[0, 3], *READ["slices"][1:]]}, "no rectangle [[0, 3], [0, 3], [0, 5], [2, 4]]"),
        ({"slices": [[-1, 1], *READ["slices"][1:]]}, "no rectangle [[-1, 1]"),
        ({"slices": [[1, 1], *READ["slices"][1:]]}, "no rectangle [[1, 1]"),
        ({"slices": [[0, 1, 1], *READ["slices"][1:]]}, "read needs slices"),
        ({"slices": [[0, 1.0], *READ["slices"][1:]]}, "read needs slices"),
        ({"slices": [[False, True], *READ["slices"][1:]]}, "read needs slices"),
        ({"type": "write"}, "no message type 'write'; there are: 'read', 'cancel'"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_with_why(
    respond: Responder, carrier: Carrier, change: dict[str, Any], message: str
) -> None:
    respond({**READ, **change})
    ((content, buffers),) = carrier.sent
    assert (content["type"], content["id"], buffers) == ("error", "r", [])
    assert message in content["message"]


@pytest.mark.parametrize("message", [None, 3, "read", [], {}, {"type": "read"}, {"type": "cancel", "id": []}])
def test_what_cannot_be_answered_is_ignored(respond: Responder, carrier: Carrier, message: object) -> None:
    respond(message)
    assert not carrier.sent


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(array=json_values, slices=json_values, kind=st.sampled_from(["read", "cancel"]))
def test_no_message_raises(array: object, slices: object, kind: str) -> None:
    record = regard.from_weights(np.full((1, 1, 2, 2), 0.5))
    Responder(Tiles(regard.head_view(record)), Carrier())({"type": kind, "id": 1, "array": array, "slices": slices})


def test_a_rectangle_too_large_for_one_message_says_so(carrier: Carrier) -> None:
    n = 2100
    view = regard.head_view(regard.from_qk(np.zeros((1, 4, n, 1), np.float32), np.zeros((1, 4, n, 1), np.float32)))
    Responder(Tiles(view), carrier)({**READ, "slices": [[0, 1], [0, 4], [0, n], [0, n]]})
    assert "holds 17640000 weights; at most 16777216" in carrier.errors[0]


def test_a_source_that_fails_is_an_error_message(
    respond: Responder, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the file went away")

    monkeypatch.setattr(Tiles, "refine", broken)
    respond(READ)
    assert carrier.errors == ["OSError: the file went away"]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Reading that begins (first event) and waits to be let go (second event)."""
    begun, go_on, read = threading.Event(), threading.Event(), Tiles.refine

    def wait(self: Tiles, *rectangle: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return read(self, *rectangle)

    monkeypatch.setattr(Tiles, "refine", wait)
    yield begun, go_on
    go_on.set()


def test_a_request_cancelled_while_it_is_read_is_not_answered(
    respond: Responder, carrier: Carrier, slow: tuple[threading.Event, threading.Event]
) -> None:
    begun, go_on = slow
    reader = threading.Thread(target=respond, args=(READ,))
    reader.start()
    assert begun.wait(10)
    respond({"type": "cancel", "id": "r"})
    go_on.set()
    reader.join(10)
    assert not carrier.sent


MAP_READ = {"type": "read", "id": "m", "array": "decoder.max@3:0", "slices": [[0, 1], [0, 1], [0, 25], [0, 25]]}


@pytest.fixture
def costly(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> Responder:
    """Answers for a map of which every tile takes many steps."""
    monkeypatch.setattr("regard.view.pyramid._AT_ONCE", 1 << 9)
    monkeypatch.setattr("regard.view.pyramid._STEP", 1 << 9)
    monkeypatch.setattr("regard.serve.messages._PART_SECONDS", 0)
    query, key = np.random.default_rng(0).standard_normal((2, 1, 1, 200, 4))
    return Responder(Tiles(regard.map_view(regard.from_qk(query, key, causal=True))), carrier)


def test_what_takes_long_is_answered_in_parts_until_it_is_exact(costly: Responder, carrier: Carrier) -> None:
    costly(MAP_READ)
    assert [content["type"] for content, _ in carrier.sent][:1] == ["part"]
    costly._background.join(20)
    kinds = [content["type"] for content, _ in carrier.sent]
    shares = [content["header"]["share"] for content, _ in carrier.sent]
    assert kinds == ["part"] * (len(kinds) - 1) + ["tile"]
    assert shares == sorted(shares)
    assert (shares[0] < 0.5, shares[-1]) == (True, 1)


def test_everybody_gets_a_first_answer_before_anything_is_worked_out(costly: Responder, carrier: Carrier) -> None:
    for name in range(12):
        costly({**MAP_READ, "id": name})
    costly._background.join(20)
    sent = [(content["id"], content["type"]) for content, _ in carrier.sent]
    assert sent[:12] == [(name, "part") for name in range(12)]
    assert {name for name, kind in sent if kind == "tile"} == set(range(12))


@pytest.mark.parametrize("ending", ["cancel", "close"])
def test_parts_end_when_nobody_wants_them(
    costly: Responder, carrier: Carrier, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(costly._background, "add", lambda steps: later.append(steps))
    later: list[Iterator[None]] = []
    costly(MAP_READ)
    costly({"type": "cancel", "id": "m"}) if ending == "cancel" else costly.close()
    for steps in later:
        assert list(steps) == []
    assert [content["type"] for content, _ in carrier.sent] == ["part"]


def test_many_threads_read_at_once(respond: Responder, carrier: Carrier) -> None:
    threads = [threading.Thread(target=respond, args=({**READ, "id": i},)) for i in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(content["id"] for content, _ in carrier.sent) == list(range(32))
    assert len({buffers[0] for _, buffers in carrier.sent}) == 1


SELECTION = {
    "kind": "encoder",
    "layer": 0,
    "heads": [1],
    "query": None,
    "key": 2,
    "filter": "all",
    "rectangle": None,
    "color": "weight",
    "least": 0,
}


def test_a_selection_of_the_right_types_passes() -> None:
    assert selection_fields(SELECTION) == SELECTION
    assert selection_fields({**SELECTION, "rectangle": [0, 1, 0, 2]})["rectangle"] == [0, 1, 0, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": []},
        {"layer": 1.5},
        {"layer": True},
        {"heads": None},
        {"heads": "01"},
        {"heads": [None]},
        {"query": "2"},
        {"key": False},
        {"filter": {}},
        {"rectangle": "all"},
        {"harm": 1},
    ],
)
def test_a_selection_of_wrong_types_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=r"a selection needs exactly|cannot be"):
        selection_fields({**SELECTION, **change})
