"""The models of the workbench's tests."""

from __future__ import annotations

from typing import Any

import pytest

import regard
from regard.demo import dates


@pytest.fixture(scope="session")
def normaliser() -> tuple[Any, Any]:
    """The date normaliser that is shipped, with its tokenizer."""
    return dates.load()


@pytest.fixture
def bench(normaliser: tuple[Any, Any]) -> regard.Workbench:
    """A workbench at a date."""
    return regard.Workbench(*normaliser, "Nov 22nd 2026", beams=3)
