"""What several capture tests need: inputs for each tiny family, and a model's output beside its record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from regard.capture import capture
from regard.testing import tiny_model


@pytest.fixture
def inputs_for() -> Callable[..., dict[str, torch.Tensor]]:
    def make(family: str, tokens: int = 13, target: int = 7, rows: int = 1) -> dict[str, torch.Tensor]:
        random = torch.Generator().manual_seed(1)
        inputs = {"input_ids": torch.randint(5, 500, (rows, tokens), generator=random)}
        if family in ("bart", "t5"):
            inputs["decoder_input_ids"] = torch.randint(5, 500, (rows, target), generator=random)
        return inputs

    return make


@pytest.fixture
def same_call() -> Callable[..., tuple[Any, Any]]:
    """The record, and the output of the very run it was made from."""

    def run(model: Any, **inputs: Any) -> tuple[Any, Any]:
        outputs: list[Any] = []
        with model.register_forward_hook(lambda _module, _args, output: outputs.append(output)):
            record = capture(model, **inputs)
        return record, outputs[0]

    return run


@pytest.fixture
def weights_in() -> Callable[[Any, Any], dict[str, Any]]:
    """The model's own weights by kind."""

    def read(output: Any, record: Any) -> dict[str, Any]:
        if len(record.kinds) == 1:
            return {record.kinds[0]: output.attentions}
        return {kind: getattr(output, f"{kind}_attentions") for kind in record.kinds}

    return read


@pytest.fixture
def llama() -> Any:
    return tiny_model("llama")


@pytest.fixture
def bert() -> Any:
    return tiny_model("bert")
