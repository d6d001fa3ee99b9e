"""The report: verdicts, what was found, and on what they rest; plain data that prints, saves and loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from regard.errors import ArgumentError, FileFormatError, not_one_of
from regard.experiment.reliability.plain import Cut, Finding, Replaced, Sentence, Together, TokenResult, Verdict
from regard.record.display import display

VERSION = 1


@dataclass(frozen=True)
class Target:
    """What was asked about: the target's text, number, probability and rank, and the output's entropy in nats."""

    piece: str
    number: int
    p: float
    rank: int
    entropy: float


@dataclass(frozen=True)
class Shown:
    """The picture: which layers, heads and queries of one kind of attention, its key tokens and its mean row [key]."""

    kind: str
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    queries: tuple[int, ...]
    why: str
    labels: tuple[str, ...]
    row: tuple[float, ...]
    written: tuple[float, ...] | None
    parked: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Whether a picture of attention holds for one output; made by :func:`regard.reliability`.

    ``verdicts`` are of the picture (first) and of each shown token, ``findings`` the answers to the questions Q0 to Q5,
    ``tested`` what was measured of each token (bright, parked, controls), ``together`` of the bright ones at once.
    ``effect`` names the unit of effects (``"log_p"``: nats), ``small`` what counts as one, ``noise`` what could be
    rounding, by sort of run. ``runs`` variants of ``planned`` were run; ``stopped`` says why not all. Sentences are in
    every language, by its code. Numbers that were not measured are ``None``.
    """

    form: str
    model: str
    effect: str
    target: Target | None
    value: float | None
    picture: Shown
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    tested: tuple[TokenResult, ...]
    together: Together | None
    basis: Sentence
    notes: tuple[Sentence, ...]
    small: float
    noise: Mapping[str, float]
    seed: int
    runs: int
    planned: int
    stopped: str = ""
    version: int = field(default=VERSION)

    @property
    def verdict(self) -> Verdict:
        """That of the picture."""
        return self.verdicts[0]

    def of(self, token: int) -> Verdict:
        """The verdict on one shown token; raises ``ArgumentError`` for a token that has none."""
        found = {verdict.token: verdict for verdict in self.verdicts[1:]}
        if token not in found:
            raise not_one_of("shown token", token, found)
        return found[token]

    def finding(self, question: str) -> Finding:
        """The answer to ``"Q0"`` … ``"Q5"``."""
        found = {finding.question: finding for finding in self.findings}
        if question not in found:
            raise not_one_of("question", question, found)
        return found[question]

    def text(self, language: str = "en") -> str:
        """The report in words, in English (``"en"``) or Chinese (``"zh"``)."""
        if language not in self.basis:
            raise not_one_of("language", language, self.basis)
        labels = self.picture.labels
        lines = [f"{self.model}: {self.verdict.shown[language]}", f"  {self.verdict.sentence[language]}", ""]
        weights = {tested.token: tested.weight for tested in self.tested}
        for verdict in self.verdicts[1:]:
            assert verdict.token is not None
            lines.append(
                f"{labels[verdict.token]} [{verdict.token}] {weights[verdict.token]:.3f}: {verdict.shown[language]}"
            )
            lines.append(f"  {verdict.sentence[language]}")
        lines.append("")
        for finding in self.findings:
            lines += [f"{finding.question} {finding.asked[language]}", f"  {finding.sentence[language]}"]
        lines += ["", *(note[language] for note in self.notes), self.basis[language]]
        return "\n".join(lines)

    def data(self) -> dict[str, Any]:
        """The report as plain values (the keys are this class's fields), as :meth:`json` writes them."""
        found: dict[str, Any] = json.loads(self.json())
        return found

    def json(self) -> str:
        """The report as JSON; ``null`` is what was not measured, and there is no NaN."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that :meth:`json` wrote; raises ``FileFormatError`` for anything else."""
        try:
            found = json.loads(text)
            if not isinstance(found, dict) or found.get("version") != VERSION:
                raise ValueError(f"version {found.get('version') if isinstance(found, dict) else None!r}")
            return _report(found)
        except (ValueError, KeyError, TypeError, ArgumentError) as error:
            raise FileFormatError(f"this is no reliability report of version {VERSION}: {error}") from error

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Report ({self.form}) of {self.model}: {self.verdict.word}; {self.runs} variants, 1 text>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {**display("report", self)._repr_mimebundle_(include, exclude), "text/plain": str(self)}


def _report(found: Mapping[str, Any]) -> Report:
    own = {
        "target": _made(Target, found["target"]),
        "picture": _made(Shown, found["picture"]),
        "verdicts": tuple(Verdict(**one) for one in found["verdicts"]),
        "findings": tuple(Finding(**one) for one in found["findings"]),
        "tested": tuple(_changed(TokenResult, one) for one in found["tested"]),
        "together": None if found["together"] is None else _changed(Together, found["together"]),
        "notes": tuple(found["notes"]),
    }
    return Report(**{**found, **own})


def _changed(of: Any, found: Mapping[str, Any]) -> Any:
    return _made(of, {**found, "replaced": _made(Replaced, found["replaced"]), "cut": _made(Cut, found["cut"])})


def _made(of: Any, found: Mapping[str, Any] | None) -> Any:
    """A plain dataclass from its values, lists as tuples."""
    if found is None:
        return None
    names = {one.name for one in fields(of)}
    return of(**{name: tuple(v) if isinstance(v, list) else v for name, v in found.items() if name in names})
