"""The same edits in every row of whatever batch a model is run on, also while it generates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.inputs import rows_of
from regard.experiment.editor import Editor, Kept
from regard.experiment.edits import Edit
from regard.experiment.order import Order

Rows = dict[tuple[Kind, int], dict[tuple[int, int], np.ndarray]]
"""Weights of edited rows by (kind, layer) and (head, query): [key]."""


class EveryRow:
    """Answers the attention calls of run after run; layers are numbered anew in each.

    A run that goes on from a cache is of the queries after those cached; one that was given a cache, even an empty
    one, may be followed by others, so queries that are not there yet are waited for. ``keep`` is given the weights of
    the edited rows of the first row of the batch.
    """

    def __init__(self, edits: Sequence[Edit], encoder_decoder: bool, keep: Rows | None = None) -> None:
        self._edits, self._encoder_decoder, self._keep = edits, encoder_decoder, keep
        self._order = Order(encoder_decoder, text=True)
        self._start: int | None = None
        self._rows: int | None = None
        self._used: set[int] = set()

    @property
    def unused(self) -> list[Edit]:
        """The edits whose attention was never seen."""
        return [edit for edit in self._edits if id(edit) not in self._used]

    def excuse(self, edits: Sequence[Edit]) -> None:
        """These edits may go unused."""
        self._used |= {id(edit) for edit in edits}

    def begin(self, _model: nn.Module, args: Any, kwargs: dict[str, Any]) -> None:
        """A run begins."""
        given = {**{str(place): value for place, value in enumerate(args)}, **kwargs}
        self._rows = rows_of(given) if any(isinstance(value, Tensor) for value in given.values()) else None
        cache = kwargs.get("past_key_values")
        self._start = None if cache is None else int(cache.get_seq_length())
        self._order = Order(self._encoder_decoder, text="input_ids" in kwargs or bool(args))

    def end(self, *_run: Any) -> None:
        """A run is over; what an encoder does before the next one is of that one."""
        self._start, self._rows = None, None
        self._order = Order(self._encoder_decoder, text=True)

    def __call__(self, call: Call, run: Callable[[], Any]) -> Any:
        """What the attention function answers."""
        grows = self._start is not None
        kept: Kept | None = None if self._keep is None else self._take
        count = call.query.shape[0]
        rows = self._rows if self._rows and count % self._rows == 0 else count
        editor = Editor([self._edits] * rows, self._order, self._start or 0, grows=grows, kept=kept)
        answer = editor(call, run)
        self._used |= editor.used
        return answer

    def _take(self, kind: Kind, layer: int, heads: list[int], queries: list[int], weights: Tensor) -> None:
        assert self._keep is not None
        rows = self._keep.setdefault((kind, layer), {})
        found = weights.detach().float().cpu().numpy()
        for h, head in enumerate(heads):
            for q, query in enumerate(queries):
                rows[head, query] = found[h, q].copy()
