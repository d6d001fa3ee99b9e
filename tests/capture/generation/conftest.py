"""What the tests of generation share: prompts, and the one full pass that every record must equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from regard.capture import capture
from regard.record import Factored, Record
from regard.testing import assert_weights_equal, tiny_model


@pytest.fixture
def prompt_ids() -> torch.Tensor:
    return torch.randint(5, 500, (1, 9), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def llama() -> Any:
    return tiny_model("llama")


@pytest.fixture
def equals_one_pass() -> Callable[..., Record]:
    """Checks a record against one full pass over the tokens that were read, which it returns."""

    def check(model: Any, record: Record, *, atol: float = 1e-5, **encoder: torch.Tensor) -> Record:
        read = torch.tensor(record.streams["decoder"].ids)[None]
        inputs = (
            {**encoder, "decoder_input_ids": read}
            if encoder
            else {"input_ids": read, "attention_mask": torch.ones_like(read)}
        )
        full = capture(model, **inputs)
        assert record.kinds == full.kinds
        for kind in full.kinds:
            mine, theirs = record.attention(kind), full.attention(kind)
            assert_weights_equal(mine, theirs, atol=atol)
            assert [layer.mask for layer in mine.layers] == [layer.mask for layer in theirs.layers]
            assert all(isinstance(layer, Factored) for layer in mine.layers)
            assert [_held(layer) for layer in mine.layers] == [_held(layer) for layer in theirs.layers]
        return full

    return check


@pytest.fixture
def log_probs_of() -> Callable[..., torch.Tensor]:
    """Log-probabilities [step, vocabulary] of the steps of an answer, from one full pass."""

    def run(model: Any, record: Record, **encoder: torch.Tensor) -> torch.Tensor:
        read = torch.tensor(record.streams["decoder"].ids)[None]
        with torch.no_grad():
            output = model(**encoder, decoder_input_ids=read) if encoder else model(read)
        return output.logits[0, record.generation.border - 1 :].log_softmax(dim=-1)

    return run


def _held(layer: Factored) -> set[str]:
    return set(layer.source.arrays()) - {"lse"}
