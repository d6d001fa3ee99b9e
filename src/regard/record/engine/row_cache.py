"""One number a row, computed in blocks of rows when first read, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

_ROWS = 128


class RowCache:
    """Rows [head, query] that ``compute(heads, queries)`` gives, remembered. Safe to read from several threads."""

    def __init__(self, queries: int, compute: Callable[[slice, slice], np.ndarray]):
        self._queries = queries
        self._compute = compute
        self._lock = threading.Lock()
        self._rows: dict[int, np.ndarray] = {}
        self._known: dict[int, np.ndarray] = {}

    def read(self, heads: slice, queries: slice) -> np.ndarray:
        """These rows, float64 [head, query]."""
        missing = {head: self._missing(head, queries) for head in range(heads.start, heads.stop)}
        together = len({tuple((run.start, run.stop) for run in runs) for runs in missing.values()}) == 1
        for group in [heads] if together else [slice(head, head + 1) for head in missing]:
            for run in missing[group.start]:
                self._keep(group, run, self._compute(group, run))
        found = [self._rows[head][queries] for head in range(heads.start, heads.stop)]
        return np.stack(found) if found else np.zeros((0, queries.stop - queries.start))

    def _missing(self, head: int, queries: slice) -> list[slice]:
        """Runs of whole blocks that hold all of these rows not yet known."""
        with self._lock:
            if head not in self._rows:
                self._rows[head] = np.empty(self._queries)
                self._known[head] = np.zeros(-(-self._queries // _ROWS), bool)
            first, last = queries.start // _ROWS, -(-queries.stop // _ROWS)
            wanted = np.flatnonzero(~self._known[head][first:last]) + first
        if not len(wanted):
            return []
        runs = np.split(wanted, np.flatnonzero(np.diff(wanted) > 1) + 1)
        return [slice(int(r[0]) * _ROWS, min((int(r[-1]) + 1) * _ROWS, self._queries)) for r in runs]

    def _keep(self, heads: slice, run: slice, found: np.ndarray) -> None:
        with self._lock:
            for head, rows in zip(range(heads.start, heads.stop), found, strict=True):
                self._rows[head][run] = rows
                self._known[head][run.start // _ROWS : -(-run.stop // _ROWS)] = True
