"""The attention of any hypothesis, read off one pass of the model over it, with the edits it was written under."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.inputs import Inputs, from_arguments
from regard.capture.pieces import tokens_from_ids
from regard.capture.run import capture
from regard.experiment.editing import editing
from regard.experiment.edits import Edit
from regard.experiment.every_row import Rows
from regard.experiment.places import reached
from regard.record.attention import Attention
from regard.record.dense import Dense
from regard.record.overlaid import Overlaid
from regard.record.record import Record
from regard.record.tokens import Tokens


class Reading:
    """Reads the attention of hypotheses of one source: one pass over ``start`` and the tokens but the last."""

    def __init__(
        self, model: nn.Module, tokenizer: Any, inputs: Inputs, start: Sequence[int], edits: Sequence[Edit]
    ) -> None:
        self._model, self._tokenizer, self._inputs = model, tokenizer, inputs
        self._start, self._edits = tuple(start), tuple(edits)
        prompt = inputs.rows[0].tokens.get("decoder")
        plain = tokens_from_ids(tokenizer, list(start))
        self.start_tokens = prompt if not inputs.encoder_decoder and prompt is not None else plain

    @property
    def encoder_decoder(self) -> bool:
        """Whether the model reads the source and the answer apart."""
        return self._inputs.encoder_decoder

    @cached_property
    def source(self) -> Tokens:
        """What the encoder reads, or the prompt; of sound and pictures the frames and patches."""
        if not self._inputs.encoder_decoder:
            return self.start_tokens
        known = self._inputs.rows[0].tokens.get("encoder")
        return known if known is not None else self.record(()).streams["encoder"]

    def record(self, ids: tuple[int, ...]) -> Record:
        """The record of one hypothesis; rows that were edited are as they were used."""
        read = [*self._start, *ids[:-1]]
        arguments = _arguments(self._model, self._inputs, read)
        if not self._edits:
            return self._named(_only(capture(self._model, self._tokenizer, **arguments)))
        rows: Rows = {}
        used = [edit for edit in self._edits if _is_within(edit, len(read))]
        with editing(self._model, *used, keep=rows) if used else nullcontext():
            found = _only(capture(self._model, self._tokenizer, **arguments))
        return self._named(_edited(found, rows))

    def _named(self, record: Record) -> Record:
        """The record with the tokens of the source as they are known best."""
        known = self._inputs.rows[0].tokens.get("encoder")
        if not self._inputs.encoder_decoder or known is None or len(known) != len(record.streams["encoder"]):
            return record
        return replace(record, streams={**record.streams, "encoder": known})


def reading_inputs(model: nn.Module, tokenizer: Any, source: Inputs, start: Tokens, target: Sequence[int]) -> Inputs:
    """The inputs of one pass over a source and what was read of an answer: ``start`` and all tokens but the last."""
    first = [] if start.ids is None else [int(i) for i in start.ids]
    return from_arguments(model, _arguments(model, source, [*first, *target[:-1]]), tokenizer)


def _arguments(model: nn.Module, source: Inputs, read: list[int]) -> dict[str, Any]:
    own = dict(source.arguments)
    ids = torch.tensor([read], device=next(model.parameters()).device)
    if source.encoder_decoder:
        return own | {"decoder_input_ids": ids}
    more = {"attention_mask": torch.ones_like(ids)} if isinstance(own.get("attention_mask"), Tensor) else {}
    return own | {"input_ids": ids} | more


def _only(found: Record | list[Record]) -> Record:
    assert isinstance(found, Record)
    return found


def _is_within(edit: Edit, queries: int) -> bool:
    """Whether the edit is of the encoder, or of a query that this hypothesis has."""
    return edit.kind == "encoder" or bool(reached(edit.query, 0, queries))


def _edited(record: Record, rows: Rows) -> Record:
    attentions = dict(record.attentions)
    for (kind, number), found in rows.items():
        attention = attentions[kind]
        layers = list(attention.layers)
        layers[number] = Dense(Overlaid(attention.layer(number), found))
        attentions[kind] = Attention(kind, tuple(layers), attention.query_stream, attention.key_stream)
    return replace(record, attentions=attentions)
