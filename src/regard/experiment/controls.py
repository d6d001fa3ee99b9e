"""Tokens to compare with: what replacing other tokens does, which are like the ones asked about but not bright."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import comb

import numpy as np

from regard.errors import ArgumentError
from regard.experiment.kinds import TokenKind, kinds_of
from regard.experiment.places import Numbers, numbers
from regard.experiment.question import Question
from regard.experiment.scan import Groups
from regard.experiment.sinks import sinks_of
from regard.experiment.tokens import special_ids


@dataclass(frozen=True)
class Controls:
    """What to set the effects of ``tokens`` beside.

    ``matched`` holds for each of them, in the same order, other tokens like it, the most alike first. ``sets`` are
    random sets of as many tokens as ``tokens`` are, no two the same, for :func:`~regard.experiment.replace_tokens`.
    Both are drawn from ``eligible``, the tokens that are neither asked about nor left out; ``left_out`` says why others
    are not among them. ``notes`` says in words what is less than was asked for, or less alike; empty if nothing is.
    """

    tokens: tuple[int, ...]
    matched: Groups
    sets: Groups
    eligible: tuple[int, ...]
    left_out: Mapping[int, str]
    notes: tuple[str, ...]

    @property
    def together(self) -> tuple[int, ...]:
        """Every token that is a matched control of some token, once each, ascending."""
        return tuple(sorted({number for found in self.matched for number in found}))


def controls(
    question: Question,
    tokens: Numbers,
    count: int = 8,
    seed: int = 0,
    *,
    sets: int = 19,
    sinks: Iterable[int] | None = None,
) -> Controls:
    """Controls for ``tokens`` of the question's input: ``count`` for each, and ``sets`` random sets for all together.

    Controls of a token are those with the least difference to it, ties drawn by ``seed``: one for each doubling of
    distance to the token whose prediction is read (strata 1, 2-3, 4-7, …; where there is none among these tokens, one
    for each quarter of the text), one for another sort of token (word, number, punctuation, space), one when only one
    of the two begins a word. Without a tokenizer only distance is known. Random sets hold as many tokens of each
    stratum as ``tokens`` do, as far as there are. How often a token occurs in the language is not looked at.

    Left out are ``tokens`` themselves, special tokens, the token whose prediction is read, and attention sinks: by
    default those that more than a tenth of all heads park on (the model is captured for that), else those named in
    ``sinks``. With 19 sets, a joint effect larger than all of theirs has p = 1/20.

    Where too few tokens are eligible, there are fewer controls and sets, none twice, and ``notes`` says so. Raises
    ``ArgumentError`` for tokens that do not exist.
    """
    for name, value in (("count", count), ("sets", sets)):
        if value < 0:
            raise ArgumentError(f"{name} must be 0 or more; got {value}")
    size = len(question.ids)
    asked = tuple(numbers("token", tokens, size))
    found = sinks_of(question) if sinks is None else tuple(numbers("sink", list(sinks), size) if list(sinks) else ())
    left_out = _left_out(question, asked, found)
    eligible = tuple(number for number in range(size) if number not in asked and number not in left_out)
    draw = _Draw(asked, eligible, _strata(question), _kinds(question), seed)
    matched = tuple(draw.matched(token, count) for token in asked)
    made = draw.sets(sets)
    notes = [*draw.notes(matched, count), *draw.notes_of_sets(made, sets)]
    return Controls(asked, matched, made, eligible, left_out, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Draw:
    """Draws from ``eligible``; ``strata`` and ``kinds`` (``None``: not known) are of all tokens."""

    asked: tuple[int, ...]
    eligible: tuple[int, ...]
    strata: tuple[int, ...]
    kinds: list[TokenKind] | None
    seed: int

    def difference(self, one: int, other: int) -> int:
        """How unlike two tokens are."""
        apart = abs(self.strata[one] - self.strata[other])
        return apart if self.kinds is None else apart + self.kinds[one].differences(self.kinds[other])

    def matched(self, token: int, count: int) -> tuple[int, ...]:
        """The tokens most like this one, the most alike first."""
        order = np.random.default_rng((self.seed, token)).permutation(self.eligible).tolist()
        return tuple(sorted(order, key=lambda other: self.difference(token, other))[:count])

    def sets(self, count: int) -> Groups:
        """Random sets as large as that of the tokens asked about, no two the same."""
        possible = comb(len(self.eligible), len(self.asked))
        rng = np.random.default_rng((self.seed, len(self.strata)))
        found: dict[tuple[int, ...], None] = {}
        for stratified in (True, False):
            for _ in range(_TRIES * count):
                if len(found) < min(count, possible):
                    found[self._set(rng, stratified)] = None
        return tuple(found)

    def _set(self, rng: np.random.Generator, stratified: bool) -> tuple[int, ...]:
        """One set: of each stratum as many as the tokens asked about have, then of the nearest ones."""
        order = rng.permutation(self.eligible).tolist()
        if not stratified:
            return tuple(sorted(order[: len(self.asked)]))
        chosen: list[int] = []
        for token in rng.permutation(self.asked).tolist():
            apart = [abs(self.strata[other] - self.strata[token]) for other in order]
            chosen.append(order.pop(int(np.argmin(apart))))
        return tuple(sorted(chosen))

    def notes(self, matched: Groups, count: int) -> list[str]:
        """What is less than was asked for in the controls of each token."""
        found = []
        if self.kinds is None:
            found.append("the kinds of tokens are not known without a tokenizer, so controls match by distance only")
        if len(self.eligible) < count:
            found.append(
                f"only {len(self.eligible)} of {len(self.strata)} tokens are eligible, where {count} controls "
                "a token were asked for"
            )
        for token, others in zip(self.asked, matched, strict=True):
            unlike = sum(self.difference(token, other) > 0 for other in others)
            if unlike:
                found.append(f"token {token}: {unlike} of its {len(others)} controls differ in distance or kind")
        return found

    def notes_of_sets(self, made: Groups, count: int) -> list[str]:
        """What is less than was asked for in the random sets."""
        found = []
        if len(made) < count:
            found.append(
                f"{len(self.eligible)} eligible tokens make {len(made)} sets of {len(self.asked)}, where {count} were "
                "asked for"
            )
        like = Counter(self.strata[token] for token in self.asked)
        unlike = sum(Counter(self.strata[token] for token in group) != like for group in made)
        if unlike:
            found.append(f"{unlike} of {len(made)} random sets lie at other distances than the tokens asked about")
        return found


_TRIES = 20


def _left_out(question: Question, asked: tuple[int, ...], sinks: tuple[int, ...]) -> dict[int, str]:
    """Why tokens that are not asked about are no controls."""
    tokens, ids = question.source, question.ids.tolist()
    special = set() if question.tokenizer is not None else set(special_ids(getattr(question.model, "config", None)))
    reasons = dict.fromkeys(sinks, "attention sink")
    reasons |= {number: "special token" for number, i in enumerate(ids) if tokens.special[number] or i in special}
    if question.place is not None:
        reasons[question.place] = "its prediction is read"
    return {number: reasons[number] for number in sorted(reasons) if number not in asked}


def _strata(question: Question) -> tuple[int, ...]:
    """Each token's class of distance."""
    size = len(question.ids)
    if question.place is None:
        return tuple(4 * number // size for number in range(size))
    return tuple(abs(number - question.place).bit_length() for number in range(size))


def _kinds(question: Question) -> list[TokenKind] | None:
    return None if question.tokenizer is None else kinds_of(question.source)
