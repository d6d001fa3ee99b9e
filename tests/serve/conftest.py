"""Small records, and a front end of one line: what pages carry is tested here, what they draw in tests/browser."""

import numpy as np
import pytest

import regard
from regard.record import Record
from regard.serve import html, widget

STUB = 'document.title += "</script><!--";'


@pytest.fixture(autouse=True)
def front_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "script", lambda _name: STUB)
    for module in (html, widget):
        monkeypatch.setattr(module, "scripts", lambda host, _views: [STUB, f"{STUB}// {host}"])


def softmax(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores)
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.fixture
def record() -> Record:
    """Two layers of three heads over five tokens."""
    scores = np.random.default_rng(0).standard_normal((2, 3, 5, 5))
    return regard.from_weights(softmax(scores), tokens=["the", " cat", " sat", " on", " mats"], name="tiny")
