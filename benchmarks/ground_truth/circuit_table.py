"""Methods × circuits set by hand: where theory says that a method finds the causes, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from benchmarks.ground_truth.circuits import CIRCUITS, Circuit
from benchmarks.ground_truth.methods import METHODS, Case
from benchmarks.ground_truth.text import precision
from benchmarks.ground_truth.theory import SOLVES

PASS = 0.9

CAPTION = """\
## Circuits set by hand

{texts} texts each. Precision at the number of causes: 1 finds them all; **bold** is where a method must find them all
by theory, and where it must not, it must fail here too: occlusion is blind to evidence that is there twice (*or*),
hiding keys takes sinks for causes, setting weights to zero overlooks blockers, what takes attention as a constant
misses whatever only chooses where to read, and weights alone say nothing of what is passed on. A star marks what is not
as theory says. Interventions and Shapley values are of the whole distribution (total variation), gradients of the
target's logit less the mean logit.
"""

NOTES = """\
What may surprise: integrated gradients find *or*, since the way from the mean embedding leads through where one word
is not enough yet; from a baseline that says enough already they would not. With the mean logit subtracted, what
speaks for a rival counts against the target, so that gradients find both letters of *unread write*; Chefer's method,
which cuts off what is negative, does not. Value zeroing and norms find *or* because they ask what is mixed, not what
it does to the output.
"""


def cases(make: Callable[[], Circuit], texts: int, seed: int = 0) -> list[Case]:
    """A circuit and its texts."""
    circuit, rng = make(), np.random.default_rng(seed)
    circuit.model.eval()
    return [Case(circuit.model, circuit.text(rng)) for _ in range(texts)]


def measured(given: Sequence[Case], methods: Iterable[str] = METHODS) -> dict[str, float]:
    """Each method's mean precision over texts."""
    return {
        method: float(np.mean([precision(METHODS[method](one), one.text.causes, one.text.candidates) for one in given]))
        for method in methods
    }


def section(texts: int) -> str:
    """The table."""
    found = {make().name: measured(cases(make, texts)) for make in CIRCUITS}
    lines = [
        CAPTION.format(texts=texts),
        f"| method | {' | '.join(found)} | mean |",
        f"|---|{'---:|' * (len(found) + 1)}",
        *(_row(method, {name: row[method] for name, row in found.items()}) for method in METHODS),
        "",
        NOTES,
    ]
    return "\n".join(lines)


def _row(method: str, values: Mapping[str, float]) -> str:
    cells = []
    for name, value in values.items():
        solved = name in SOLVES[method]
        shown = f"**{value:.2f}**" if solved else f"{value:.2f}"
        cells.append(shown + ("" if solved == (value >= PASS) else " *"))
    return f"| {method} | {' | '.join(cells)} | {sum(values.values()) / len(values):.2f} |"
