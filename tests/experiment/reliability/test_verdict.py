"""Which numbers give which word: the rules as a table."""

from dataclasses import replace

import pytest

from regard.experiment.reliability.plain import Cut, Replaced, Together, TokenResult
from regard.experiment.reliability.verdict import Scale, beyond, picture_ruling, token_ruling

SCALE = Scale(small=0.1, noise=1e-6)
MATTERS = Replaced(effect=-2.3, controls=59, p=1 / 60, holm=0.05, least=0.05, median=0.02, largest=0.4, second=0.3)
LITTLE = replace(MATTERS, effect=-0.2, p=0.5, holm=1.0)
READ = Cut(-1.2, -1.2, -2.4, -1.1, -1.1, -2.3)
ELSEWHERE = Cut(-0.02, -0.02, -2.4, -0.01, -0.01, -2.3)
ROUTED = Cut(-0.6, -0.6, -0.6, 0.02, 0.02, 0.02)
NOTHING = Cut(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def token(
    replaced: Replaced | None = MATTERS, cut: Cut | None = READ, role: str = "bright", number: int = 3
) -> TokenResult:
    return TokenResult(number, "Paris", role, "", 0.4, replaced=replaced, cut=cut)


@pytest.mark.parametrize(
    ("replaced", "cut", "word", "rule"),
    [
        (MATTERS, READ, "SUPPORTED", "supported"),
        (MATTERS, ELSEWHERE, "SUPPORTED, NOT THROUGH THIS PICTURE", "little"),
        (MATTERS, NOTHING, "SUPPORTED, NOT THROUGH THIS PICTURE", "elsewhere"),
        (MATTERS, replace(READ, value_all=2.3, value_view=2.0), "SUPPORTED, NOT THROUGH THIS PICTURE", "elsewhere"),
        (MATTERS, ROUTED, "ROUTING ONLY", "routing"),
        (MATTERS, replace(ROUTED, value_all=-0.15), "SUPPORTED, NOT THROUGH THIS PICTURE", "little"),
        (MATTERS, None, "CANNOT SAY", "not cut"),
        (LITTLE, ROUTED, "ROUTING ONLY", "routing"),
        (LITTLE, NOTHING, "NOT SUPPORTED", "within"),
        (LITTLE, READ, "NOT SUPPORTED", "position"),
        (LITTLE, replace(READ, value_view=-0.3), "NOT SUPPORTED", "within"),
        (replace(LITTLE, effect=-0.5, p=1 / 60), NOTHING, "CANNOT SAY", "not enough"),
        (replace(LITTLE, effect=-0.35, p=0.1), NOTHING, "CANNOT SAY", "between"),
        (replace(LITTLE, effect=-0.01), NOTHING, "NOT SUPPORTED", "small"),
        (replace(LITTLE, effect=-0.09, holm=0.05, largest=0.02), NOTHING, "CANNOT SAY", "not enough"),
        (replace(MATTERS, effect=2.3), READ, "OPPOSES", "opposes"),
        (replace(MATTERS, controls=3), READ, "CANNOT SAY", "few"),
        (None, READ, "CANNOT SAY", "not measured"),
        (None, ROUTED, "ROUTING ONLY", "routing"),
    ],
)
def test_token_rulings(replaced, cut, word, rule):
    assert token_ruling(token(replaced, cut), None, SCALE) == (word, rule)


def test_an_uncertain_output_and_noise_say_nothing_of_any_token():
    assert token_ruling(token(), None, Scale(0.1, uncertain=True)) == ("CANNOT SAY", "uncertain")
    assert token_ruling(token(), None, Scale(0.1, noise=0.04)) == ("CANNOT SAY", "noise")
    assert picture_ruling([token()], {}, None, Scale(0.1, uncertain=True)) == ("CANNOT SAY", "uncertain")


def test_an_effect_within_three_times_the_noise_does_not_count():
    noisy = Scale(small=0.1, noise=0.03)
    assert not noisy.counts(-0.09)
    assert not Scale(small=0.01, noise=0.1).counts(-0.2)
    assert noisy.counts(-0.11)


FEW = Replaced(effect=-2.0, controls=9, p=0.1, holm=0.3, least=0.3, median=0.02, largest=0.9, second=0.5)


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (FEW, "beyond"),
        (replace(FEW, largest=5.0, p=0.2), "beyond"),  # one control is a cause too
        (replace(FEW, largest=5.0, second=1.2, p=0.2), "between"),  # not twice the others
        (replace(FEW, largest=5.0, second=3.0, p=0.3), "within"),
        (replace(FEW, largest=5.0, p=0.3), "between"),  # too few controls to leave one out
        (replace(FEW, least=0.05, holm=0.06), "between"),  # p could have been small enough, and is not
        (replace(FEW, effect=-0.05, p=0.3), "small"),
        (
            replace(FEW, effect=-0.05, second=0.01),
            "slight",
        ),  # beyond its controls, but of a prediction that hardly moves
        (replace(FEW, effect=-2e-6, second=1e-7), "small"),  # within the noise
        (replace(FEW, effect=None), "not measured"),
        (replace(FEW, controls=3), "few"),
    ],
)
def test_where_no_p_can_be_small_enough_size_decides(found, level):
    assert beyond(found, SCALE) == level


def test_a_special_token_that_passes_something_on_is_not_judged():
    assert token_ruling(token(None, READ, "parked"), None, SCALE) == ("CANNOT SAY", "parked")
    assert token_ruling(token(None, None, "parked"), None, SCALE) == ("CANNOT SAY", "not measured")
    assert token_ruling(token(MATTERS, READ, "parked"), None, SCALE) == ("SUPPORTED", "supported")


def test_evidence_that_is_there_twice_is_told_apart_from_none():
    joint = Together((3, 4), replaced=replace(MATTERS, effect=-3.0))
    alone = replace(LITTLE, effect=0.0, without=0.0)
    assert token_ruling(token(alone, NOTHING), joint, SCALE) == ("CANNOT SAY", "redundant")
    assert token_ruling(token(replace(alone, without=-3.0), NOTHING), joint, SCALE) == ("NOT SUPPORTED", "small")


JOINT = Together((3, 4), replaced=MATTERS, cut=READ)


@pytest.mark.parametrize(
    ("together", "first", "second", "expected"),
    [
        (JOINT, "SUPPORTED", "SUPPORTED", ("SUPPORTED", "supported")),
        (JOINT, "SUPPORTED", "OPPOSES", ("SUPPORTED", "supported")),
        (JOINT, "NOT SUPPORTED", "SUPPORTED", ("NOT SUPPORTED", "mixed")),
        (JOINT, "ROUTING ONLY", "SUPPORTED", ("ROUTING ONLY", "mostly routing")),
        (JOINT, "SUPPORTED", "ROUTING ONLY", ("SUPPORTED", "supported")),
        (replace(JOINT, replaced=replace(MATTERS, effect=2.3)), "OPPOSES", "OPPOSES", ("OPPOSES", "opposes")),
        (replace(JOINT, replaced=LITTLE, cut=NOTHING), "CANNOT SAY", "NOT SUPPORTED", ("NOT SUPPORTED", "within")),
        (replace(JOINT, cut=ELSEWHERE), "SUPPORTED", "SUPPORTED", ("SUPPORTED, NOT THROUGH THIS PICTURE", "little")),
        (replace(JOINT, cut=None), "SUPPORTED", "SUPPORTED", ("CANNOT SAY", "not cut")),
        (replace(JOINT, replaced=None), "CANNOT SAY", "CANNOT SAY", ("CANNOT SAY", "not measured")),
    ],
)
def test_pictures_are_judged_by_their_bright_tokens_together(together, first, second, expected):
    tokens = [replace(token(number=3), weight=0.6), replace(token(number=4), weight=0.2)]
    assert picture_ruling(tokens, {3: (first, ""), 4: (second, "")}, together, SCALE) == expected


def test_pictures_in_which_nothing_stands_out():
    assert picture_ruling([], {}, None, SCALE) == ("CANNOT SAY", "nothing bright")
    parked = token(None, ROUTED, "parked", number=0)
    assert picture_ruling([parked], {0: ("ROUTING ONLY", "routing")}, None, SCALE) == ("ROUTING ONLY", "all parked")
    assert picture_ruling([parked], {0: ("CANNOT SAY", "parked")}, None, SCALE) == ("CANNOT SAY", "nothing bright")
    assert picture_ruling([token()], {3: ("SUPPORTED", "")}, None, SCALE, flat=True) == ("CANNOT SAY", "flat")
    assert picture_ruling([token()], {3: ("OPPOSES", "opposes")}, None, SCALE) == ("OPPOSES", "opposes")
