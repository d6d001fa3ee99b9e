"""A reliability report as its picture needs it; plain JSON. Effects are in the report's unit, ``None`` what was not
measured. Sentences and words are in every language, by its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regard.view.spec import ViewSpec

Said = dict[str, str]


@dataclass(frozen=True)
class CutsSpec:
    """What cutting a token's edges did: in the picture, in its whole layer, in all layers."""

    view: float | None
    layer: float | None
    all: float | None


@dataclass(frozen=True)
class JudgedSpec:
    """A shown token with its verdict, or the bright ones together (``tokens`` are several).

    ``effect`` is of other tokens in its place, ``controls`` what that did at others; ``mask`` and ``value`` are cuts by
    hiding and by zeroing.
    """

    tokens: list[int]
    role: Literal["bright", "parked", "together"]
    weight: float
    word: Said
    sentence: Said
    effect: float | None
    samples: list[float]
    controls: list[float]
    mask: CutsSpec
    value: CutsSpec


@dataclass(frozen=True)
class FoundSpec:
    """What was asked, and what was found; ``state`` says whether it was measured."""

    question: str
    asked: Said
    state: Literal["measured", "part", "not measured"]
    sentence: Said


@dataclass(frozen=True)
class ReliabilitySpec:
    """A report: the row that is judged, the verdicts (the picture's own beside them), and what was found.

    ``parked`` are the keys whose attention counts as parked. ``moved`` is how far shuffled rows moved the output, and
    ``even`` an even row, in ``moved_in`` (``"tvd"``: a share from 0 to 1). ``small`` is from where effects count.
    """

    labels: list[str]
    row: list[float]
    parked: list[int]
    word: Said
    sentence: Said
    judged: list[JudgedSpec]
    findings: list[FoundSpec]
    effect: str
    small: float
    moved: list[float]
    even: float | None
    moved_in: str
    notes: list[Said]
    basis: Said


@dataclass(frozen=True)
class ReliabilityViewSpec(ViewSpec):
    """The spec of a reliability view."""

    reliability: ReliabilitySpec
