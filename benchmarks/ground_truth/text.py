"""A text whose causes are known, and how well a method finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Text:
    """Token ids, and by construction of the task: which tokens are causes, and which of them are copied.

    A token is a cause when other tokens in its place change what is said at the last one; it is copied when its content
    reaches the output, not only its power to say where to look. ``instead`` names, for each place, the tokens that may
    stand there without changing its role (the token itself, where nothing else may). ``candidates`` is how many tokens,
    from the first on, may be causes.
    """

    ids: tuple[int, ...]
    causes: tuple[int, ...]
    copied: tuple[int, ...]
    instead: tuple[Sequence[int], ...]
    candidates: int


def precision(given: np.ndarray, causes: Sequence[int], candidates: int) -> float:
    """The share of causes among as many tokens of largest |score|.

    What is tied (to 1e-6 of the largest) counts by expectation.
    """
    values = np.abs(np.asarray(given, dtype=float)[:candidates])
    values = np.round(values / max(values.max(), 1e-12), 6)
    last = np.sort(values)[::-1][len(causes) - 1]
    above, tied = values > last, values == last
    true = np.isin(np.arange(candidates), causes)
    left = (len(causes) - above.sum()) / tied.sum()
    return float((true[above].sum() + left * true[tied].sum()) / len(causes))
