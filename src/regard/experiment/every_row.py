"""The same edits in every row of whatever batch a model is run on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from regard.capture.calls import Call
from regard.errors import ArgumentError
from regard.experiment.editor import Editor
from regard.experiment.edits import Edit
from regard.experiment.order import Order


class EveryRow:
    """Answers the attention calls of run after run; layers are numbered anew in each."""

    def __init__(self, edits: Sequence[Edit], encoder_decoder: bool) -> None:
        self._edits, self._encoder_decoder = edits, encoder_decoder
        self._order = Order(encoder_decoder, text=True)
        self._used: set[int] = set()

    @property
    def unused(self) -> list[Edit]:
        """The edits whose attention was never seen."""
        return [edit for edit in self._edits if id(edit) not in self._used]

    def begin(self, _model: nn.Module, _args: Any, kwargs: dict[str, Any]) -> None:
        """A run begins."""
        cache = kwargs.get("past_key_values")
        if cache is not None and cache.get_seq_length():
            raise ArgumentError(
                "edits name queries and keys of a whole sequence, but this run goes on from a cache; run the model on "
                "the whole sequence without past_key_values"
            )
        self._order = Order(self._encoder_decoder, text="input_ids" in kwargs or bool(_args))

    def __call__(self, call: Call, run: Callable[[], Any]) -> Any:
        """What the attention function answers."""
        editor = Editor([self._edits] * call.query.shape[0], self._order)
        answer = editor(call, run)
        self._used |= editor.used
        return answer
