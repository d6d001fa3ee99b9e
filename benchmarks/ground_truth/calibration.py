"""Can verdicts be believed? ``python -m benchmarks.ground_truth.calibration [texts] [texts of toys]``.

Over single heads' rows of circuits set by hand and of trained toys: which statistic tells whether the brightest token
is a cause, and how often a token that is none gets the verdict SUPPORTED. Writes results/calibration.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.ground_truth.auroc import auroc, interval
from benchmarks.ground_truth.looks import DECOYS, ORDER, Look, looks, sources
from benchmarks.ground_truth.tasks import TASKS
from benchmarks.ground_truth.toys import SEEDS
from regard.experiment.reliability.study import SMALL

RESULTS = Path("benchmarks/results/calibration.md")
FORMS = ("quick", "full")
AUROC_AIM, FALSE_AIM = 0.95, 0.05
Part = Sequence[Look]


def parts(found: Part) -> dict[str, list[Look]]:
    """The rows by where they come from."""
    by_task = {task.name: [look for look in found if look.source.name == task.name] for task in TASKS}
    return {
        "all": list(found),
        "circuits": [look for look in found if not look.source.trained],
        "trained": [look for look in found if look.source.trained],
        **by_task,
    }


def area(name: str, part: Part) -> float:
    """A score's AUROC for "the brightest token is a cause"."""
    return auroc([look.scores[name] for look in part], [look.cause for look in part])


def rate(part: Part, counts: Callable[[Look], bool], of: Callable[[Look], bool]) -> float:
    """The share of those that count among those meant; NaN where there are none."""
    chosen = [counts(look) for look in part if of(look)]
    return float(np.mean(chosen)) if chosen else float("nan")


def supported(look: Look) -> bool:
    """Whether the brightest token got SUPPORTED, through this picture or not."""
    return look.word.startswith("SUPPORTED")


RATES: dict[str, tuple[Callable[[Look], bool], Callable[[Look], bool]]] = {
    "false SUPPORTED on decoys": (supported, lambda look: look.source.name in DECOYS and not look.cause),
    "false SUPPORTED of all that is no cause": (supported, lambda look: not look.cause),
    "false SUPPORTED of whole pictures": (
        lambda look: look.whole.startswith("SUPPORTED"),
        lambda look: not look.any_cause,
    ),
    "SUPPORTED or OPPOSES of causes": (lambda look: supported(look) or look.word == "OPPOSES", lambda look: look.cause),
    "NOT SUPPORTED of causes": (lambda look: look.word == "NOT SUPPORTED", lambda look: look.cause),
}


def areas(form: str, found: Part) -> list[str]:
    """AUROC of each statistic."""
    split = parts(found)
    lines = [
        f"## {form.capitalize()} form: AUROC for “the brightest token is a cause”",
        "",
        "| statistic | " + " | ".join(f"{name} ({len(part)})" for name, part in split.items()) + " |",
        f"|---|{'---|' * len(split)}",
    ]
    for name in found[0].scores:
        cells = [_area(name, part) for part in split.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def rates(form: str, found: Part) -> list[str]:
    """How often verdicts are right and wrong."""
    split = {name: part for name, part in parts(found).items() if name in ("all", "circuits", "trained")}
    lines = [
        f"## {form.capitalize()} form: verdicts",
        "",
        f"| rate | {' | '.join(split)} |",
        f"|---|{'---|' * len(split)}",
    ]
    for name, (counts, of) in RATES.items():
        cells = [_rate(part, counts, of) for part in split.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    count = Counter((look.word, look.cause) for look in found)
    lines += ["", "| verdict on the brightest token | it is a cause | it is none |", "|---|---:|---:|"]
    lines += [f"| {word} | {count[word, True]} | {count[word, False]} |" for word in ORDER]
    return [*lines, ""]


def aims(form: str, found: Part) -> str:
    """Whether the aims are met, in one line."""
    verdict = area("verdict", found)
    counts, of = RATES["false SUPPORTED on decoys"]
    false = rate(found, counts, of)
    return (
        f"{form.capitalize()} form: AUROC of the verdict {verdict:.4f} (aim: {AUROC_AIM} or more, "
        f"{'met' if verdict >= AUROC_AIM else 'MISSED'}); false SUPPORTED on decoys {_rate(found, counts, of)} (aim: "
        f"{FALSE_AIM:.0%} or less, {'met' if false <= FALSE_AIM else 'MISSED'})."
    )


def missed(form: str, found: Part) -> str:
    """How many of the causes that were called NOT SUPPORTED do little in these texts, in one line."""
    lost = [look for look in found if look.cause and look.word == "NOT SUPPORTED"]
    little = [look for look in lost if look.scores["replaced, effect"] < SMALL]
    names = ", ".join(f"{count} in {name}" for name, count in Counter(look.source.name for look in lost).most_common())
    return (
        f"{form.capitalize()} form: of {len(lost)} causes with NOT SUPPORTED ({names or 'none'}), {len(little)} move "
        f"log p by less than {SMALL} nats when other tokens stand in their place, which reports call small."
    )


def _area(name: str, part: Part) -> str:
    value = area(name, part)
    if np.isnan(value):
        return "–"
    low, high = interval(part, partial(area, name))
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _rate(part: Part, counts: Callable[[Look], bool], of: Callable[[Look], bool]) -> str:
    meant = [look for look in part if of(look)]
    if not meant:
        return "–"
    value = rate(part, counts, of)
    if value == 0:
        texts = len({look.source for look in meant})
        return f"0 of {len(meant)}, in {texts} texts [0%, {at_most(texts):.1%}]"
    low, high = interval(part, partial(rate, counts=counts, of=of))
    return f"{value:.1%} of {len(meant)} [{low:.1%}, {high:.1%}]"


def at_most(texts: int) -> float:
    """The largest rate at which none in so many independent texts is still seen one time in twenty, exact.

    >>> round(at_most(59), 3)
    0.05
    """
    return float(1 - 0.05 ** (1 / texts))


CAPTION = """\
# Can the verdicts be believed?

`python -m benchmarks.ground_truth.calibration {texts} {toy_texts}`: every head's row of the last token in the ten
circuits ({texts} texts each) and the trained toys ({seeds} models of three tasks, {toy_texts} texts each) is a
picture; the brightest token that a report tests there either is a cause by construction or is none. In brackets 95 %
intervals of a bootstrap over seeds and texts; where nothing was found, the exact bound (one-sided, 95 %) for as many
texts. *Replaced* and *cut* are what `regard.reliability` measures; shuffled rows are the test of Jain & Wallace
(2019). In the verdict's AUROC, SUPPORTED and OPPOSES count 1, CANNOT SAY and ROUTING ONLY ½, NOT SUPPORTED 0. Decoys
are the sink, the unread write and the cancelling heads. Causes are defined by what other tokens in their place do, so
tests by replacement have an advantage by definition: what the table shows is that no statistic of the picture alone
stands in for them.
"""

WHY = """
So verdicts miss causes where a prediction is nearly certain, or evidence is there twice: each word then does little
alone. A small effect that is beyond all controls is CANNOT SAY; the quick form, with four controls, can tell that less
often. No decoy gains from it, as the rates of false SUPPORTED show.
"""


def main(texts: int = 24, toy_texts: int = 6) -> None:
    """Print and write what was found."""
    given = list(sources(texts, toy_texts))
    found = {form: [look for source, case in given for look in looks(source, case, form)] for form in FORMS}
    lines = [CAPTION.format(texts=texts, toy_texts=toy_texts, seeds=sum(map(len, SEEDS.values())))]
    lines += [f"- {aims(form, found[form])}" for form in FORMS]
    lines += [f"- {missed(form, found[form])}" for form in FORMS]
    lines.append(WHY)
    lines.append("")
    for form in FORMS:
        lines += [*areas(form, found[form]), *rates(form, found[form])]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
