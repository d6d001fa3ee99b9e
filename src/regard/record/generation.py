"""What a model wrote: the answer, its border with the prompt, and what each token was chosen from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from regard.errors import ArgumentError, not_one_of
from regard.record.tokens import Tokens

LogProbs = Float[np.ndarray, " step"]
StepLogProbs = Float[np.ndarray, "step k"]


class Alternative(NamedTuple):
    """One token that a step could have chosen, and its log-probability there."""

    piece: str
    label: str
    id: int
    log_prob: float


@dataclass(frozen=True, eq=False)
class Choices:
    """One distribution over the vocabulary per step, kept to its ``k`` likeliest tokens and the one chosen.

    ``tokens`` are the k likeliest of step 0, then of step 1, and so on (with ids), likeliest first; ``log_probs``
    [step, k] theirs; ``chosen`` [step] the log-probability of the token that was chosen, which need not be among
    them. Log-probabilities are of the whole vocabulary: ``log_softmax`` of the logits.
    """

    tokens: Tokens
    log_probs: StepLogProbs
    chosen: LogProbs

    def __post_init__(self) -> None:
        steps, k = self.log_probs.shape
        if len(self.tokens) != steps * k or len(self.chosen) != steps or self.tokens.ids is None:
            raise ArgumentError(
                f"choices: {steps} steps of {k} log-probabilities need {steps * k} tokens with ids and {steps} chosen "
                f"ones; got {len(self.tokens)} tokens{' without ids' * (self.tokens.ids is None)} and "
                f"{len(self.chosen)}"
            )

    @property
    def steps(self) -> int:
        """Number of steps."""
        return int(self.log_probs.shape[0])

    def at(self, step: int) -> tuple[Alternative, ...]:
        """The likeliest tokens of a step, likeliest first; those that could not be chosen at all are left out."""
        if not -self.steps <= step < self.steps:
            raise not_one_of("step", step, range(self.steps))
        found, k = self.tokens, self.log_probs.shape[1]
        places = range(step % self.steps * k, (step % self.steps + 1) * k)
        assert found.ids is not None
        return tuple(
            Alternative(found.pieces[i], found.labels[i], int(found.ids[i]), float(value))
            for i, value in zip(places, self.log_probs[step], strict=True)
            if value > -np.inf
        )


@dataclass(frozen=True, eq=False)
class Generation:
    """The answer in a record, step by step.

    The first ``border`` tokens of the stream named ``stream`` are the prompt; the answer begins there. ``answer`` is
    every token chosen. The stream holds all of them but the last, which was chosen and never read by the model: no
    attention exists for it. So the query that chose the answer's token ``step`` is number ``border - 1 + step``, and
    the stream has ``border + len(answer) - 1`` tokens.

    ``choices`` are of the model's own logits. ``processed`` are of the scores after every logits processor
    (temperature, top-k, top-p, penalties), renormalised, where these changed anything; else ``None``. ``score`` is
    the sequence's beam-search score. ``rerun`` says that the attention is of one full pass over the finished text,
    because the steps themselves could not be joined.
    """

    stream: str
    border: int
    answer: Tokens
    choices: Choices
    processed: Choices | None = None
    score: float | None = None
    rerun: bool = False

    def __post_init__(self) -> None:
        for found in (self.choices, self.processed):
            if found is not None and found.steps != len(self.answer):
                raise ArgumentError(f"generation: {len(self.answer)} tokens were chosen in {found.steps} steps")

    def query(self, step: int) -> int:
        """Number of the query whose row of attention was read to choose the answer's token ``step``."""
        if not -len(self.answer) <= step < len(self.answer):
            raise not_one_of("step", step, range(len(self.answer)))
        return self.border - 1 + step % len(self.answer)

    def check(self, streams: Mapping[str, Tokens]) -> None:
        """Raises ``ArgumentError`` when this is not an answer in these token streams."""
        if self.stream not in streams:
            raise not_one_of("token stream", self.stream, streams)
        count = len(streams[self.stream])
        if self.border < 1 or count != self.border + len(self.answer) - 1:
            raise ArgumentError(
                f"generation: a prompt of {self.border} tokens and an answer of {len(self.answer)} mean "
                f"{self.border + len(self.answer) - 1} tokens read; the {self.stream} has {count}"
            )
