"""The record of one answer: joined attention, tokens with the border, and what each step chose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from regard.capture.generation.answer import Answer
from regard.capture.generation.choices import choices
from regard.capture.generation.followed import Followed
from regard.capture.generation.masks import Padding
from regard.capture.generation.rerun import rerun
from regard.capture.inputs import Inputs, Row
from regard.capture.pieces import tokens_from_ids
from regard.capture.routing import Pick, by_row, of_row
from regard.capture.run import info_of
from regard.record.generation import Generation
from regard.record.record import Record
from regard.record.tokens import Tokens


def record_answer(
    model: nn.Module, tokenizer: Any, inputs: Inputs, followed: Followed, answer: Answer, k: int
) -> Record:
    """Join the steps of one answer; where that cannot be done, run its finished text once more."""
    steps, watch = followed.steps, followed.watch
    joined = steps.found and not steps.lost and steps.was_read(answer.read, answer.read_in)
    raw, rows = watch.raw, answer.rows
    if joined:
        row = _row(tokenizer, inputs, answer)
        record = steps.record(answer.item, answer.read_in, row, info_of(model))
        record = followed.routers.added(record, _routed(answer, row, inputs, followed.steps.rows))
    else:
        record, again = rerun(model, tokenizer, inputs, answer, k)
        if followed.speculates:
            raw, rows = again, (0,) * len(again)
    changed = watch.changed and not followed.speculates
    stream = "decoder" if "decoder" in record.streams else next(iter(record.streams))
    generation = Generation(
        stream,
        len(record.streams[stream]) - len(answer.ids) + answer.prompt + 1,
        tokens_from_ids(tokenizer, answer.chosen),
        choices(tokenizer, raw, rows, answer.chosen),
        choices(tokenizer, watch.processed, rows, answer.chosen) if changed else None,
        answer.score,
        rerun=not joined,
    )
    return replace(record, generation=generation)


def _routed(answer: Answer, row: Row, inputs: Inputs, rows: int) -> Pick:
    """Picks what routers chose for the tokens that were read, each in the row of the batch in which it was."""
    of_prompt = of_row(row, answer.item, len(inputs.rows))

    def pick(stream: str, passes: Sequence[Tensor]) -> Tensor | None:
        if stream == "encoder" and inputs.encoder_decoder:
            return of_prompt(stream, passes)
        found, read_in = by_row(passes, rows), answer.read_in
        if found is None or found.shape[1] < len(read_in):
            return None
        kept = Padding(row.masks.get(stream)).keep(0, len(read_in))
        return found.cpu()[read_in, torch.arange(len(read_in))][kept]

    return pick


def _row(tokenizer: Any, inputs: Inputs, answer: Answer) -> Row:
    """The tokens that were read: the prompt's as they are known, then the answer's."""
    row = inputs.rows[answer.item]
    prompt = row.tokens.get("decoder")
    if inputs.encoder_decoder or prompt is None:
        kept = Padding(row.masks.get("decoder")).keep(0, len(answer.read))
        tokens = tokens_from_ids(tokenizer, answer.read[kept].tolist())
    else:
        tokens = _followed(prompt, tokens_from_ids(tokenizer, answer.chosen[:-1]))
    return Row({**row.tokens, "decoder": tokens}, row.masks)


def _followed(prompt: Tokens, answer: Tokens) -> Tokens:
    """The prompt's tokens and the answer's, as segments 0 and 1; offsets stay those of the prompt's text."""
    if not len(answer):
        return prompt
    offsets = None
    if prompt.offsets is not None:
        offsets = np.concatenate([prompt.offsets, np.full((len(answer), 2), -1, prompt.offsets.dtype)])
    return Tokens(
        prompt.pieces + answer.pieces,
        prompt.labels + answer.labels,
        None if prompt.ids is None or answer.ids is None else np.concatenate([prompt.ids, answer.ids]),
        prompt.special + answer.special,
        (0,) * len(prompt) + (1,) * len(answer),
        offsets,
        prompt.text,
    )
