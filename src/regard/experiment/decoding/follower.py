"""Looks on while ``generate`` searches: what every hypothesis could go on with, and which ones did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor, StoppingCriteria

from regard.errors import StoppedError

Progress = Callable[[int, int], None]
"""Told the tokens so far and the most that there can be."""

Ids = tuple[int, ...]


class DecodingStoppedError(StoppedError):
    """A decoding was stopped from outside."""


@dataclass(frozen=True)
class Expanded:
    """What one hypothesis could go on with: ids and log-probabilities of its likeliest tokens, and the entropy."""

    ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    entropy: float


@dataclass(frozen=True)
class Candidate:
    """One way on: the hypothesis with the new token, the token's log-probability and its rank after its parent."""

    ids: Ids
    log_p: float
    rank: int


@dataclass(eq=False)
class Explored:
    """One step of a search: the running hypotheses, what each could go on with, and the ways on that were considered,
    the best first."""

    running: list[Ids] = field(default_factory=list)
    expanded: dict[Ids, Expanded] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)


class Processor(LogitsProcessor):
    """Hands each step's running hypotheses and scores to a follower."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """The scores [row, vocabulary] that the search goes on with."""
        return self._follower.process(input_ids, scores)


class Criterion(StoppingCriteria):
    """Hands each step's ways on to a follower, and never stops the search."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower

    def __call__(self, input_ids: Tensor, scores: Any, **_kwargs: Any) -> Tensor:
        """That nothing is to stop, [candidate]."""
        self._follower.consider(input_ids)
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


class Follower:
    """Follows a search as its last logits processor and as a criterion that never stops it.

    As the first it sees the running hypotheses with their scores, just as the search will use them, and lets through
    only the tokens of ``forced`` in the first steps; as the second it sees the ways on that are considered.
    A forced token keeps the log-probability that it has; where the settings rule it out, the one that the model gives
    it (``logits`` [row, vocabulary], set by whoever sees the model's output).
    """

    def __init__(
        self,
        k: int,
        forced: Sequence[int],
        *,
        beams: int,
        most: int,
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self._k, self._forced, self._beams, self._most = k, forced, beams, most
        self._progress, self._stop = progress, stop
        self.logits: Tensor | None = None
        self.start: Ids | None = None
        self.steps: list[Explored] = []
        self._log_probs: Tensor | None = None

    def process(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Note the running hypotheses [row, token] and what they can go on with; the scores that are let through."""
        if self._stop is not None and self._stop():
            raise DecodingStoppedError(f"the decoding was stopped after {len(self.steps)} tokens")
        if self.start is None:
            self.start = tuple(input_ids[0].tolist())
        at = len(self.steps)
        if self._progress is not None:
            self._progress(at, self._most)
        log_probs = scores.float() if self._beams > 1 else scores.float().log_softmax(-1)
        log_probs = self._allowed(log_probs, at)
        step = Explored([tuple(row[len(self.start) :]) for row in input_ids.tolist()])
        for row, ids in enumerate(step.running):
            if ids not in step.expanded:
                step.expanded[ids] = _expanded(log_probs[row], self._k)
        self.steps.append(step)
        self._log_probs = log_probs
        if at >= len(self._forced):
            return scores
        only = torch.full_like(scores, -torch.inf)
        token = self._forced[at]
        only[:, token] = log_probs[:, token].to(scores)
        return only

    def _allowed(self, log_probs: Tensor, at: int) -> Tensor:
        """The log-probabilities, with the model's own for a forced token that the settings rule out."""
        if at >= len(self._forced) or self.logits is None:
            return log_probs
        token = self._forced[at]
        own = self.logits.float().log_softmax(-1)[:, token]
        found = log_probs.clone()
        found[:, token] = torch.where(found[:, token].isfinite(), found[:, token], own.to(found))
        return found

    def consider(self, candidates: Tensor) -> None:
        """Note the ways on [candidate, token] of this step."""
        assert self.start is not None
        assert self._log_probs is not None
        step = self.steps[-1]
        row_of = {ids: row for row, ids in reversed(list(enumerate(step.running)))}
        allowed = self._forced[len(self.steps) - 1 : len(self.steps)]
        known: set[Ids] = set()
        for found in candidates.tolist():
            ids = tuple(found[len(self.start) :])
            row = row_of.get(ids[:-1])
            if row is None or ids in known or (allowed and ids[-1] != allowed[0]):
                continue
            log_p = self._log_probs[row, ids[-1]]
            if log_p == -torch.inf:
                continue
            known.add(ids)
            rank = int((self._log_probs[row] > log_p).sum())
            step.candidates.append(Candidate(ids, float(log_p), rank))


def _expanded(row: Tensor, k: int) -> Expanded:
    best, ids = row.topk(min(k, len(row)))
    p = row.exp()
    entropy = -float((p * row.clamp(min=-1e4)).sum())
    return Expanded(tuple(ids.tolist()), tuple(best.tolist()), entropy)
