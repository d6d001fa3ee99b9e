"""How well a score tells what is true, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.ground_truth.looks import Look

DRAWS = 400
Statistic = Callable[[Sequence[Look]], float]


def auroc(scores: Sequence[float], true: Sequence[bool]) -> float:
    """The chance that a true one scores above a false one; ties count half. NaN where there is only one sort.

    Scores that are NaN (not measured) stand below all others.

    >>> auroc([3.0, 1.0, 1.0], [True, True, False])
    0.75
    """
    values, labels = np.nan_to_num(np.asarray(scores, dtype=float), nan=-np.inf), np.asarray(true, dtype=bool)
    yes, no = np.sort(values[labels]), np.sort(values[~labels])
    if not len(yes) or not len(no):
        return float("nan")
    below, upto = np.searchsorted(no, yes, "left"), np.searchsorted(no, yes, "right")
    return float((below + upto).sum() / 2 / len(yes) / len(no))


def interval(looks: Sequence[Look], statistic: Statistic, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval: seeds of a task are drawn anew, and texts of each seed, with all looks of a text.

    Circuits have no seeds; of each, texts are drawn.
    """
    tree: dict[str, dict[int, dict[int, list[Look]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for look in looks:
        tree[look.source.name][look.source.seed][look.source.text].append(look)
    rng, found = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        drawn: list[Look] = []
        for models in tree.values():
            for model in rng.choice(list(models), len(models)):
                texts = models[model]
                for text in rng.choice(list(texts), len(texts)):
                    drawn += texts[text]
        found.append(statistic(drawn))
    known = [value for value in found if not np.isnan(value)]
    low, high = np.percentile(known, (2.5, 97.5)) if known else (np.nan, np.nan)
    return float(low), float(high)
