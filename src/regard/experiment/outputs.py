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
from regard.errors import ArgumentError, NoAttentionError
from regard.experiment.draws import Draws
from regard.experiment.edits import HeadOutputs
from regard.experiment.inputs import prepared, without_cache
from regard.experiment.order import Order

Place = tuple[Kind, int, int]
"""Kind, layer and turn (see :class:`~regard.experiment.order.Order`)."""


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


def outputs_of(model: nn.Module, inputs: Inputs) -> dict[Place, Tensor]:
    """What every head gives on one input, [query, head, d_value] by kind, layer and turn; of windows, side by side.

    Layers whose product with the values cannot be followed are left out, at the cost of one more run each. Raises
    ``NoAttentionError`` where these are all.
    """
    unseen: set[Place] = set()
    while True:
        seen = _Seen(Order(inputs.encoder_decoder, inputs.has_text), unseen)
        try:
            with torch.no_grad(), as_written(model), answering(model, seen.keep), Draws(model).repeated():
                model(**without_cache(model, dict(inputs.arguments)))
        except NoAttentionError as error:
            if seen.latest is None:
                raise
            unseen.add(seen.latest)
            if seen.found.keys() <= unseen:
                raise error from None
            continue
        return seen.found


class _Seen:
    """Keeps what heads give in one run, but of places that are known to be ``unseen``."""

    def __init__(self, order: Order, unseen: set[Place]) -> None:
        self._order, self._unseen = order, unseen
        self.found: dict[Place, Tensor] = {}
        self.latest: Place | None = None
        """The latest place whose module sums the values itself."""

    def keep(self, call: Call, run: Callable[[], Any]) -> Any:
        """What the attention function answers."""
        kind, layer, _ = self._order.number(call)
        if kind is None:
            return AS_IS
        place = (kind, layer, 0 if self._order.begins else self._order.turn)
        if place in self._unseen:
            return AS_IS
        answer = run()
        if call.value is None and not isinstance(answer, Written):
            return answer
        goes_on = bool(self._order.begins)

        def taken(output: Tensor) -> Tensor:
            given = output.detach().flatten(0, 1).clone()
            self.found[place] = torch.cat([self.found[place], given]) if goes_on else given
            return output

        if isinstance(answer, Written):
            self.latest = place
            return replace(answer, outputs=taken)
        taken(answer[0] if isinstance(answer, tuple) else answer)
        return answer
