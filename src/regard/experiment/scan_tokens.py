"""What the output loses with each token of the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from regard.errors import ArgumentError, not_one_of
from regard.experiment.effects import largest, values_of
from regard.experiment.passes import Read
from regard.experiment.places import Numbers, numbers
from regard.experiment.question import Question
from regard.experiment.reading import ClassReading, LossReading
from regard.experiment.scan import Arrays, Cell, Plan, Progress, Scan
from regard.experiment.tokens import Replacements, masked, sampled

How = Literal["replace", "mask", "delete"]
Size = Callable[[Sequence[Cell]], int]
Measure = Callable[[Sequence[Cell]], Arrays]


def scan_tokens(
    question: Question,
    how: How = "replace",
    *,
    token: Numbers = None,
    samples: int = 4,
    proposal: Sequence[int] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    resume: Scan | None = None,
) -> Scan:
    """The effect of each token of the input, [token].

    ``"replace"`` puts ``samples`` other tokens in its place, one at a time, and takes the mean (the result's
    ``samples`` holds each): drawn by ``seed`` from ``proposal`` (token ids), by default from the whole vocabulary
    without special tokens. ``"mask"`` puts the tokenizer's mask (or unknown) token there. ``"delete"`` takes the token
    out, which moves all tokens after it; the token whose prediction is asked about cannot be deleted.

    Tokens are those that ``input_ids`` holds (of an encoder-decoder, the encoder's). Of causal language models, tokens
    before the changed ones are not run again. Where two tokens say the same, changing one alone shows the effect of
    neither.
    """
    if how not in get_args(How):
        raise not_one_of("way to change tokens", how, get_args(How))
    ids = question.ids
    chosen = numbers("token", token, len(ids))
    if how == "delete":
        return _deleted(question, ids, chosen, token is None).carry_out(progress, resume)
    made = (
        masked(ids, question.tokenizer)
        if how == "mask"
        else sampled(ids, question.model, question.tokenizer, proposal, samples, seed)
    )
    return _replaced(question, made, chosen).carry_out(progress, resume)


def _replaced(question: Question, made: Replacements, chosen: Sequence[int]) -> Plan:
    passes = question.passes

    def measure(cells: Sequence[Cell]) -> Arrays:
        places = [chosen[cell[0]] for cell in cells]
        found = values_of(question, passes.run_on(torch.cat([made.at(place) for place in places]), min(places)))
        return {name: values.reshape(len(cells), made.samples) for name, values in found.items()}

    def size(cells: Sequence[Cell]) -> int:
        return max(1, question.batch_of(passes.tokens_after(chosen[cells[0][0]])) // made.samples)

    return _plan(question, made.words, chosen, len(made.ids), size, measure)


def _deleted(question: Question, ids: Tensor, chosen: Sequence[int], every: bool) -> Plan:
    if isinstance(question.reading, LossReading):
        raise ArgumentError("how='delete' leaves other labels to predict, so losses cannot be compared; use 'replace'")
    place = None if question.inputs.encoder_decoder else question.position
    if place in chosen:
        if not every:
            raise ArgumentError(f"token {place} is the one whose prediction is asked about, so it cannot be deleted")
        chosen = [token for token in chosen if token != place]

    def measure(cells: Sequence[Cell]) -> Arrays:
        token = chosen[cells[0][0]]
        return values_of(question, question.passes.run_without(token, _moved(question, token, place)))

    return _plan(question, "deleted", chosen, len(ids), lambda _cells: 1, measure)


def _moved(question: Question, token: int, place: int | None) -> Read | None:
    """What reads the row asked about once a token before it is gone; ``None`` where it stays where it was."""
    reading = question.reading
    if isinstance(reading, ClassReading) and place is not None and token < place:
        return reading.moved()
    return None


def _plan(question: Question, words: str, chosen: Sequence[int], count: int, size: Size, measure: Measure) -> Plan:
    return Plan(
        question,
        what=f"each token alone: {words}",
        axes=("token",),
        numbers={"token": tuple(chosen)},
        sizes=(count,),
        groups=[[(i,) for i in range(len(chosen))]],
        size=size,
        measure=measure,
        noise=lambda: largest(question, question.passes.run_on(question.ids.expand(2, -1), 0)),
    )
