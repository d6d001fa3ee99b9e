import numpy as np
import pytest

from regard.errors import ArgumentError
from regard.record import Attention, Dense, Record, Tokens, from_weights
from regard.view import head_view


@pytest.fixture
def view():
    tokens = Tokens(tuple("abcd")).with_segments(2)
    return head_view(from_weights(np.full((3, 4, 4, 4), 0.25), tokens=tokens), layer=1, heads=[2, 0])


def test_it_starts_as_asked(view):
    s = view.selection
    assert (s.kind, s.layer, s.heads, s.query, s.key, s.filter) == ("encoder", 1, [0, 2], None, None, "all")


def test_assigning_tells_observers_once_per_change(view):
    seen = []
    stop = view.selection.observe(seen.append)
    view.selection.layer = 2
    view.selection.layer = 2
    view.selection.update(query=1, filter="ab")
    stop()
    view.selection.layer = 0
    assert [(s.layer, s.query, s.filter) for s in seen] == [(2, None, "all"), (2, 1, "ab")]
    assert view.spec()["selection"]["layer"] == 0


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": 3}, "no layer 3; there are: 0, 1, 2"),
        ({"heads": [1, 9]}, "no head 9; there are: 0, 1, 2, 3"),
        ({"query": 4}, r"no query 4; there are 4 \(0 to 3\)"),
        ({"key": -1}, "no key -1"),
        ({"kind": "cross"}, "no kind of attention 'cross'; there are: 'encoder'"),
        ({"filter": "ac"}, "no filter 'ac'"),
        ({"head": 1}, "no selection field 'head'; there are: 'kind', 'layer', 'heads'"),
    ],
)
def test_what_does_not_exist_is_refused_and_nothing_changes(view, change, message):
    before = view.selection.state
    with pytest.raises(ArgumentError, match=message):
        view.selection.update(**change)
    assert view.selection.state == before


def test_misspelt_fields_are_refused(view):
    with pytest.raises(ArgumentError, match="no selection field 'layers'"):
        view.selection.layers = 1
    with pytest.raises(AttributeError):
        _ = view.selection.layers


def test_a_filter_needs_a_pair():
    single = head_view(from_weights(np.full((1, 1, 2, 2), 0.5)))
    with pytest.raises(ArgumentError, match="needs a pair of texts"):
        single.selection.filter = "ab"


def test_another_kind_keeps_what_still_exists():
    def dense(heads, queries, keys):
        return Dense.of(np.full((heads, queries, keys), 1 / keys))

    streams = {"encoder": Tokens.of(None, 3), "decoder": Tokens.of(None, 2)}
    attentions = {
        "encoder": Attention("encoder", (dense(4, 3, 3),) * 4, "encoder", "encoder"),
        "cross": Attention("cross", (dense(2, 2, 3),) * 2, "decoder", "encoder"),
    }
    selection = head_view(Record(streams, attentions), layer=3, heads=[1, 3]).selection
    selection.query = 2
    selection.kind = "cross"
    assert (selection.layer, selection.heads, selection.query) == (0, [1], None)
