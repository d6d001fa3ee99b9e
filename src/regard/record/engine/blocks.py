"""How a rectangle of one head is cut: runs of queries, and of the keys they see runs whose tile fits a cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from regard.record.mask import MaskRule

Rows = slice | np.ndarray
"""Queries: a run of them, or their numbers in rising order."""

TILE = 1 << 19
_MOST = 1024
_LEAST = 128
_LEAST_KEYS = 256


def query_blocks(rule: MaskRule, queries: slice, keys: slice, most: int | None = None) -> list[slice]:
    """Runs of queries. They are short where short runs see fewer keys: under a window, and in a small triangle."""
    size = most = most or _MOST
    if rule.after is not None and not rule.shows_all(queries, keys):
        size = min(size, count(rule.reach(queries, keys)) // 8)
    window = None if rule.before is None else rule.before + (rule.after or 0)
    for width in (rule.chunk, window):
        size = size if width is None else min(size, width)
    return list(runs(queries, max(size, min(most, _LEAST))))


def runs(whole: slice, size: int) -> Iterator[slice]:
    """Consecutive runs of at most ``size``.

    >>> list(runs(slice(2, 7), 3))
    [slice(2, 5, None), slice(5, 7, None)]
    """
    for start in range(whole.start, whole.stop, size):
        yield slice(start, min(start + size, whole.stop))


def key_runs(keys: slice, queries: Rows) -> Iterator[slice]:
    """Runs of keys whose tile with these queries has about ``TILE`` elements."""
    return runs(keys, _longest_run(queries))


def buffer_size(keys: slice, queries: Rows) -> int:
    """Elements of the largest tile that ``key_runs`` leads to."""
    return count(queries) * min(_longest_run(queries), count(keys))


def reach(rule: MaskRule, queries: Rows, keys: slice) -> slice:
    """The run of these keys that any of these queries sees."""
    return rule.reach(span(queries), keys) if count(queries) else slice(keys.start, keys.start)


def visible(rule: MaskRule, blocks: list[slice], keys: slice) -> int:
    """How many weights the blocks hold: the work that a pass over them is."""
    return sum(count(block) * count(reach(rule, block, keys)) for block in blocks)


def count(rows: Rows) -> int:
    """How many."""
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def span(rows: Rows) -> slice:
    """From the first to the last."""
    return rows if isinstance(rows, slice) else slice(int(rows[0]), int(rows[-1]) + 1)


def numbers(rows: Rows) -> np.ndarray:
    """Their numbers."""
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _longest_run(queries: Rows) -> int:
    return max(_LEAST_KEYS, TILE // max(1, count(queries)))
