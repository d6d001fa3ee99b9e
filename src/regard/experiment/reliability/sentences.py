"""The sentences of a report: what was measured, put into the fixed wordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from regard.experiment.question import Question
from regard.experiment.reliability.picture import Picture
from regard.experiment.reliability.plain import Cut, Replaced, Together, TokenResult
from regard.experiment.reliability.verdict import Ruling, Scale, by_size
from regard.experiment.reliability.wording import Sentence, joined, number, percent, same, say


@dataclass(frozen=True, eq=False)
class Sayer:
    """Says things about one question and picture; ``reason`` is why something was not measured."""

    question: Question
    picture: Picture
    scale: Scale
    reason: Sentence

    @property
    def unit(self) -> Sentence:
        """The effect's unit, to stand behind a number."""
        return say("PIECES", "nats" if self.question.effect == "log_p" else "none")

    @property
    def what(self) -> Sentence:
        """What of the output is asked about."""
        return say("PIECES", self.question.effect, target=self.target)

    @property
    def target(self) -> str:
        """The target's text."""
        baseline = self.question.baseline
        return "" if baseline is None else repr(baseline.piece)

    def token(self, token: int) -> Sentence:
        """A token by its text and number."""
        return say("PIECES", "token", label=self.picture.tokens.labels[token], token=token)

    def verdict(self, found: TokenResult, ruling: Ruling, together: Together | None) -> Sentence:
        """Why a token got its word."""
        joint = None if together is None else together.replaced
        return self._verdict((found.token,), found.replaced, found.cut, ruling, "controls", joint)

    def picture_verdict(
        self, tested: Sequence[TokenResult], together: Together | None, ruling: Ruling, rulings: Mapping[int, Ruling]
    ) -> Sentence:
        """Why the picture got its word."""
        bright = [found for found in tested if found.role == "bright"]
        if ruling[1] == "mostly routing":
            return self._mostly_routing(bright, together, rulings)
        if together is not None:
            return self._verdict(together.tokens, together.replaced, together.cut, ruling, "sets", None)
        if len(bright) == 1:
            return self.verdict(bright[0], ruling, None)
        if ruling[1] == "all parked":
            return self._all_parked([found for found in tested if rulings[found.token][0] == "ROUTING ONLY"])
        return self._verdict(tuple(found.token for found in bright), None, None, ruling, "controls", None)

    def _all_parked(self, routing: Sequence[TokenResult]) -> Sentence:
        """Where all of the picture's attention lies."""
        share = sum(found.weight for found in routing) / float(self.picture.row.sum())
        tokens = joined([self.token(found.token) for found in routing])
        return say("VERDICTS", "all parked", share=percent(share), tokens=tokens)

    def _mostly_routing(
        self, bright: Sequence[TokenResult], together: Together | None, rulings: Mapping[int, Ruling]
    ) -> Sentence:
        """Which of the bright tokens only route, and what all of them do together."""
        routing = [found for found in bright if rulings[found.token][0] == "ROUTING ONLY"]
        share = sum(found.weight for found in routing) / sum(found.weight for found in bright)
        replaced = (None if together is None else together.replaced) or Replaced()
        return say(
            "VERDICTS",
            "mostly routing",
            share=percent(share),
            tokens=joined([self.token(found.token) for found in routing]),
            what=self.what,
            effect=number(replaced.effect),
            unit=self.unit,
            against=self._against(replaced, "sets"),
        )

    def _verdict(
        self,
        tokens: tuple[int, ...],
        replaced: Replaced | None,
        cut: Cut | None,
        ruling: Ruling,
        against: str,
        joint: Replaced | None,
    ) -> Sentence:
        replaced, cut = replaced or Replaced(), cut or Cut()
        named = joined([self.token(token) for token in tokens]) if tokens else same("")
        effect = replaced.effect
        share = say("PIECES", "no share", all=number(cut.value_all))
        if cut.share is not None and self.scale.counts(cut.value_all):
            share = say("PIECES", "share", share=percent(cut.share), all=number(cut.value_all))
        return say(
            "VERDICTS",
            ruling[1],
            tokens=named,
            it=_IT[len(tokens) > 1],
            what=self.what,
            unit=self.unit,
            moved=say("PIECES", "raised" if (effect or 0) > 0 else "lowered"),
            effect=number(effect, signed=ruling[1] in _SIGNED),
            against=self._against(replaced, against),
            m=same(str(replaced.controls)),
            view=number(cut.value_view),
            share=share,
            mask=number(cut.mask_all),
            value=number(cut.value_all),
            replaced=self._also(replaced, against),
            joint=number(None if joint is None else joint.effect),
            without=number(replaced.without),
            target=self.target,
            probability=number(self.question.baseline.p, signed=False) if self.question.baseline else same(""),
            noise=number(self.scale.noise, signed=False),
            small=number(self.scale.small, signed=False),
            reason=self.reason,
        )

    def _against(self, found: Replaced, key: str) -> Sentence:
        told = say(
            "PIECES",
            key,
            m=same(str(found.controls)),
            median=number(found.median, signed=False),
            largest=number(found.largest, signed=False),
            p=number(found.p, signed=False),
            holm=number(found.holm, signed=False),
        )
        if not by_size(found) or not self.scale.counts(found.effect):
            return told
        return _put_together(told, say("PIECES", "by size", least=number(found.least, signed=False)))

    def _also(self, found: Replaced, key: str) -> Sentence:
        """What replacing did, behind a sentence about something else."""
        if found.effect is None:
            return same("")
        return say("PIECES", "also", what=self.what, effect=number(found.effect), against=self._against(found, key))

    def basis(self, runs: int, seed: int, replacement: Sentence) -> Sentence:
        """What everything rests on."""
        baseline = self.question.baseline
        if baseline is None:
            value = number(float(self.question.passes.whole[0]))
            target = say("TARGET", "value", value=value)
        else:
            p = number(baseline.p, signed=False)
            target = say("TARGET", "class", piece=self.target, p=p, rank=str(baseline.rank))
        return say(
            "BASIS",
            target=target,
            row=self.row(),
            why=say("WHY", self.picture.choice.why),
            replacement=replacement,
            runs=str(runs),
            seed=str(seed),
            texts="1",
            s="",
        )

    def row(self) -> Sentence:
        """Which row of which heads is shown."""
        choice = self.picture.choice
        heads = say("PIECES", "all heads", count=str(len(choice.heads)))
        if not choice.whole_layers:
            heads = say("PIECES", "heads", numbers=_listed(choice.heads))
        queries = say("PIECES", "query", numbers=_listed(choice.queries))
        if choice.all_queries and len(choice.queries) > 1:
            queries = say("PIECES", "all queries", count=str(len(choice.queries)))
        return say("PIECES", "row", layers=_listed(choice.layers), heads=heads, queries=queries, kind=choice.kind)

    def notes(self, finished: int, planned: int, stopped: str) -> list[Sentence]:
        """What a reader must know before the verdicts."""
        found, baseline = [], self.question.baseline
        if stopped:
            found.append(say("NOTES", "stopped", reason=self.reason, finished=str(finished), planned=str(planned)))
        if baseline is not None:
            most = log(self.question.passes.whole.shape[-1])
            if baseline.entropy > most / 2:
                share = percent(baseline.entropy / most)
                found.append(say("NOTES", "entropy", entropy=number(baseline.entropy, signed=False), share=share))
            if baseline.rank:
                p = number(baseline.p, signed=False)
                found.append(say("NOTES", "rank", rank=str(baseline.rank), probability=p))
        position, queries = self.question.position, self.picture.choice.queries
        if position is not None and position not in queries and self.picture.choice.kind != "encoder":
            found.append(say("NOTES", "other row", queries=_listed(queries), position=str(position)))
        return found


_SIGNED = frozenset({"small", "within", "not enough", "position", "between", "redundant", "few", "mixed"})
_IT = ({"en": "it", "zh": "它"}, {"en": "them", "zh": "它们"})


def _listed(numbers: Sequence[int]) -> str:
    """Numbers as a short list, runs as one.

    >>> _listed([0, 1, 2, 5])
    '0–2, 5'
    """
    runs: list[list[int]] = []
    for one in numbers:
        if runs and one == runs[-1][1] + 1:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)


def _put_together(*parts: Mapping[str, Any]) -> Sentence:
    return {name: "".join(part[name] for part in parts) for name in parts[0]}
