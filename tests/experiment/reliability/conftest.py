"""Circuits whose causes are known, to run reports on."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import regard

PATH = Path(__file__).parents[3] / "benchmarks" / "ground_truth.py"


@pytest.fixture(scope="session")
def ground_truth() -> Any:
    if "ground_truth" not in sys.modules:
        spec = importlib.util.spec_from_file_location("ground_truth", PATH)
        module = importlib.util.module_from_spec(spec)
        sys.modules["ground_truth"] = module
        spec.loader.exec_module(module)
    return sys.modules["ground_truth"]


@pytest.fixture
def report_on(ground_truth: Any) -> Any:
    """A report of a circuit's last layer (or another) on one text, with the words that may stand in each place."""

    def report(name: str, seed: int = 1, **options: Any) -> Any:
        circuit = getattr(ground_truth, name)()
        ids, _, instead = circuit.text(np.random.default_rng(seed))
        proposal = {place: list(words) for place, words in enumerate(instead)}
        return regard.reliability(
            circuit.model.eval(),
            input_ids=torch.tensor([ids]),
            position=len(ids) - 1,
            **{"proposal": proposal, **options},
        )

    return report
