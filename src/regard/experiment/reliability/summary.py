"""Reports of several texts together: the unit is the text, and intervals are bootstrapped over texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from regard.errors import ArgumentError
from regard.experiment.reliability.plain import Word, known
from regard.experiment.reliability.report import Report
from regard.experiment.reliability.statistics import bootstrap

WORDS: tuple[Word, ...] = (
    "SUPPORTED",
    "SUPPORTED, NOT THROUGH THIS PICTURE",
    "ROUTING ONLY",
    "OPPOSES",
    "NOT SUPPORTED",
    "CANNOT SAY",
)
ENOUGH = 50


@dataclass(frozen=True)
class Estimate:
    """A mean over ``texts`` and its 95 % interval (percentiles of a bootstrap); ``None`` where nothing was measured."""

    value: float | None
    low: float | None
    high: float | None
    texts: int

    def __str__(self) -> str:
        if self.value is None or self.low is None or self.high is None:
            return "not measured"
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}] (n = {self.texts})"


@dataclass(frozen=True)
class Summary:
    """What reports of several texts say together; made by :func:`regard.reliability_over`.

    ``rates`` are the shares of texts by the picture's verdict. ``effect`` is the mean effect of replacing the bright
    tokens together (of quick forms: the brightest), ``controls`` the mean of the median absolute effect of what they
    are compared with, ``share`` the mean share of the picture in what cutting in all layers does.
    """

    reports: tuple[Report, ...]
    rates: dict[str, Estimate]
    effect: Estimate
    controls: Estimate
    share: Estimate
    draws: int
    seed: int

    def text(self) -> str:
        """The summary in words."""
        first, count = self.reports[0], len(self.reports)
        unit = " nats" if first.effect == "log_p" else ""
        lines = [f"{count} texts, {first.model}, effect {first.effect}, form {first.form}"]
        lines += [f"  {word}: {rate}" for word, rate in self.rates.items() if rate.value]
        lines += [
            f"Bright tokens replaced{unit}: {self.effect}",
            f"Median of the controls{unit}: {self.controls}",
            f"Share of the picture in all layers: {self.share}",
            f"95 % intervals by {self.draws} bootstrap samples of texts (seed {self.seed}).",
        ]
        if count < ENOUGH:
            lines.append(f"{count} texts are few: {ENOUGH} give a rate to within .14, 200 to within .07.")
        return "\n".join(lines)

    def json(self) -> str:
        """The summary and its reports as JSON without NaN."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)

    def __str__(self) -> str:
        return self.text()


def reliability_over(reports: Sequence[Report], *, draws: int = 2000, seed: int = 0) -> Summary:
    """Reports of several texts together, with 95 % intervals over texts.

    Texts of one document are no independent units: take one of each, or intervals come out too narrow. Raises
    ``ArgumentError`` for fewer than two reports, and for ones of different effects or forms.
    """
    found = tuple(reports)
    if len(found) < 2 or not all(isinstance(report, Report) for report in found):
        raise ArgumentError(f"reliability_over needs two reports or more; got {len(found)}")
    for name in ("effect", "form"):
        kinds = {getattr(report, name) for report in found}
        if len(kinds) > 1:
            raise ArgumentError(
                f"the reports have different {name}s ({', '.join(sorted(kinds))}); compare like with like"
            )

    def estimate(of: Callable[[Report], Any]) -> Estimate:
        return _estimate([of(report) for report in found], draws, seed)

    return Summary(
        reports=found,
        rates={
            word: _estimate([float(report.verdict.word == word) for report in found], draws, seed) for word in WORDS
        },
        effect=estimate(lambda report: _replaced(report)[0]),
        controls=estimate(lambda report: _replaced(report)[1]),
        share=estimate(_share),
        draws=draws,
        seed=seed,
    )


def _estimate(values: list[float | None], draws: int, seed: int) -> Estimate:
    there = np.array([value for value in values if value is not None], dtype=float)
    if not len(there):
        return Estimate(None, None, None, 0)
    low, high = bootstrap(there, draws=draws, seed=seed)
    return Estimate(known(there.mean()), known(low), known(high), len(there))


def _replaced(report: Report) -> tuple[float | None, float | None]:
    """The effect of the bright tokens together (or of the brightest), and the median of its controls."""
    bright = [found.replaced for found in report.tested if found.role == "bright"]
    joint = report.together.replaced if report.together is not None else next(iter(bright), None)
    return (None, None) if joint is None else (joint.effect, joint.median)


def _share(report: Report) -> float | None:
    """The picture's share, where what cutting everywhere does is not small."""
    bright = [found.cut for found in report.tested if found.role == "bright"]
    cut = report.together.cut if report.together is not None else next(iter(bright), None)
    if cut is None or cut.value_all is None or abs(cut.value_all) < report.small:
        return None
    return cut.share
