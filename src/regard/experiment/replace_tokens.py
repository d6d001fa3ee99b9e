"""What the output loses with several tokens of the text at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from regard.errors import ArgumentError
from regard.experiment.places import numbers
from regard.experiment.question import Question
from regard.experiment.scan import Groups, Progress, Scan
from regard.experiment.token_changes import How, Manner, changing


def replace_tokens(
    question: Question,
    groups: Sequence[Iterable[int]],
    *,
    how: How = "replace",
    samples: int = 4,
    proposal: Sequence[int] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    resume: Scan | None = None,
) -> Scan:
    """The effect of changing the tokens of each group together, [group]; the scan's ``groups`` are their numbers.

    ``how``, ``samples``, ``proposal`` and ``seed`` are those of :func:`~regard.experiment.scan_tokens`: a token gets
    the same samples alone and in every group, so that effects can be set side by side. Of causal language models,
    tokens before a group's first are not run again. Random groups to compare with: see
    :func:`~regard.experiment.controls`.

    Raises ``ArgumentError`` for tokens that do not exist, and for deleting the one whose prediction is asked about.
    """
    made = _groups(groups, len(question.ids))
    manner = Manner(how, samples, proposal, seed)
    return changing(question, made, manner, "group", range(len(made)), len(made)).carry_out(progress, resume)


def _groups(asked: Sequence[Iterable[int]], count: int) -> Groups:
    if isinstance(asked, (str, bytes)) or not isinstance(asked, Sequence) or not len(asked):
        raise ArgumentError(f"groups must be a list of lists of tokens, such as [[3, 4], [7, 9]]; got {asked!r:.60}")
    flat = [group for group in asked if isinstance(group, (int, np.integer, str)) or not isinstance(group, Iterable)]
    if flat:
        raise ArgumentError(
            f"groups must be a list of lists of tokens, but holds {flat[0]!r:.60}; to change the tokens 3 and 4 "
            "together, give [[3, 4]]"
        )
    return tuple(tuple(numbers("token", list(group), count)) for group in asked)
