"""The statistics of reports against values worked out by hand."""

import numpy as np
import pytest

from regard.experiment.reliability.statistics import (
    bootstrap,
    holm,
    js_divergence,
    pearson,
    permutation_p,
    sign_agreement,
)


def test_permutation_p_counts_controls_as_large():
    assert permutation_p(-2.3, [0.02] * 19) == 1 / 20
    assert permutation_p(0.5, [0.5, -0.6, 0.4]) == 3 / 4
    assert permutation_p(0.0, [0.0, 0.0]) == 1


def test_permutation_p_leaves_out_what_was_not_measured_and_takes_rounding_for_a_tie():
    assert permutation_p(2.0, [1.0, np.nan, 3.0]) == 2 / 3
    assert permutation_p(4.0, [4.0 - 1e-12]) == 1
    assert permutation_p(1.0, []) == 1


def test_holm_is_the_step_down_correction():
    assert holm([0.01, 0.02, 0.3]) == pytest.approx([0.03, 0.04, 0.3])
    assert holm([0.05, 0.05]) == pytest.approx([0.1, 0.1])
    assert holm([0.9, 0.4]) == pytest.approx([0.9, 0.8])
    assert holm([]) == []


def test_bootstrap_of_texts():
    assert bootstrap([0.7] * 5) == (pytest.approx(0.7), pytest.approx(0.7))
    low, high = bootstrap([0, 1] * 50, seed=1)
    assert (low, high) == pytest.approx((0.4, 0.6), abs=0.02)  # the normal interval: 0.5 ± 1.96 · 0.05
    assert bootstrap([0, 1] * 50, seed=1) == (low, high)
    assert np.isnan(bootstrap([np.nan])).all()


def test_rows_are_compared():
    assert pearson([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(0.8)
    assert pearson([1, 2], [1, 2]) is None
    assert pearson([1, 1, 1], [1, 2, 3]) is None
    assert pearson([1, 2, 3, np.nan], [3, 2, 1, 0]) == -1
    assert sign_agreement([1, -1, 0, 2], [2, 1, 0, np.nan]) == pytest.approx(2 / 3)
    assert sign_agreement([], []) is None


def test_js_divergence_by_hand():
    half = np.array([0.5, 0.5])
    assert js_divergence(half, half) == 0
    by_hand = (np.log(4 / 3) + 0.5 * np.log(2 / 3) + 0.5 * np.log(2)) / 2
    assert float(js_divergence(np.array([1.0, 0.0]), half)) == pytest.approx(by_hand)
    assert js_divergence(np.eye(2), np.eye(2)[::-1]) == pytest.approx([np.log(2)] * 2)
