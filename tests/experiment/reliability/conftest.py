"""Circuits whose causes are known, to run reports on."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import regard
from benchmarks.ground_truth import by_hand, circuits


@pytest.fixture(scope="session")
def ground_truth() -> Any:
    """The circuits, and what they are made of."""
    return SimpleNamespace(
        **vars(by_hand), **{name: made for name, made in vars(circuits).items() if name not in vars(by_hand)}
    )


@pytest.fixture
def report_on(ground_truth: Any) -> Any:
    """A report of a circuit's last layer (or another) on one text, with the words that may stand in each place."""

    def report(name: str, seed: int = 1, **options: Any) -> Any:
        circuit = getattr(ground_truth, name)()
        text = circuit.text(np.random.default_rng(seed))
        ids = list(text.ids)
        proposal = {place: list(words) for place, words in enumerate(text.instead)}
        return regard.reliability(
            circuit.model.eval(),
            input_ids=torch.tensor([ids]),
            position=len(ids) - 1,
            **{"proposal": proposal, **options},
        )

    return report
