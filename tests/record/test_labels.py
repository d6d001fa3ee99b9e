import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.record.labels import label


@pytest.mark.parametrize(
    ("piece", "shown"),
    [
        (" the", "the"),
        ("the", "the"),
        ("  x", "·x"),
        (" ", "·"),
        ("\n\n", "⏎⏎"),
        ("a\tb", "a⇥b"),
        ("", "∅"),
        ("\x00", "␀"),
        ("\x7f", "␡"),
        ("\u202eevil", "<U+202E>evil"),
        ("\u2066x\u2069", "<U+2066>x<U+2069>"),
        ("\u200b", "<U+200B>"),
        ("\ud800", "<U+D800>"),
        ("\u2028", "<U+2028>"),
        ("\u00a0x", "<U+00A0>x"),
        ("\u0301", "◌\u0301"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("猫", "猫"),
        ("قطة", "قطة"),
        ("</script>", "</script>"),
    ],
)
def test_label(piece, shown):
    assert label(piece) == shown


def test_continuation_mark_goes_in_front():
    assert label("ing", continues="##") == "##ing"


@given(st.text())
def test_nothing_shown_can_hide_or_reorder_text(piece):
    shown = label(piece)
    assert shown
    dangerous = {"Cc", "Cs", "Zl", "Zp"}
    assert not any(unicodedata.category(char) in dangerous for char in shown)
    assert not any("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" for char in shown)
