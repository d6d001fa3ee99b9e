"""The sequences that ``generate`` returned, taken apart: whose prompt, which rows, where the answer ends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from regard.capture.generation.followed import Generated


@dataclass(frozen=True, eq=False)
class Answer:
    """One returned sequence: the batch item it answers, its ids [token] up to the answer's last, the width of its
    prompt (padding included), and the batch row in which each of its steps was chosen."""

    item: int
    ids: Tensor
    prompt: int
    rows: tuple[int, ...]
    score: float | None

    @property
    def chosen(self) -> list[int]:
        """Ids of the tokens that were chosen."""
        found: list[int] = self.ids[self.prompt :].tolist()
        return found

    @property
    def read(self) -> Tensor:
        """Ids of the tokens that the model read: all but the last chosen."""
        return self.ids[:-1]

    @property
    def read_in(self) -> Tensor:
        """The batch row in which each of them was read: the prompt where the first step was, then each token where
        the step after it was."""
        return torch.tensor([self.rows[0]] * self.prompt + list(self.rows[1:]))


def answers(generated: Generated, items: int, prompt: int, ends: Collection[int], pad: int | None) -> list[Answer]:
    """The returned sequences without the padding after their ends.

    ``pad`` is given only where something other than an end token may have ended a row of several; the padding after
    it is then known by nothing else.
    """
    found = []
    for number, ids in enumerate(generated.sequences):
        rows = None if generated.beams is None else generated.beams[number]
        length = _length(ids[prompt:].tolist(), ends, pad) if rows is None else int((rows >= 0).sum())
        score = None if generated.scores is None else float(generated.scores[number])
        at = [number] * length if rows is None else rows[:length].tolist()
        found.append(
            Answer(number * items // len(generated.sequences), ids[: prompt + length], prompt, tuple(at), score)
        )
    return found


def _length(answer: list[int], ends: Collection[int], pad: int | None) -> int:
    end = next((place + 1 for place, token in enumerate(answer) if token in ends), len(answer))
    while end > 1 and end == len(answer) and answer[-1] == pad:
        answer, end = answer[:-1], end - 1
    return end
