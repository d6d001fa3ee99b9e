"""Which mask rule, if any, shows exactly the cells that a boolean mask shows."""

from __future__ import annotations

import numpy as np

from regard.record.mask import MaskRule


def band(visible: np.ndarray) -> MaskRule | None:
    """The rule that shows exactly these cells of [query, key], the last query standing at the last key; else None.

    >>> band(np.tril(np.ones((3, 3), bool)))
    MaskRule(before=None, after=0, chunk=None, offset=0)
    """
    queries, keys = visible.shape
    offset = keys - queries
    first, last = visible.argmax(axis=1), keys - 1 - visible[:, ::-1].argmax(axis=1)
    count = visible.sum(axis=1)
    if not count.all() or (count != last - first + 1).any():
        return None
    position = np.arange(queries) + offset
    after = _one_value((last - position)[last < keys - 1])
    before = _one_value((position - first)[first > 0])
    chunk = int(first[first > 0].min()) if (first > 0).any() else None
    options = [MaskRule(before, after, None, offset), MaskRule(None, after, chunk, offset)]
    return next((rule for rule in options if _shows(rule, first, last, position, keys)), None)


def _shows(rule: MaskRule, first: np.ndarray, last: np.ndarray, position: np.ndarray, keys: int) -> bool:
    """Whether a rule's first and last visible key of every query are these."""
    start = np.zeros_like(position) if rule.before is None else np.maximum(position - rule.before, 0)
    stop = np.full_like(position, keys - 1) if rule.after is None else np.minimum(position + rule.after, keys - 1)
    if rule.chunk is not None:
        start = np.maximum(start, position // rule.chunk * rule.chunk)
        stop = np.minimum(stop, position // rule.chunk * rule.chunk + rule.chunk - 1)
    return bool((start == first).all() and (stop == last).all())


def _one_value(values: np.ndarray) -> int | None:
    return int(values[0]) if len(values) else None
