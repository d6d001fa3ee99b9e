"""The verdicts of reliability reports on circuits whose causes are known."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.ground_truth.auroc import auroc, interval
from benchmarks.ground_truth.calibration import RATES, aims, area, areas, at_most, rate, rates
from benchmarks.ground_truth.circuit_table import cases
from benchmarks.ground_truth.circuits import cancelling, sink, unread
from benchmarks.ground_truth.looks import Look, Source, looks


@pytest.fixture(scope="module")
def found():
    made = []
    for make in (sink, unread, cancelling):
        (case,) = cases(make, texts=1)
        made += looks(Source(make().name, False, 0, 0), case, "quick")
    return made


def test_no_decoy_is_supported(found):
    decoys = [look for look in found if not look.cause]
    assert len(decoys) == 4  # the sink, the loud head, and two heads that cancel
    assert rate(found, *RATES["false SUPPORTED on decoys"]) == 0
    assert rate(found, *RATES["false SUPPORTED of whole pictures"]) == 0


def test_verdicts_tell_causes_from_decoys_and_weights_do_not(found):
    assert area("verdict", found) >= 0.7
    assert area("replaced, TVD", found) == 1
    assert area("weight", found) <= 0.5


def test_the_report_says_what_was_counted(found):
    text = "\n".join([aims("quick", found), *areas("quick", found), *rates("quick", found)])
    assert "false SUPPORTED on decoys 0 of 4, in 3 texts [0%, 63.2%] (aim: 5% or less, met)" in text
    assert "| false SUPPORTED on decoys | 0 of 4, in 3 texts [0%, 63.2%]" in text


def test_what_was_never_seen_may_still_be():
    assert at_most(59) == pytest.approx(0.05, abs=2e-3)
    assert at_most(1) == pytest.approx(0.95)


def test_area_under_the_curve():
    assert auroc([3, 2, 1], [True, False, False]) == 1
    assert auroc([1, 1, 1], [True, False, False]) == 0.5
    assert auroc([np.nan, 0.1], [True, False]) == 0
    assert np.isnan(auroc([1, 2], [True, True]))


def test_intervals_are_wider_than_texts_where_seeds_differ():
    look = Look(Source("mark", True, 0, 0), 0, 0, 0, True, True, "SUPPORTED", "SUPPORTED", {"verdict": 1.0})
    made = [
        replace(look, source=Source("mark", True, seed, text), scores={"verdict": float(seed)})
        for seed in range(2)
        for text in range(20)
    ]
    low, high = interval(made, lambda part: float(np.mean([one.scores["verdict"] for one in part])))
    assert (low, high) == (0, 1)
