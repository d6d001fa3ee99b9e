"""Q1: do the bright tokens matter to this output? Other tokens in their place, beside matched controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.errors import ArgumentError
from regard.experiment.controls import controls as matched_controls
from regard.experiment.question import Question
from regard.experiment.reliability.bench import Bench
from regard.experiment.reliability.form import Form
from regard.experiment.reliability.picture import Picture
from regard.experiment.reliability.plain import Replaced, all_known, known
from regard.experiment.reliability.statistics import holm, permutation_p
from regard.experiment.reliability.wording import Sentence, say
from regard.experiment.tokens import sampled

Group = tuple[int, ...]
Proposal = Sequence[int] | Mapping[int, Sequence[int]] | None
"""Token ids that may stand in for others: for all tokens alike, or by token; ``None``: the whole vocabulary."""


@dataclass(frozen=True, eq=False)
class Replacing:
    """What is replaced: ``bright`` tokens and a ``parked`` first one alone, ``controls`` alone, and sets of tokens.

    ``reason`` says why nothing can be replaced, where that is so; ``notes`` what is less than was asked for.
    """

    question: Question
    form: Form
    seed: int
    proposal: Proposal
    bright: Group
    parked: Group
    controls: Group
    sets: tuple[Group, ...]
    notes: tuple[str, ...]
    wanted: int = 0
    reason: str = ""

    @cached_property
    def groups(self) -> list[Group]:
        """The sets of tokens that are replaced together, each once, in the order in which they are run."""
        if self.reason:
            return []
        stages: list[list[Group]] = [
            [(token,) for token in (*self.bright, *self.parked)],
            [(t,) for t in self.controls],
        ]
        if self.form.sets and len(self.bright) > 1:
            stages.append([self.bright, *self.others.values(), *self.sets])
        ordered = [sorted(tuple(sorted(group)) for group in stage) for stage in stages]
        return list(dict.fromkeys(group for stage in ordered for group in stage))

    @property
    def others(self) -> dict[int, Group]:
        """For each bright token, the other ones."""
        return {token: tuple(other for other in self.bright if other != token) for token in self.bright}

    @property
    def runs(self) -> int:
        """How many texts are run."""
        return len(self.groups) * self.form.samples

    @property
    def shortfalls(self) -> list[Sentence]:
        """What a reader must know of the controls: fewer than were asked for."""
        found, sets = [], self.form.sets if len(self.bright) > 1 else 0
        if not self.reason and len(self.controls) < self.wanted:
            found.append(say("NOTES", "controls", m=str(len(self.controls)), wanted=str(self.wanted)))
        if not self.reason and len(self.sets) < sets:
            found.append(say("NOTES", "sets", m=str(len(self.sets)), wanted=str(sets)))
        return found

    def run(self, bench: Bench) -> Measured:
        """Run the texts."""
        texts = [self._texts(group) for group in self.groups]
        if not texts:
            return Measured(self, {}, {})
        firsts = [group[0] for group in self.groups for _ in range(self.form.samples)]
        found = bench.texts(torch.cat(texts), firsts)

        def by_group(name: str) -> dict[Group, np.ndarray]:
            rows = found[name].reshape(len(texts), self.form.samples)
            return dict(zip(self.groups, rows, strict=True))

        return Measured(self, by_group(self.question.effect), by_group("tvd") if "tvd" in found else {})

    def _texts(self, group: Group) -> Tensor:
        found = self.question.ids.repeat(self.form.samples, 1)
        for place in group:
            found[:, place] = torch.as_tensor(self._drawn(place), device=found.device)
        return found

    def _drawn(self, place: int) -> np.ndarray:
        """The tokens that stand in for the one at this place, the same in every group."""
        model, proposal = self.question.model, self.proposal
        if isinstance(proposal, Mapping):
            proposal = proposal[place]
        tokenizer = self.question.tokenizer
        return sampled(self.question.ids, model, tokenizer, proposal, self.form.samples, self.seed).draw(place)


@dataclass(frozen=True, eq=False)
class Measured:
    """What replacing each set of tokens did, [sample]: the effect, and the total variation where there is one."""

    plan: Replacing
    effects: Mapping[Group, np.ndarray]
    tvd: Mapping[Group, np.ndarray]

    @cached_property
    def controls(self) -> np.ndarray:
        """The mean effect of each control, [control]; NaN where it was not measured."""
        return np.array([self.mean((token,)) for token in self.plan.controls])

    @cached_property
    def sets(self) -> np.ndarray:
        """The mean effect of each random set, [set]."""
        return np.array([self.mean(group) for group in self.plan.sets])

    def mean(self, group: Group) -> float:
        """The mean effect over samples, NaN where one is missing."""
        found = self.effects.get(tuple(sorted(group)))
        return float("nan") if found is None else float(found.mean())

    def alone(self) -> dict[int, Replaced]:
        """Each bright (and replaced parked) token alone, beside the controls."""
        tokens = [token for token in (*self.plan.bright, *self.plan.parked) if not np.isnan(self.mean((token,)))]
        ps = [permutation_p(self.mean((token,)), self.controls) for token in tokens]
        corrected, count = holm(ps), int((~np.isnan(self.controls)).sum())
        least = min(1.0, len(tokens) / (1 + count))
        return {
            token: self._replaced((token,), self.controls, p, adjusted, least)
            for token, p, adjusted in zip(tokens, ps, corrected, strict=True)
        }

    def together(self) -> Replaced | None:
        """The bright tokens at once, beside random sets of as many; ``None`` where that was not run."""
        group = self.plan.bright
        if len(group) < 2 or np.isnan(self.mean(group)):
            return None
        p = permutation_p(self.mean(group), self.sets)
        return self._replaced(group, self.sets, p, p, 1 / (1 + int((~np.isnan(self.sets)).sum())))

    def _replaced(self, group: Group, controls: np.ndarray, p: float, adjusted: float, least: float) -> Replaced:
        there = np.abs(controls[~np.isnan(controls)])
        others = self.plan.others.get(group[0]) if len(group) == 1 and len(self.plan.bright) > 1 else None
        key = tuple(sorted(group))
        return Replaced(
            effect=known(self.mean(group)),
            tvd=known(self.tvd[key].mean()) if key in self.tvd else None,
            samples=all_known(self.effects[key]),
            controls=len(there),
            p=p if len(there) else None,
            holm=adjusted if len(there) else None,
            least=least if len(there) else None,
            median=known(np.median(there)) if len(there) else None,
            largest=known(there.max()) if len(there) else None,
            second=known(np.sort(there)[-2]) if len(there) > 1 else None,
            without=None if others is None else known(self.mean(others)),
        )


def replacing(
    question: Question, picture: Picture, form: Form, seed: int, proposal: Proposal, controls: int | None = None
) -> Replacing:
    """Choose the bright tokens of a picture, their controls and random sets of as many."""
    reason = _why_not(question, picture)
    free = [key for key in picture.ordinary if reason or _can_be_drawn(question, proposal, key)]
    least = FAINT * float(picture.row.sum()) / max(1, len(picture.seen))
    bright = tuple(key for key in free[: form.bright] if picture.row[key] >= max(least, BRIGHT * picture.row[free[0]]))
    first = [key for key in picture.bright_parked[: form.parked] if picture.parked[key] == "first"]
    if reason or not bright:
        none = reason or "all that is seen is special, parked, faint, or the query itself"
        return Replacing(question, form, seed, proposal, bright, (), (), (), (), 0, none)
    count = form.controls if controls is None else controls
    sinks = [key for key, why in enumerate(picture.parked) if why == "first"]
    found = matched_controls(question, list(bright), count, seed, sets=_TRIES * form.sets, sinks=sinks)
    allowed = set(free) - set(bright)
    pool = _in_turn([[token for token in tokens if token in allowed] for tokens in found.matched], count)
    sets = tuple(group for group in found.sets if set(group) <= allowed)[: form.sets]
    first = [key for key in first if _can_be_drawn(question, proposal, key)]
    return Replacing(question, form, seed, proposal, bright, tuple(first), pool, sets, found.notes, count)


BRIGHT = 0.1
"""A token is bright when it has at least a tenth of the weight of the brightest,"""

FAINT = 0.25
"""and a quarter of what it would have in an even row."""

_TRIES = 3
"""So many times more random sets are drawn than needed, as some may hold tokens that the row does not see."""


def _why_not(question: Question, picture: Picture) -> str:
    """Why tokens of this picture cannot be replaced; empty when they can."""
    try:
        count = len(question.ids)
    except ArgumentError as error:
        return str(error)
    if question.inputs.encoder_decoder and picture.choice.kind == "decoder":
        return "the keys are tokens of the decoder, and only those of the encoder can be replaced"
    if count != len(picture.row):
        return f"the picture has {len(picture.row)} keys, but input_ids holds {count} tokens"
    return ""


def _can_be_drawn(question: Question, proposal: Any, key: int) -> bool:
    """Whether the proposal has another token for this place."""
    if not isinstance(proposal, Mapping):
        return True
    return key in proposal and bool(set(map(int, proposal[key])) - {int(question.ids[key])})


def _in_turn(lists: list[list[int]], count: int) -> Group:
    """The first of each list, then the second, each token once, up to so many."""
    order = [tokens[rank] for rank in range(max(map(len, lists), default=0)) for tokens in lists if rank < len(tokens)]
    return tuple(dict.fromkeys(order))[:count]
