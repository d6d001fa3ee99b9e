import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import from_weights
from regard.view import head_view, map_view, text_view
from view import followed_golden


def uniform(layers, heads, tokens):
    return from_weights(np.full((layers, heads, tokens, tokens), 1 / tokens))


@pytest.fixture
def record():
    return uniform(3, 4, 5)


def test_views_of_one_record_follow_each_other_in_everything(record):
    views = head_view(record), map_view(record), text_view(record)
    linked = regard.link(*views)
    assert linked.differences == ()
    for view in views:
        view.selection.update(layer=view.selection.layer ^ 1, heads=[2], query=3, key=1, rectangle=[0, 2, 1, 3])
        assert len({repr(other.selection.state) for other in views}) == 1
    linked.unlink()
    linked.unlink()
    views[1].selection.layer = 2
    assert [view.selection.layer for view in views] == [1, 2, 1]


def test_the_first_view_is_followed_first(record):
    one, other = head_view(record, layer=2, heads=[1]), head_view(record, layer=0)
    regard.link(one, other)
    assert (other.selection.layer, other.selection.heads) == (2, [1])


def test_what_one_view_cannot_take_over_is_not_lost_to_the_others(record):
    large, small, third = head_view(record), head_view(uniform(2, 2, 5)), head_view(record)
    regard.link(large, small, third)
    large.selection.update(layer=2, heads=[1, 3], query=4)
    assert (small.selection.layer, small.selection.heads, small.selection.query) == (0, [1], 4)
    assert (large.selection.layer, large.selection.heads) == (2, [1, 3])
    assert third.selection.state == large.selection.state


def test_views_follow_through_a_view_of_two_links(record):
    first, middle, last = head_view(record), map_view(record), text_view(record)
    regard.link(first, middle)
    regard.link(middle, last)
    first.selection.layer = 2
    assert (middle.selection.layer, last.selection.layer) == (2, 2)
    last.selection.query = 1
    assert first.selection.query == 1
    assert set(first.selection.linked) == {view.selection for view in (first, middle, last)}


def test_it_says_what_does_not_follow(record):
    linked = regard.link(head_view(record), head_view(uniform(2, 6, 7)))
    assert linked.differences == (
        "view 2 (head_view): 1 encoder layers are in one of the two views only, and not followed",
        "view 2 (head_view): 2 encoder heads are in one of the two views only, and not followed",
        "view 2 (head_view): query is not followed: 5 against 7 encoder queries",
        "view 2 (head_view): key is not followed: 5 against 7 encoder keys",
    )
    assert repr(linked).splitlines()[:2] == [
        "<Link of head_view, head_view: one selection>",
        f"  {linked.differences[0]}",
    ]


def test_other_kinds_of_attention_are_named():
    made = followed_golden.views()
    linked = regard.link(made["large"], made["both"])
    assert linked.differences[0] == "view 2 (head_view) has encoder, cross attention, view 1 encoder"


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_linked(record):
    view = head_view(record)
    with pytest.raises(ArgumentError, match="only views can be linked; got Record"):
        regard.link(view, record)
    for views in ((), (view,), (view, view)):
        with pytest.raises(ArgumentError, match="link needs two or more different views; got"):
            regard.link(*views)


def test_the_page_follows_as_python_does():
    found = followed_golden.PATH.read_text(encoding="utf-8")
    assert found == followed_golden.golden(), "run: python tests/view/followed_golden.py"
