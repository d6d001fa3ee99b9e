"""The reliability view: a report on a picture of attention, as a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from regard.errors import ArgumentError
from regard.record import Record
from regard.record.arrays import attention_from_weights
from regard.record.record import ModelInfo
from regard.record.tokens import Tokens
from regard.view.reliability_spec import CutsSpec, FoundSpec, JudgedSpec, ReliabilitySpec
from regard.view.spec import Language, Theme
from regard.view.view import Part, View

VERSION = 1


@runtime_checkable
class Report(Protocol):
    """What :func:`regard.reliability` returns."""

    def data(self) -> dict[str, Any]:
        """The report as plain values."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class ReliabilityView(View):
    """A report; see :func:`reliability_view`. Everything is in its spec: it reads no arrays."""

    name: ClassVar[str] = "reliability_view"

    report: Mapping[str, Any] = field(kw_only=True)

    def spec(self) -> dict[str, Any]:
        """The declaration, with the report."""
        return {**super().spec(), "reliability": asdict(self.shown)}

    @property
    def shown(self) -> ReliabilitySpec:
        """What of the report is drawn."""
        return _shown(self.report)

    def arrays(self) -> tuple[str, ...]:
        """None."""
        return ()

    def parts(self) -> Iterator[Part]:
        """None."""
        return iter(())

    def first_parts(self) -> list[Part]:
        """None."""
        return []


def reliability_view(
    report: Report | Mapping[str, Any] | str,
    *,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
) -> ReliabilityView:
    """A reliability report as a picture: the text with its bright tokens, and for each the tests on one scale.

    ``report`` is what :func:`regard.reliability` returned, its ``data()``, or its JSON. For each token a strip shows
    what replacing it did as a mark among its controls, and bars what cutting its edges did in the picture, in the layer
    and in all layers; a strip below how far other rows moved the output. What was not measured says so.
    """
    data = _data(report)
    return ReliabilityView(_record(data), theme=theme, language=language, title=title, report=data)


def _data(report: Any) -> Mapping[str, Any]:
    found = report.data() if isinstance(report, Report) else report
    try:
        found = json.loads(found) if isinstance(found, str) else found
    except ValueError as error:
        raise ArgumentError(f"the report is no JSON: {error}") from error
    if not isinstance(found, Mapping) or found.get("version") != VERSION or "verdicts" not in found:
        raise ArgumentError(
            f"expected a report of regard.reliability, its data() or its JSON (version {VERSION}); got "
            f"{type(report).__name__}"
        )
    return found


def _record(data: Mapping[str, Any]) -> Record:
    """The row that was judged as a record of one query."""
    picture = data["picture"]
    weights = np.array(picture["row"], np.float32)[None, None, None]
    attention = attention_from_weights(
        weights, kind="cross", query_stream="decoder", key_stream="encoder", unnormalized=True
    )
    streams = {"encoder": Tokens(tuple(picture["labels"])), "decoder": Tokens(("",))}
    return Record(streams, {"cross": attention}, ModelInfo(data["model"]))


def _shown(data: Mapping[str, Any]) -> ReliabilitySpec:
    picture, whole = data["picture"], data["verdicts"][0]
    unique: Mapping[str, Any] = next((one["numbers"] for one in data["findings"] if one["question"] == "Q3"), {})
    return ReliabilitySpec(
        labels=list(picture["labels"]),
        row=list(picture["row"]),
        parked=[key for key, why in enumerate(picture["parked"]) if why],
        word=whole["shown"],
        sentence=whole["sentence"],
        judged=_judged(data),
        findings=[FoundSpec(one["question"], one["asked"], one["state"], one["sentence"]) for one in data["findings"]],
        effect=data["effect"],
        small=data["small"],
        moved=list(unique.get("moved", [])),
        even=unique.get("even"),
        moved_in=unique.get("unit", ""),
        notes=list(data["notes"]),
        basis=data["basis"],
    )


def _judged(data: Mapping[str, Any]) -> list[JudgedSpec]:
    tested = {one["token"]: one for one in data["tested"]}
    controls = [one["replaced"]["effect"] for one in data["tested"] if one["role"] == "control" and one["replaced"]]
    found, together = [], data["together"]
    if together is not None:
        weight = sum(tested[token]["weight"] for token in together["tokens"])
        found.append(_one(together["tokens"], "together", weight, data["verdicts"][0], together, together["sets"]))
    for verdict in data["verdicts"][1:]:
        one = tested[verdict["token"]]
        found.append(_one([one["token"]], one["role"], one["weight"], verdict, one, controls))
    return found


def _one(
    tokens: list[int], role: Any, weight: float, verdict: Mapping[str, Any], found: Mapping[str, Any], controls: Any
) -> JudgedSpec:
    replaced, cut = found["replaced"] or {}, found["cut"] or {}

    def cuts(how: str) -> CutsSpec:
        return CutsSpec(*(cut.get(f"{how}_{scope}") for scope in ("view", "layer", "all")))

    return JudgedSpec(
        tokens=list(tokens),
        role=role,
        weight=weight,
        word=verdict["shown"],
        sentence=verdict["sentence"],
        effect=replaced.get("effect"),
        samples=list(replaced.get("samples", [])),
        controls=[value for value in controls if value is not None] if replaced else [],
        mask=cuts("mask"),
        value=cuts("value"),
    )
