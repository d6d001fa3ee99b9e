import numpy as np
import pytest

from regard.record import MaskRule


@pytest.mark.parametrize(
    ("rule", "sees"),
    [
        (MaskRule(), lambda q, k: q < 99 > k),
        (MaskRule(after=0), lambda q, k: k <= q),
        (MaskRule(before=2, after=0), lambda q, k: q - 2 <= k <= q),
        (MaskRule(before=1, after=1), lambda q, k: abs(q - k) <= 1),
        (MaskRule(after=0, chunk=3), lambda q, k: k <= q and k // 3 == q // 3),
        (MaskRule(after=0, offset=4), lambda q, k: k <= q + 4),
    ],
)
def test_rule_is_what_it_says(rule, sees):
    found = rule.visible(slice(2, 7), slice(1, 9))
    expected = [[sees(q, k) for k in range(1, 9)] for q in range(2, 7)]
    assert found.tolist() == expected


def test_only_the_rule_without_limits_is_full():
    assert MaskRule(offset=3).is_full
    assert not any(rule.is_full for rule in (MaskRule(before=9), MaskRule(after=9), MaskRule(chunk=9)))


def test_rules_are_values():
    assert MaskRule(after=0) == MaskRule(after=0)
    assert np.array_equal(MaskRule(after=0).visible(slice(0, 0), slice(0, 3)), np.zeros((0, 3), bool))
