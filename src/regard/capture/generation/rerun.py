"""For what cannot be followed step by step: one full pass over the finished text."""

from __future__ import annotations

from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.generation.answer import Answer
from regard.capture.generation.choices import Step
from regard.capture.generation.followed import inner
from regard.capture.inputs import Inputs
from regard.capture.run import capture
from regard.record.record import Record


def rerun(model: nn.Module, tokenizer: Any, inputs: Inputs, found: Answer, k: int) -> tuple[Record, list[Step]]:
    """The record of one pass over what was read of a sequence, and what its rows chose from."""
    outputs: list[Tensor] = []
    thread = get_ident()

    def keep(_module: nn.Module, _args: object, output: Any) -> None:
        if get_ident() == thread:
            outputs[:] = [output.logits.detach()]

    with inner(model).register_forward_hook(keep):
        record = capture(model, tokenizer, **_arguments(inputs, found))
    assert isinstance(record, Record)
    logits = outputs[0][0, -len(found.chosen) :].float().log_softmax(dim=-1)
    return record, [
        Step.of(row[None], torch.tensor([[token]]), k) for row, token in zip(logits.cpu(), found.chosen, strict=True)
    ]


def _arguments(inputs: Inputs, found: Answer) -> dict[str, Any]:
    """The model's inputs for one sequence alone."""
    items = len(inputs.rows)
    own = {
        name: value[found.item : found.item + 1] if isinstance(value, Tensor) and len(value) == items else value
        for name, value in inputs.arguments.items()
        if not name.startswith("decoder_")
    }
    ids = found.read[None].to(next(value.device for value in own.values() if isinstance(value, Tensor)))
    if inputs.encoder_decoder:
        return {**own, "decoder_input_ids": ids}
    keep = inputs.rows[found.item].kept("decoder", found.prompt)
    ids = torch.cat([ids[:, : found.prompt][:, keep], ids[:, found.prompt :]], dim=1)
    return {**own, "input_ids": ids, "attention_mask": torch.ones_like(ids)}
