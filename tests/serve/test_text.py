import numpy as np
import pytest

from regard.errors import ArgumentError
from regard.record import Attention, Dense, Record, Tokens, from_qk, from_weights
from regard.serve.text import text
from regard.view import head_view, model_view


def heads_of_known_kind(n: int = 6) -> np.ndarray:
    first, previous, same, following = (np.zeros((n, n)) for _ in range(4))
    first[:, 0] = 1
    for i in range(n):
        previous[i, max(i - 1, 0)] = same[i, i] = following[i, min(i + 1, n - 1)] = 1
    return np.stack([first, previous, same, following, np.full((n, n), 1 / n)])[None]


def test_the_grid_names_where_half_of_the_attention_goes():
    shown = text(model_view(from_weights(heads_of_known_kind())))
    assert "layer   0  ⇤  ←  ●  →  ·" in shown.splitlines()


def test_cross_attention_has_no_previous_token():
    weights = Dense.of(np.tile(np.eye(1, 3), (1, 2, 1)))
    streams = {"encoder": Tokens.of(None, 3), "decoder": Tokens.of(None, 2)}
    record = Record(streams, {"cross": Attention("cross", (weights,), "decoder", "encoder")})
    shown = text(record)
    assert "2 queries × 3 keys" in shown
    assert shown.splitlines()[-2:] == [
        "layer   0  ⇤",
        "cross attention: at least half of it goes to  ⇤ first token  ⇥ last token  · spread",
    ]


def test_long_sequences_are_sampled_and_say_so():
    record = from_qk(np.zeros((1, 1, 700, 2)), np.zeros((1, 1, 700, 2)), causal=True)
    assert "from 512 of 700 queries" in text(record)


def test_grouped_heads_and_sizes_are_said():
    record = from_qk(np.zeros((2, 4, 5, 2)), np.zeros((2, 2, 5, 2)), causal=True, name="tiny")
    assert text(record).splitlines()[1] == (
        "  decoder: 2 layers × 4 heads, 2 key heads, 5 tokens (960 B held, 1.6 kB as matrices)"
    )


def test_a_selected_query_is_shown_head_by_head():
    view = head_view(from_weights(heads_of_known_kind(), tokens=list("abcdef")), heads=[1, 3])
    view.selection.query = 2
    assert text(view).splitlines() == [
        "encoder attention, layer 0, query 2 “c”",
        "    head 1  → b 1.00",
        "    head 3  → d 1.00",
        "",
        "untested: shows where the head looked, not why",
    ]


def test_wide_characters_are_aligned_and_long_lines_cut():
    record = from_weights(np.full((1, 1, 2, 2), 0.5), tokens=["猫猫", "a"])
    lines = text(head_view(record)).splitlines()
    assert lines[1].startswith("猫猫  →")
    assert lines[2].startswith("   a  →")
    assert max(map(len, text(head_view(record), width=12).splitlines())) <= 12


def test_hostile_tokens_do_not_reach_the_terminal():
    shown = text(from_weights(np.full((1, 1, 2, 2), 0.5), tokens=["\x1b[31m", "\u202eabc"]))
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_no_head_selected():
    assert "no head is selected" in text(head_view(from_weights(heads_of_known_kind()), heads=[]))


@pytest.mark.usefixtures("as_users_do")
def test_only_records_and_views_have_a_text():
    with pytest.raises(ArgumentError, match="a record or a view can be shown as text, not int"):
        text(3)
