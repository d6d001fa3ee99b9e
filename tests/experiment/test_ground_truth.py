"""On circuits whose causes are known, each method finds what theory says it finds, and misses what it must miss."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "ground_truth.py"
spec = importlib.util.spec_from_file_location("ground_truth", PATH)
ground_truth = importlib.util.module_from_spec(spec)
sys.modules["ground_truth"] = ground_truth
spec.loader.exec_module(ground_truth)

FINDS = {
    "occlusion": "induction, sink decoy, bag, unread write, cancelling heads, and, pointer, relay, blocker",
    "mask knock-out": "bag, unread write, cancelling heads, and, pointer, relay, blocker",
    "value knock-out": "sink decoy, bag, unread write, cancelling heads, and, pointer, relay",
    "raw, last layer": "unread write, blocker",
    "rollout": "pointer",
}


@pytest.mark.parametrize("make", ground_truth.CIRCUITS, ids=lambda make: make.__name__)
def test_methods_pass_and_fail_as_theory_says(make):
    name, found = make().name, ground_truth.row(make, texts=3)
    assert {method for method, value in found.items() if value >= 0.9} == {
        method for method, circuits in FINDS.items() if name in circuits.split(", ")
    }
    assert all(value <= 0.85 for value in found.values() if value < 0.9)


def test_what_is_tied_counts_by_expectation():
    assert ground_truth.precision(np.array([0.0, 0, 0, 0, 9]), [1], candidates=4) == 0.25
    assert ground_truth.precision(np.array([3.0, -4, 0, 0]), [0, 2], candidates=4) == 0.5
