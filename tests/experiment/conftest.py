"""Models and inputs of the experiments' tests."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from regard.testing import tiny_model


def ids_of(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(5, 500, (1, count), generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def ids() -> torch.Tensor:
    return ids_of(10)


@pytest.fixture
def llama() -> Any:
    return tiny_model("llama")
