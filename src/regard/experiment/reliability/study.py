"""One text's report: what is planned, run question by question, and put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from regard.experiment.question import Question
from regard.experiment.reliability.bench import Bench
from regard.experiment.reliability.cutting import CutEffects, Cutting
from regard.experiment.reliability.findings import Answers
from regard.experiment.reliability.form import Cost, Form
from regard.experiment.reliability.holding import Holding
from regard.experiment.reliability.overlaying import Overlaying, agreement
from regard.experiment.reliability.permuting import Permuting
from regard.experiment.reliability.picture import Picture
from regard.experiment.reliability.plain import Finding, Replaced, Together, TokenResult, Verdict, known
from regard.experiment.reliability.replacing import Measured, Proposal, Replacing, replacing
from regard.experiment.reliability.report import Report, Shown, Target
from regard.experiment.reliability.sentences import Sayer
from regard.experiment.reliability.verdict import UNCERTAIN, Ruling, Scale, picture_ruling, token_ruling
from regard.experiment.reliability.wording import Sentence, same, say
from regard.experiment.scan import Progress


@dataclass(frozen=True, eq=False)
class Study:
    """What a report of one picture will run."""

    question: Question
    picture: Picture
    form: Form
    seed: int
    proposal: Proposal
    controls: int | None
    adversary: bool

    @cached_property
    def replacing(self) -> Replacing:
        """Q1."""
        return replacing(self.question, self.picture, self.form, self.seed, self.proposal, self.controls)

    @cached_property
    def cutting(self) -> Cutting:
        """Q2."""
        bright = self.replacing.bright
        shown = [(token,) for token in (*bright, *self._parked)]
        groups = [*shown, bright] if self._joint else shown
        controls = self.replacing.controls if self.form.sets else ()
        return Cutting(self.picture.choice, tuple(groups), controls)

    @cached_property
    def permuting(self) -> Permuting:
        """Q3."""
        return Permuting(self.picture, self.form.permutations, self.seed, self.adversary)

    @cached_property
    def holding(self) -> Holding:
        """Q4."""
        return Holding(self.question, self.picture, self.replacing.bright if self.form.sets else ())

    @cached_property
    def overlaying(self) -> Overlaying:
        """Q5."""
        return Overlaying(self.question, self.picture, bool(self.form.sets and self.cutting.runs))

    @property
    def cost(self) -> Cost:
        """What will be run."""
        passes = [("Q1", self.replacing.runs), ("Q4", self.holding.runs)]
        steps = [("Q2", self.cutting.runs), ("Q3", self.permuting.runs), ("Q5", self.overlaying.runs)]
        queries = self.picture.choice.queries
        stepwise = "tokens" in self.question.passes.reused and min(queries) == self.question.passes.tokens - 1
        passes, steps = (passes, steps) if stepwise else (passes + steps, [])
        noise = 2 * bool(self.replacing.runs) + 4 * bool(self.cutting.runs)
        return Cost(_some(passes), _some(steps), noise, self.question.passes.tokens)

    def run(self, progress: Progress | None) -> tuple[Report, Exception | None]:
        """The report, whole or as far as it came, and the error that ended it."""
        bench = Bench(self.question, self.cost.runs, progress)
        measured = self.replacing.run(bench)
        cuts = self.cutting.run(bench)
        rows = self.permuting.run(bench)
        added, no_overlay = _with_reason(bench, self.overlaying.run)
        held, no_shares = _with_reason(bench, self.holding.run)
        extra = Extra(held, added, no_shares, no_overlay)
        return _Made(self, bench, measured, cuts, rows, extra).report(), bench.error

    @property
    def _joint(self) -> bool:
        return len(self.replacing.bright) > 1 and bool(self.form.sets)

    @cached_property
    def _parked(self) -> list[int]:
        return self.picture.bright_parked[: self.form.parked]


@dataclass(frozen=True, eq=False)
class Extra:
    """What Q4 and Q5 found, and why they found nothing where that is a failure of theirs."""

    held: Mapping[int, float] | None
    added: np.ndarray | None
    no_shares: str = ""
    no_overlay: str = ""


@dataclass(frozen=True, eq=False)
class _Made:
    """Puts together what was measured."""

    study: Study
    bench: Bench
    measured: Measured
    cuts: CutEffects
    rows: Any
    extra: Extra

    @cached_property
    def scale(self) -> Scale:
        baseline = self.study.question.baseline
        small = SMALL if baseline is not None else self._small_of_function()
        noise = max(self.bench.noise.values(), default=0.0)
        return Scale(small, noise, baseline is not None and baseline.p < UNCERTAIN)

    def _small_of_function(self) -> float:
        """A part of what the function gave, or of the largest effect that replacing anything had."""
        found = np.abs([self.measured.mean(group) for group in self.measured.effects])
        largest = 0.0 if not found.size or np.isnan(found).all() else float(np.nanmax(found))
        return max(SMALL_PART * float(self.study.question.passes.whole.abs().max()), SMALL_SHARE * largest)

    @cached_property
    def alone(self) -> dict[int, Replaced]:
        return self.measured.alone()

    @cached_property
    def tested(self) -> list[TokenResult]:
        study = self.study
        bright, parked = study.replacing.bright, study._parked
        roles = {**dict.fromkeys(study.replacing.controls, "control"), **dict.fromkeys(parked, "parked")}
        shown = [*((token, "bright") for token in bright), *((token, "parked") for token in parked)]
        return [
            self._one(token, role) for token, role in [*shown, *((t, r) for t, r in roles.items() if r == "control")]
        ]

    @cached_property
    def together(self) -> Together | None:
        study = self.study
        if not study._joint:
            return None
        sets = tuple(value for value in map(known, self.measured.sets) if value is not None)
        bright = study.replacing.bright
        return Together(bright, self.measured.together(), self.cuts.of(bright), sets)

    def report(self) -> Report:
        """Everything, with its verdicts."""
        study, picture, question = self.study, self.study.picture, self.study.question
        sayer = Sayer(question, picture, self.scale, self._reason())
        shown = [found for found in self.tested if found.role != "control"]
        rulings = {found.token: token_ruling(found, self.together, self.scale) for found in shown}
        ruling = picture_ruling(shown, rulings, self.together, self.scale, flat=picture.flat)
        whole = _verdict(None, ruling, sayer.picture_verdict(shown, self.together, ruling, rulings))
        each = (
            _verdict(found.token, rulings[found.token], sayer.verdict(found, rulings[found.token], self.together))
            for found in shown
        )
        notes = sayer.notes(self.bench.finished, self.bench.planned, self.bench.stopped)
        notes += study.replacing.shortfalls
        return Report(
            form=study.form.name,
            model=_name(question.model),
            effect=question.effect,
            target=_target(question),
            value=None if question.baseline is not None else known(question.passes.whole[0]),
            picture=_shown(picture),
            verdicts=(whole, *each),
            findings=tuple(self._findings(sayer)),
            tested=tuple(self.tested),
            together=self.together,
            basis=sayer.basis(self.bench.finished, study.seed, self._replacement()),
            notes=tuple(notes),
            small=self.scale.small,
            noise=dict(self.bench.noise),
            seed=study.seed,
            runs=self.bench.finished,
            planned=self.bench.planned,
            stopped=self.bench.stopped,
        )

    def _findings(self, sayer: Sayer) -> list[Finding]:
        answers = Answers(sayer, self.study.picture, self.tested, self.together)
        quick, extra, asked = say("REASONS", "form"), self.extra, self.study.form.sets
        overlay = agreement(extra.added, self.cuts, self.bench.noise.get("edits", 0.0))
        return [
            answers.parked(),
            answers.replaced(self.measured, sayer.reason),
            answers.cut(self.cuts, sayer.reason),
            answers.unique(self.rows, sayer.reason if self.study.permuting.runs else quick),
            answers.held(extra.held, self._why(extra.no_shares) if asked else quick),
            answers.overlay(overlay, self._why(extra.no_overlay) if asked else quick),
        ]

    def _one(self, token: int, role: Any) -> TokenResult:
        picture = self.study.picture
        replaced = self.alone.get(token)
        if role == "control" and not np.isnan(self.measured.mean((token,))):
            replaced = Replaced(effect=known(self.measured.mean((token,))))
        return TokenResult(
            token=token,
            label=picture.tokens.labels[token],
            role=role,
            parked=picture.parked[token],
            weight=float(picture.row[token]),
            written=None if picture.written is None else float(picture.written[token]),
            replaced=replaced,
            cut=self.cuts.of((token,)),
            held=None if self.extra.held is None or token not in self.extra.held else known(self.extra.held[token]),
            overlay=None if self.extra.added is None else known(self.extra.added[token]),
        )

    def _why(self, failure: str) -> Sentence:
        return same(failure) if failure else self._reason()

    def _reason(self) -> Sentence:
        """Why something was not measured."""
        if self.bench.stopped:
            stopped, words = say("REASONS", "stopped"), self.bench.stopped
            return stopped if words == "stopped" else {name: f"{told} ({words})" for name, told in stopped.items()}
        return same("; ".join(dict.fromkeys([*self.bench.failures, *filter(None, [self.study.replacing.reason])])))

    def _replacement(self) -> Sentence:
        if not self.study.replacing.runs:
            return say("REPLACEMENT", "none")
        which = "vocabulary" if self.study.proposal is None else "proposal"
        return say("REPLACEMENT", which, samples=str(self.study.form.samples))


SMALL, SMALL_PART, SMALL_SHARE = 0.1, 0.01, 0.1


def _with_reason(bench: Bench, run: Callable[[Bench], Any]) -> tuple[Any, str]:
    """What was found, and the words of what failed meanwhile."""
    before = len(bench.failures)
    found = run(bench)
    failed, bench.failures[before:] = "; ".join(bench.failures[before:]), []
    return found, failed


def _verdict(token: int | None, ruling: Ruling, sentence: Sentence) -> Verdict:
    return Verdict(token, *ruling, sentence, say("WORDS", ruling[0]))


def _some(counts: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((name, count) for name, count in counts if count)


def _name(model: Any) -> str:
    return str(getattr(model, "name_or_path", "") or type(model).__name__)


def _target(question: Question) -> Target | None:
    found = question.baseline
    return None if found is None else Target(found.piece, found.target, found.p, found.rank, found.entropy)


def _shown(picture: Picture) -> Shown:
    choice = picture.choice
    return Shown(
        kind=choice.kind,
        layers=choice.layers,
        heads=choice.heads,
        queries=choice.queries,
        why=choice.why,
        labels=tuple(picture.tokens.labels),
        row=tuple(map(float, picture.row)),
        written=None if picture.written is None else tuple(map(float, picture.written)),
        parked=tuple(picture.parked),
    )
