"""A report's statistics: exact permutation p, Holm's correction, the bootstrap over texts, and how rows compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Numbers = Sequence[float] | np.ndarray


def permutation_p(effect: float, controls: Numbers) -> float:
    """How often one of m controls is at least as large: ``(1 + #{|c| ≥ |e|}) / (1 + m)``, exact if exchangeable.

    It is never below 1 / (1 + m). Controls that are NaN were not measured and do not count; ones that differ by
    rounding alone count as equal.

    >>> permutation_p(-2.0, [0.1, -0.2, 0.3, 2.5])
    0.4
    """
    found = _known(controls)
    return float((1 + np.count_nonzero(np.abs(found) >= abs(effect) * (1 - 1e-6))) / (1 + len(found)))


def holm(ps: Numbers) -> list[float]:
    """p values of several tests, so adjusted that one false finding in all of them is as rare as they say (Holm 1979).

    The i-th smallest of k is multiplied by k - i, and none is smaller than the one before it.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    found = [float(p) for p in ps]
    order = sorted(range(len(found)), key=found.__getitem__)
    adjusted, least = [0.0] * len(found), 0.0
    for rank, number in enumerate(order):
        least = max(least, min(1.0, found[number] * (len(found) - rank)))
        adjusted[number] = least
    return adjusted


def bootstrap(
    values: Numbers, statistic: Callable[[np.ndarray], float] = np.mean, *, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of a statistic over texts [text]: percentiles of ``draws`` samples of texts with replacement.

    The unit is a text. Texts of one document are no independent units: give one number a document.
    """
    found = _known(values)
    if not len(found):
        return float("nan"), float("nan")
    chosen = np.random.default_rng(seed).integers(0, len(found), (draws, len(found)))
    samples = np.array([statistic(found[row]) for row in chosen])
    low, high = np.percentile(samples, (2.5, 97.5))
    return float(low), float(high)


def pearson(one: Numbers, other: Numbers) -> float | None:
    """Pearson's correlation; ``None`` of fewer than three pairs, or where one side does not vary.

    >>> pearson([1, 2, 3], [2, 4, 6])
    1.0
    """
    x, y = _pairs(one, other)
    if len(x) < 3 or x.std() == 0 or y.std() == 0:
        return None
    return float(np.clip(((x - x.mean()) * (y - y.mean())).mean() / (x.std() * y.std()), -1, 1).round(12))


def sign_agreement(one: Numbers, other: Numbers) -> float | None:
    """The share of pairs with the same sign; ``None`` of no pairs.

    >>> sign_agreement([1, -1, 2], [3, -2, -1])
    0.6666666666666666
    """
    x, y = _pairs(one, other)
    return float((np.sign(x) == np.sign(y)).mean()) if len(x) else None


def js_divergence(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of rows [..., key] that each sum to one, in nats (0 to ln 2), [...].

    >>> float(js_divergence(np.array([1.0, 0]), np.array([0, 1.0])).round(4))
    0.6931
    """
    mean = (one + other) / 2
    return np.asarray((_kl(one, mean) + _kl(other, mean)) / 2)


def _kl(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    there = one > 0
    ratio = np.log(np.where(there, one, 1) / np.where(there, other, 1))
    found: np.ndarray = np.asarray((one * ratio).sum(-1))
    return found


def _known(values: Numbers) -> np.ndarray:
    found = np.asarray(values, dtype=float)
    known: np.ndarray = found[~np.isnan(found)]
    return known


def _pairs(one: Numbers, other: Numbers) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    there = ~(np.isnan(x) | np.isnan(y))
    return x[there], y[there]
