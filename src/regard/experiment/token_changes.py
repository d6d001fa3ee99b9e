"""Other tokens in the text's place: the plan that scans of single tokens and of groups of them share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from regard.errors import ArgumentError, not_one_of
from regard.experiment.effects import largest, values_of
from regard.experiment.passes import Read
from regard.experiment.question import Question
from regard.experiment.reading import ClassReading, LossReading
from regard.experiment.scan import Arrays, Cell, Groups, Plan
from regard.experiment.tokens import Replacements, masked, sampled

How = Literal["replace", "mask", "delete"]


@dataclass(frozen=True)
class Manner:
    """How tokens are changed: see :func:`~regard.experiment.scan_tokens`."""

    how: How = "replace"
    samples: int = 4
    proposal: Sequence[int] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.how not in get_args(How):
            raise not_one_of("way to change tokens", self.how, get_args(How))

    def replacements(self, question: Question) -> Replacements:
        """What is put in a token's place."""
        if self.how == "mask":
            return masked(question.ids, question.tokenizer)
        return sampled(question.ids, question.model, question.tokenizer, self.proposal, self.samples, self.seed)


def changing(question: Question, groups: Groups, manner: Manner, axis: str, numbers: Sequence[int], count: int) -> Plan:
    """A plan whose cells change the tokens of ``groups``, each group's at once; ``numbers`` of ``count`` name them."""
    found = _Deleted(question, groups) if manner.how == "delete" else _Replaced(question, groups, manner)
    single = axis == "token"
    return Plan(
        question,
        what=f"{'each token alone' if single else 'the tokens of each group together'}: {found.words}",
        axes=(axis,),
        numbers={axis: tuple(numbers)},
        sizes=(count,),
        groups=found.cells,
        size=found.size,
        measure=found.measure,
        noise=lambda: largest(question, question.passes.run_on(question.ids.expand(2, -1), 0)),
        changed=None if single else groups,
    )


class _Replaced:
    """Groups whose tokens get others in their place, several samples each."""

    def __init__(self, question: Question, groups: Groups, manner: Manner) -> None:
        self._question, self._groups = question, groups
        self._made = manner.replacements(question)
        self.words = self._made.words
        order = sorted(range(len(groups)), key=lambda number: groups[number][0])
        self.cells: list[list[Cell]] = [[(number,) for number in order]]

    def size(self, cells: Sequence[Cell]) -> int:
        """How many of these groups one run takes: of those that can go on from a cache, ones that begin near by."""
        passes, first = self._question.passes, self._groups[cells[0][0]][0]
        most = self._rows(first) // self._made.samples
        if "tokens" in passes.reused:
            reach = first + max(1, passes.tokens_after(first) // 4)
            most = min(most, sum(self._groups[cell[0]][0] < reach for cell in cells))
        return max(1, most)

    def measure(self, cells: Sequence[Cell]) -> Arrays:
        """Every effect of each sample, [group, sample]."""
        groups = [self._groups[cell[0]] for cell in cells]
        first = min(group[0] for group in groups)
        texts, size = torch.cat([self._made.at(group) for group in groups]), self._rows(first)
        parts = [texts[start : start + size] for start in range(0, len(texts), size)]
        read = torch.cat([self._question.passes.run_on(part, first) for part in parts])
        found = values_of(self._question, read)
        return {name: values.reshape(len(cells), self._made.samples) for name, values in found.items()}

    def _rows(self, first: int) -> int:
        return self._question.batch_of(self._question.passes.tokens_after(first))


class _Deleted:
    """Groups whose tokens are taken out; those that leave as many, and the prediction in one place, run together.

    Raises ``ArgumentError`` for what cannot be compared once tokens are gone.
    """

    words = "deleted"

    def __init__(self, question: Question, groups: Groups) -> None:
        self._question, self._groups = question, groups
        self._check()
        alike: dict[tuple[int, int], list[Cell]] = defaultdict(list)
        for number in sorted(range(len(groups)), key=lambda number: groups[number][0]):
            alike[len(groups[number]), self._before(groups[number])].append((number,))
        self.cells = list(alike.values())

    def size(self, cells: Sequence[Cell]) -> int:
        """How many of these groups one run takes."""
        first = self._groups[cells[0][0]][0]
        return self._question.batch_of(self._question.passes.tokens_after(first))

    def measure(self, cells: Sequence[Cell]) -> Arrays:
        """Every effect of each group, [group]."""
        ids, groups = self._question.ids, [self._groups[cell[0]] for cell in cells]
        left = [[place for place in range(len(ids)) if place not in group] for group in groups]
        kept = torch.tensor(left, device=ids.device)
        first = min(group[0] for group in groups)
        return values_of(
            self._question, self._question.passes.run_on(ids[kept], first, kept=kept, read=self._read(groups[0]))
        )

    def _before(self, group: Sequence[int]) -> int:
        """How many of these tokens stand before the one whose prediction is asked about."""
        place = self._question.place
        return 0 if place is None else sum(token < place for token in group)

    def _read(self, group: Sequence[int]) -> Read | None:
        """What reads the row asked about once these tokens are gone; ``None`` where it stays where it was."""
        reading, by = self._question.reading, self._before(group)
        return reading.moved(by) if by and isinstance(reading, ClassReading) else None

    def _check(self) -> None:
        question = self._question
        if isinstance(question.reading, LossReading):
            raise ArgumentError(
                "how='delete' leaves other labels to predict, so losses cannot be compared; use 'replace'"
            )
        for group in self._groups:
            if question.place in group:
                raise ArgumentError(
                    f"token {question.place} is the one whose prediction is asked about, so it cannot be deleted"
                )
            if len(group) == len(question.ids):
                raise ArgumentError(f"all {len(group)} tokens cannot be deleted: nothing would be left to run on")
