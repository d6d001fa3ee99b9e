"""Edits that stay in place while the user's own code runs the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from regard.capture.compiled import as_written, original
from regard.capture.generation.followed import inner
from regard.capture.inputs import is_encoder_decoder
from regard.capture.registry import answering
from regard.errors import NoAttentionError
from regard.experiment.edits import edits_of
from regard.experiment.every_row import EveryRow, Rows


@contextmanager
def editing(model: nn.Module, *edits: Any, keep: Rows | None = None) -> Iterator[EveryRow]:
    """While open, every run of ``model`` in this context is made with these edits, in all rows of a batch.

    ::

        with editing(model, KnockOut(layer=3, head=1, query=-1, key=0)):
            output = model(**inputs)

    A run is one forward pass over whole sequences, or one of ``model.generate``: queries and keys are then numbered as
    in the whole sequence (a decoder's from its start token on), whatever lies in the cache, and every beam is edited
    alike; negative numbers count from the newest token. A cache of fixed size raises ``ArgumentError``.

    Records captured meanwhile hold the attention as it arrives: changed by the edits of earlier layers, not by its own;
    ``keep``, a dict, is filled with the weights that edited rows really had, ``keep[kind, layer][head, query]`` [key].
    The model itself is not touched. Raises ``NoAttentionError`` on leaving when nothing was ever edited.
    """
    model = original(model)
    editor = EveryRow(edits_of(edits), is_encoder_decoder(model), keep)
    begun = inner(model).register_forward_pre_hook(editor.begin, with_kwargs=True)
    ended = inner(model).register_forward_hook(editor.end)
    with begun, ended, as_written(model), answering(model, editor):
        yield editor
    unused = editor.unused
    if unused:
        raise NoAttentionError(
            f"{unused[0]}: no run of {type(model).__name__} had such attention, so nothing was edited. Either the "
            "model was not run, it has no such layer or kind, or it computes attention in its own code"
        )
