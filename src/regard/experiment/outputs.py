"""What heads give in reference runs, to be put in place of what they give in another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.compiled import as_written, original
from regard.capture.inputs import Inputs
from regard.capture.registry import answering
from regard.capture.written import AS_IS, Written
from regard.errors import ArgumentError
from regard.experiment.draws import Draws
from regard.experiment.edits import HeadOutputs
from regard.experiment.inputs import prepared, without_cache
from regard.experiment.order import Order


def head_outputs(
    model: nn.Module, tokenizer: Any = None, text: str | Sequence[str] | None = None, **model_inputs: Any
) -> HeadOutputs:
    """What every head gives on a reference text, before the output projection: for ``Ablate(by=…)``.

    One text of the same length as the edited one is patched in position by position; of several texts the mean is
    taken. Costs one pass a text, and the memory of one hidden state a layer. Random numbers that the model draws are
    those that ``torch`` would give next, as in :func:`regard.experiment.ask`.
    """
    texts = text if isinstance(text, Sequence) and not isinstance(text, str) else [text]
    if not texts:
        raise ArgumentError("head_outputs: text is an empty list; give at least one reference text")
    rows = [prepared(model, tokenizer, one, None, None, model_inputs) for one in texts]
    return HeadOutputs([outputs_of(original(model), row) for row in rows])


def outputs_of(model: nn.Module, inputs: Inputs) -> dict[tuple[Kind, int, int], Tensor]:
    """What every head gives on one input, [query, head, d_value] by kind, layer and turn; of windows, side by side."""
    found: dict[tuple[Kind, int, int], Tensor] = {}
    order = Order(inputs.encoder_decoder, inputs.has_text)

    def keep(call: Call, run: Callable[[], Any]) -> Any:
        kind, layer, _ = order.number(call)
        if kind is None:
            return AS_IS
        place, answer = (kind, layer, 0 if order.begins else order.turn), run()
        if call.value is None and not isinstance(answer, Written):
            return answer

        def taken(output: Tensor) -> Tensor:
            given = output.detach().flatten(0, 1).clone()
            found[place] = torch.cat([found[place], given]) if order.begins else given
            return output

        if isinstance(answer, Written):
            return replace(answer, outputs=taken)
        taken(answer[0] if isinstance(answer, tuple) else answer)
        return answer

    with torch.no_grad(), as_written(model), answering(model, keep), Draws(model).repeated():
        model(**without_cache(model, dict(inputs.arguments)))
    return found
