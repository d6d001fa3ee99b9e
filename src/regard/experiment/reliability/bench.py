"""Runs what the questions of a report ask for: batch by batch, counted, stoppable; what was not run is NaN."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.errors import RegardError
from regard.experiment.edits import Edit
from regard.experiment.effects import largest, noise_of, values_of
from regard.experiment.question import Question
from regard.experiment.reading import ClassReading
from regard.experiment.scan import Progress

Found = Mapping[str, np.ndarray]
"""Effects by name, each [variant]; NaN where a variant was not run."""


class Bench:
    """Runs variants of one question, and keeps count.

    ``progress`` is called with the numbers of finished and planned runs, first with none finished; when it answers
    ``False``, or the keyboard interrupts, nothing more is run and ``stopped`` says why. A run that fails with a
    ``RegardError`` leaves NaN and its words in ``failures``; any other error stops the bench and is kept in ``error``.
    ``noise`` is the numerical noise of the effect in runs with ``"edits"`` and on other ``"texts"``.
    """

    def __init__(self, question: Question, planned: int, progress: Progress | None) -> None:
        self.question = question
        self.planned, self.finished = planned, 0
        self.stopped = ""
        self.failures: list[str] = []
        self.error: Exception | None = None
        self.noise: dict[str, float] = {}
        self._progress = progress
        self._tell()

    @property
    def names(self) -> tuple[str, ...]:
        """The effects that are kept: the one that was asked for, and the total variation where there is one."""
        asked = self.question.effect
        return (asked, "tvd") if isinstance(self.question.reading, ClassReading) else (asked,)

    def edits(self, variants: Sequence[Sequence[Edit]]) -> Found:
        """What each variant of edits does."""
        question = self.question
        size = question.batch_size(variants) if variants else 1

        def run(chosen: slice) -> Mapping[str, np.ndarray]:
            self._note("edits", lambda: noise_of(question, variants))
            return values_of(question, question.passes.run(variants[chosen]))

        return self._in_batches(len(variants), lambda _first: size, run)

    def texts(self, ids: Tensor, firsts: Sequence[int]) -> Found:
        """What the model says on other texts [variant, token], each the same as the question's before its ``first``."""
        question = self.question

        def run(chosen: slice) -> Mapping[str, np.ndarray]:
            self._note("texts", lambda: largest(question, question.passes.run_on(question.ids.expand(2, -1), 0)))
            return values_of(question, question.passes.run_on(ids[chosen], min(firsts[chosen])))

        return self._in_batches(
            len(ids), lambda first: question.batch_of(question.passes.tokens_after(firsts[first])), run
        )

    def once(self, runs: int, compute: Callable[[], Any], *, optional: bool = False) -> Any:
        """The answer of something that costs so many runs; ``None`` when the bench stands still, or it failed.

        Whatever goes wrong in what is ``optional`` (it only stands beside the tests) is a failure and stops nothing.
        """
        if self.stopped:
            return None
        found = None
        try:
            found = compute()
        except KeyboardInterrupt:
            self.stopped = "interrupted"
            return None
        except RegardError as error:
            self.failures.append(str(error))
        except Exception as error:
            if not optional:
                self.error = error
                self.stopped = f"failed ({type(error).__name__}: {error})"
                return None
            self.failures.append(f"{type(error).__name__}: {error}")
        self.finished += runs
        try:
            self._tell()
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        return found

    def _in_batches(self, count: int, size: Callable[[int], int], run: Callable[[slice], Found]) -> Found:
        found = {name: np.full(count, np.nan) for name in self.names}
        first = 0
        while first < count and not self.stopped:
            chosen = slice(first, min(count, first + size(first)))
            part = self.once(chosen.stop - first, partial(run, chosen))
            if part is not None:
                for name in self.names:
                    found[name][chosen] = part[name]
            first = chosen.stop
        return found

    def _note(self, runs: str, noise: Callable[[], Mapping[str, float]]) -> None:
        """Measure the noise of this sort of runs once, by effect; the variants that reach widest come first."""
        if runs not in self.noise:
            self.noise[runs] = float(noise()[self.question.effect])

    def _tell(self) -> None:
        if self._progress is not None and self._progress(self.finished, self.planned) is False:
            self.stopped = "stopped"


def stacked(texts: Sequence[Tensor]) -> Tensor:
    """Texts [sample, token] one under the other."""
    return torch.cat(list(texts)) if texts else torch.zeros((0, 0), dtype=torch.long)
