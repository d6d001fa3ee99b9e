"""The answers to the questions, each with its numbers and a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Literal

import numpy as np

from regard.experiment.reliability.cutting import CutEffects
from regard.experiment.reliability.picture import Picture
from regard.experiment.reliability.plain import Finding, Replaced, Together, TokenResult, known
from regard.experiment.reliability.replacing import Measured
from regard.experiment.reliability.sentences import Sayer
from regard.experiment.reliability.wording import Sentence, joined, number, percent, same, say

State = Literal["measured", "part", "not measured"]


@dataclass(frozen=True, eq=False)
class Answers:
    """Makes the findings of one report."""

    sayer: Sayer
    picture: Picture
    tested: Sequence[TokenResult]
    together: Together | None

    def parked(self) -> Finding:
        """Q0, from the record alone."""
        picture = self.picture
        whole = float(picture.row.sum())
        held = [key for key, why in enumerate(picture.parked) if why and picture.row[key] > 0]
        held.sort(key=lambda key: -float(picture.row[key]))
        share = float(picture.row[held].sum()) / whole if whole else 0.0
        passed = None if picture.written is None else float(picture.written[held].sum())
        own = same("") if picture.own is None else self._own(float(picture.row[picture.own]) / whole)
        if picture.written is None:
            own = _in_a_row(own, say("FINDINGS", "Q0 blind"))
        told = say("FINDINGS", "Q0 none", own=own)
        if held:
            behind = (
                same("") if passed is None else say("FINDINGS", "Q0 passed", of=_OF[picture.of], share=percent(passed))
            )
            listed = joined([self._parked(key, float(picture.row[key]) / whole) for key in held[:_LISTED]])
            told = say("FINDINGS", "Q0", share=percent(share), parked=listed, passed=behind, own=own)
        state: State = "part" if picture.written is None else "measured"
        numbers = {"share": share, "passed": passed, "parked": held, "own": picture.own}
        return Finding("Q0", say("ASKED", "Q0"), state, told, numbers)

    def replaced(self, found: Measured, reason: Sentence) -> Finding:
        """Q1."""
        alone = [one for one in self.tested if one.replaced is not None and one.role != "control"]
        if not alone:
            return self.missing("Q1", reason if not found.plan.reason else same(found.plan.reason))
        first = alone[0].replaced
        assert first is not None
        joint = same("")
        whole = None if self.together is None else self.together.replaced
        if whole is not None and self.together is not None:
            joint = say(
                "FINDINGS",
                "Q1 joint",
                k=str(len(self.together.tokens)),
                effect=number(whole.effect),
                unit=self.sayer.unit,
                sets=str(whole.controls),
                median=number(whole.median, signed=False),
                largest=number(whole.largest, signed=False),
                p=number(whole.p, signed=False),
            )
        one = [_effect(self.sayer.token(tested.token), tested.replaced) for tested in alone]
        told = say(
            "FINDINGS",
            "Q1",
            alone=joined(one),
            m=str(first.controls),
            median=number(first.median, signed=False),
            largest=number(first.largest, signed=False),
            unit=self.sayer.unit,
            joint=joint,
        )
        rows: dict[str, Any] = {"controls": [known(value) for value in found.controls]}
        rows |= {"sets": [known(value) for value in found.sets], "notes": list(found.plan.notes)}
        missing = any(np.isnan(value).any() for value in found.effects.values())
        return Finding("Q1", say("ASKED", "Q1"), "part" if missing else "measured", told, rows)

    def cut(self, found: CutEffects, reason: Sentence) -> Finding:
        """Q2."""
        group = self.together if self.together is not None and self.together.cut is not None else None
        one = next((tested for tested in self.tested if tested.role != "control" and tested.cut is not None), None)
        cut = group.cut if group is not None else (one.cut if one is not None else None)
        if cut is None:
            return self.missing("Q2", reason)
        tokens = group.tokens if group is not None else ((one.token,) if one is not None else ())
        values = [found.of((token,)) for token in found.plan.controls]
        controls = [abs(value.value_view) for value in values if value is not None and value.value_view is not None]
        behind = same("")
        if controls:
            largest = number(max(controls), signed=False)
            behind = say("FINDINGS", "Q2 controls", m=str(len(controls)), largest=largest)
        told = say(
            "FINDINGS",
            "Q2",
            tokens=joined([self.sayer.token(token) for token in tokens]),
            view=number(cut.value_view),
            layer=number(cut.value_layer),
            all=number(cut.value_all),
            unit=self.sayer.unit,
            mask_view=number(cut.mask_view),
            mask_layer=number(cut.mask_layer),
            mask_all=number(cut.mask_all),
            controls=behind,
        )
        missing = any(np.isnan(value) for value in found.effects.values())
        numbers = {"share": None if cut.share is None else known(cut.share), "controls": controls}
        return Finding("Q2", say("ASKED", "Q2"), "part" if missing else "measured", told, numbers)

    def unique(self, found: Mapping[str, Any] | None, reason: Sentence) -> Finding:
        """Q3."""
        if found is None:
            return self.missing("Q3", reason)
        unchanged = say("FINDINGS", "Q3 none")
        if found["same"]:
            furthest, most = number(found["furthest"], signed=False), number(log(2), signed=False)
            unchanged = say("FINDINGS", "Q3 same", count=str(found["same"]), furthest=furthest, most=most)
        told = say(
            "FINDINGS",
            "Q3",
            rows=str(found["rows"]),
            median=number(found["median"], signed=False),
            even=number(found["even"], signed=False),
            unit=found["unit"].upper() if found["unit"] == "tvd" else self.sayer.what,
            same=unchanged,
        )
        return Finding("Q3", say("ASKED", "Q3"), "part" if found["even"] is None else "measured", told, found)

    def held(self, found: Mapping[int, float] | None, reason: Sentence) -> Finding:
        """Q4."""
        if not found:
            return self.missing("Q4", reason)
        shares = joined([_share(self.sayer.token(token), share) for token, share in found.items()])
        rows = {str(token): known(share) for token, share in found.items()}
        return Finding("Q4", say("ASKED", "Q4"), "measured", say("FINDINGS", "Q4", shares=shares), rows)

    def overlay(self, found: Mapping[str, Any] | None, reason: Sentence) -> Finding:
        """Q5."""
        if found is None:
            return self.missing("Q5", reason)
        told = say(
            "FINDINGS",
            "Q5" if found["measurable"] else "Q5 none",
            count=str(found["count"]),
            pearson=number(found["pearson"]),
            signs=percent(found["signs"]),
            measurable=str(found["measurable"]),
        )
        return Finding("Q5", say("ASKED", "Q5"), "measured", told, found)

    def missing(self, question: str, reason: Sentence) -> Finding:
        """A question that was not answered."""
        told = say("FINDINGS", "not measured", reason=reason)
        return Finding(question, say("ASKED", question), "not measured", told, reason=reason["en"])

    def _parked(self, key: int, share: float) -> Sentence:
        why = say("PIECES", self.picture.parked[key])
        return say("FINDINGS", "Q0 key", token=self.sayer.token(key), share=percent(share), why=why)

    def _own(self, share: float) -> Sentence:
        return say("FINDINGS", "Q0 own", share=percent(share))


_LISTED = 4
_OF = {"write_norm": "Wv", "value_norm": "v", "": ""}


def _in_a_row(*parts: Sentence) -> Sentence:
    return {name: " ".join(part[name] for part in parts if part[name]) for name in parts[0]}


def _effect(token: Sentence, found: Replaced | None) -> Sentence:
    return say("FINDINGS", "Q1 one", label=token, effect=number(None if found is None else found.effect))


def _share(token: Sentence, share: float) -> Sentence:
    return {name: f"{token[name]} {percent(known(share))[name]}" for name in token}
