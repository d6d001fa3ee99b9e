"""The rules by which measured numbers become one of six fixed words.

For one token, in this order; *small* is 0.1 nats, or 0.1 of a logit; of a user's function,
1 % of its unedited value, or a tenth of the largest effect of any replacement if that is more:

1. The output itself is uncertain (p of the target below .05), or three times the numerical noise is not small:
   CANNOT SAY.
2. Hiding the token in all layers does something that is not small, and at least three times what setting its weights to
   zero does: ROUTING ONLY, unless replacing it matters and so does setting its weights to zero.
3. It was not replaced, or beside fewer than four controls: CANNOT SAY.
4. Replacing it does more than replacing controls (see :func:`beyond`). It raises the prediction: OPPOSES. It lowers it:
   SUPPORTED if cutting its edge in the picture does at least a tenth of what cutting it in all layers does, by value,
   and that is not small and in the same direction; else SUPPORTED, NOT THROUGH THIS PICTURE.
5. It does something, but so do some controls, or so little that it would be small; or nothing alone, but something
   together with the other shown tokens: CANNOT SAY. Else: NOT SUPPORTED.

The picture is judged so by its bright tokens together. One in which no token stands out: CANNOT SAY. One without any
but parked ones: ROUTING ONLY where one of these is that, else CANNOT SAY. Where more than half of what the bright
tokens hold lies on ones that do not matter, it is ROUTING ONLY or NOT SUPPORTED.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from regard.experiment.reliability.plain import Cut, Replaced, Together, TokenResult, Word

LEAST_P, UNCERTAIN = 0.05, 0.05
FEWEST, FACTOR, WITHIN = 4, 2.0, 0.25
ROUTED, THROUGH = 3.0, 0.1
Ruling = tuple[Word, str]
Level = Literal["not measured", "few", "small", "slight", "within", "between", "beyond"]


@dataclass(frozen=True)
class Scale:
    """What counts: the size of a ``small`` effect, the numerical ``noise``, and whether the output is ``uncertain``."""

    small: float
    noise: float = 0.0
    uncertain: bool = False

    @property
    def noisy(self) -> bool:
        """Whether what could be rounding is not small."""
        return 3 * self.noise >= self.small

    def counts(self, effect: float | None) -> bool:
        """Whether an effect is measurable and not small."""
        return effect is not None and abs(effect) >= self.small and abs(effect) > 3 * self.noise


def beyond(found: Replaced | None, scale: Scale) -> Level:
    """How an effect stands to its controls.

    ``"beyond"`` them: not small, and its corrected p is at most .05; or, where there are too few controls for so small
    a p, its own p is at most .25, and it is at least twice every control but at most one (which may be a cause too).
    ``"within"``: p above .25, and two controls or more are as large. ``"slight"``: small, but measurable and as far
    beyond its controls as that: where a prediction is nearly certain, a cause moves it no further.
    """
    if found is None or found.effect is None:
        return "not measured"
    if found.controls < FEWEST or found.p is None or found.holm is None or found.least is None:
        return "few"
    stands_out = found.holm <= LEAST_P or by_size(found)
    if not scale.counts(found.effect):
        return "slight" if stands_out and abs(found.effect) > 3 * scale.noise else "small"
    if stands_out:
        return "beyond"
    return "within" if found.p > WITHIN and abs(found.effect) <= (found.second or 0.0) else "between"


def by_size(found: Replaced) -> bool:
    """Whether an effect is so much larger than its controls that it counts, where p could not be small enough."""
    if found.effect is None or found.p is None or found.least is None or found.least <= LEAST_P or found.p > WITHIN:
        return False
    return abs(found.effect) >= FACTOR * (found.second or 0.0)


def token_ruling(found: TokenResult, together: Together | None, scale: Scale) -> Ruling:
    """The verdict on one shown token, and which rule gave it."""
    if (unsure := _unsure(scale)) is not None:
        return unsure
    level = beyond(found.replaced, scale)
    if _routes(found.cut, scale) and not (level == "beyond" and _passed(found.cut, found.replaced, scale)):
        return "ROUTING ONLY", "routing"
    if found.role == "parked" and found.replaced is None:
        return ("CANNOT SAY", "parked") if found.cut is not None else ("CANNOT SAY", "not measured")
    ruling = _by_level(level, found.replaced, found.cut, scale)
    if ruling is not None:
        return ruling
    if level in ("between", "slight"):
        return "CANNOT SAY", _between(found.replaced)
    if _redundant(found.replaced, together, scale):
        return "CANNOT SAY", "redundant"
    return "NOT SUPPORTED", _not_its_token(level, found.replaced, found.cut, scale)


def picture_ruling(
    tested: Sequence[TokenResult],
    rulings: Mapping[int, Ruling],
    together: Together | None,
    scale: Scale,
    *,
    flat: bool = False,
) -> Ruling:
    """The verdict on the picture, from its bright tokens together (of a quick form, from the only one)."""
    bright = [found for found in tested if found.role == "bright"]
    if (unsure := _unsure(scale)) is not None:
        return unsure
    if not bright:
        routing = any(rulings[found.token][0] == "ROUTING ONLY" for found in tested)
        return ("ROUTING ONLY", "all parked") if routing else ("CANNOT SAY", "nothing bright")
    if flat:
        return "CANNOT SAY", "flat"
    if together is None and len(bright) == 1:
        return rulings[bright[0].token]
    mass = sum(found.weight for found in bright) or 1.0

    def share(*words: Word) -> float:
        return sum(found.weight for found in bright if rulings[found.token][0] in words) / mass

    if share("ROUTING ONLY") > 0.5:
        return "ROUTING ONLY", "mostly routing"
    replaced, cut = (None, None) if together is None else (together.replaced, together.cut)
    level = beyond(replaced, scale)
    ruling = _by_level(level, replaced, cut, scale)
    if ruling is not None and ruling[0] == "CANNOT SAY":
        return ruling
    if ruling is not None:
        return ("NOT SUPPORTED", "mixed") if share("ROUTING ONLY", "NOT SUPPORTED") > 0.5 else ruling
    if level in ("between", "slight"):
        return "CANNOT SAY", _between(replaced)
    return "NOT SUPPORTED", _not_its_token(level, replaced, cut, scale)


def _unsure(scale: Scale) -> Ruling | None:
    if scale.uncertain:
        return "CANNOT SAY", "uncertain"
    return ("CANNOT SAY", "noise") if scale.noisy else None


def _by_level(level: Level, replaced: Replaced | None, cut: Cut | None, scale: Scale) -> Ruling | None:
    """What follows where there is nothing to compare, or the effect is beyond the controls."""
    if level in ("not measured", "few"):
        return "CANNOT SAY", level
    if level != "beyond" or replaced is None or replaced.effect is None:
        return None
    if replaced.effect > 0:
        return "OPPOSES", "opposes"
    if cut is None or cut.value_all is None or cut.value_view is None:
        return "CANNOT SAY", "not cut"
    if not _passed(cut, replaced, scale):
        return "SUPPORTED, NOT THROUGH THIS PICTURE", "elsewhere"
    through = (cut.share or 0.0) >= THROUGH
    return ("SUPPORTED", "supported") if through else ("SUPPORTED, NOT THROUGH THIS PICTURE", "little")


def _passed(cut: Cut | None, replaced: Replaced | None, scale: Scale) -> bool:
    """Whether setting the weights to zero in all layers counts, in the direction in which replacing does."""
    if cut is None or replaced is None or replaced.effect is None or cut.value_all is None:
        return False
    return scale.counts(cut.value_all) and cut.value_all * replaced.effect > 0


def _routes(cut: Cut | None, scale: Scale) -> bool:
    """Whether hiding does much more than setting to zero."""
    if cut is None or cut.mask_all is None or cut.value_all is None:
        return False
    return scale.counts(cut.mask_all) and abs(cut.mask_all) >= ROUTED * abs(cut.value_all)


def _between(found: Replaced | None) -> str:
    """Which words: more than every control, though not by enough, or not even that."""
    more = found is not None and abs(found.effect or 0.0) > (found.largest or 0.0)
    return "not enough" if more else "between"


def _not_its_token(level: Level, found: Replaced | None, cut: Cut | None, scale: Scale) -> str:
    """Which words: cutting the edges in the picture counts and does twice what replacing does, or not."""
    effect = 0.0 if found is None or found.effect is None else found.effect
    here = None if cut is None else cut.value_view
    if here is not None and scale.counts(here) and abs(here) >= FACTOR * abs(effect):
        return "position"
    return "small" if level == "small" else "within"


def _redundant(found: Replaced | None, together: Together | None, scale: Scale) -> bool:
    """Whether the bright tokens together lose much of their effect without this one."""
    joint = None if together is None else together.replaced
    if found is None or found.without is None or joint is None or joint.effect is None:
        return False
    part = joint.effect - found.without
    return beyond(joint, scale) == "beyond" and scale.counts(part) and part * joint.effect > 0
