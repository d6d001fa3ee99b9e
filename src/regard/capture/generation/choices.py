"""What each step chose from, kept to its likeliest tokens while the steps go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import StoppingCriteria

from regard.capture.pieces import tokens_from_ids
from regard.record.generation import Choices


@dataclass(frozen=True, eq=False)
class Step:
    """One step's distribution: its likeliest tokens [row, k], and log-probabilities of the tokens that one of the
    rows of the same prompt went on with [row, candidate]."""

    ids: Tensor
    log_probs: Tensor
    candidates: Tensor
    candidate_log_probs: Tensor

    @classmethod
    def of(cls, log_probs: Tensor, candidates: Tensor, k: int) -> Step:
        """The step of these log-probabilities [row, vocabulary]."""
        best, ids = log_probs.topk(min(k, log_probs.shape[-1]))
        return cls(ids.cpu(), best.cpu(), candidates.cpu(), log_probs.gather(1, candidates).cpu())

    def chosen(self, row: int, token: int) -> float:
        """Log-probability of the token that a row went on with."""
        place = int((self.candidates[row] == token).nonzero()[0, 0])
        return float(self.candidate_log_probs[row, place])


class Watch(StoppingCriteria):
    """Looks at every step of ``generate`` as a stopping criterion that never stops it.

    ``logits`` [row, vocabulary] are the model's own, set by whoever sees its output. With ``empties``, the scores of
    past steps, which ``generate`` gathers until its end, are let go once they have been looked at.
    """

    def __init__(self, items: int, k: int, *, empties: bool):
        self._items, self._k, self._empties = items, k, empties
        self.logits: Tensor | None = None
        self.raw: list[Step] = []
        self.processed: list[Step] = []
        self.changed = False
        self.prompt = 0

    def __call__(self, input_ids: Tensor, scores: Sequence[Tensor] | None, **_kwargs: Any) -> Tensor:
        """Look at this step; never stop."""
        if self.logits is not None:
            self.prompt = self.prompt or input_ids.shape[1] - 1
            self._look(self.logits, input_ids[:, -1], scores[-1] if scores else None)
            self.logits = None
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)

    def _look(self, logits: Tensor, tokens: Tensor, scores: Tensor | None) -> None:
        candidates = tokens.reshape(self._items, -1).repeat_interleave(len(logits) // self._items, dim=0)
        plain = logits.float().log_softmax(dim=-1)
        self.raw.append(Step.of(plain, candidates, self._k))
        if scores is None or torch.equal(scores, logits.to(scores)) or torch.equal(scores, plain.to(scores)):
            self.processed.append(self.raw[-1])
        else:
            self.changed = True
            self.processed.append(Step.of(scores.float().log_softmax(dim=-1), candidates, self._k))
        if scores is not None and self._empties:
            scores.data = scores.new_empty(0)


def choices(tokenizer: Any, steps: Sequence[Step], rows: Sequence[int], answer: Sequence[int]) -> Choices:
    """One sequence's choices: its token number i was chosen in row ``rows[i]`` of step i."""
    taken = list(zip(steps, rows, answer, strict=False))
    ids = [int(i) for step, row, _ in taken for i in step.ids[row]]
    return Choices(
        tokens_from_ids(tokenizer, ids),
        np.stack([step.log_probs[row].numpy() for step, row, _ in taken]),
        np.array([step.chosen(row, token) for step, row, token in taken], np.float32),
    )
