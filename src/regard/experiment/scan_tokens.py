"""What the output loses with each token of the text."""

from __future__ import annotations

from collections.abc import Sequence

from regard.experiment.places import Numbers, numbers
from regard.experiment.question import Question
from regard.experiment.scan import Progress, Scan
from regard.experiment.token_changes import How, Manner, changing


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
    neither: change them together with :func:`~regard.experiment.replace_tokens`.
    """
    manner = Manner(how, samples, proposal, seed)
    count = len(question.ids)
    chosen = numbers("token", token, count)
    if how == "delete" and token is None:
        chosen = [number for number in chosen if number != question.place]
    return changing(question, tuple((number,) for number in chosen), manner, "token", chosen, count).carry_out(
        progress, resume
    )
