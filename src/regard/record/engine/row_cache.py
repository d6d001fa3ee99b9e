"""One number a row, computed in blocks of rows when first read, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from regard.record.engine.blocks import Rows

_BLOCK = 128


class RowCache:
    """Rows [head, query] that ``compute(heads, queries)`` gives, remembered. Safe to read from several threads."""

    def __init__(self, queries: int, compute: Callable[[slice, slice], np.ndarray]):
        self._queries = queries
        self._compute = compute
        self._lock = threading.Lock()
        self._rows: dict[int, np.ndarray] = {}
        self._known: dict[int, np.ndarray] = {}

    def read(self, heads: slice, queries: slice) -> np.ndarray:
        """These rows, float64 [head, query]; what is not known is computed, whole blocks of rows at a time."""
        missing = {head: self._missing(head, queries) for head in range(heads.start, heads.stop)}
        together = len({tuple((run.start, run.stop) for run in runs) for runs in missing.values()}) == 1
        for group in [heads] if together else [slice(head, head + 1) for head in missing]:
            for run in missing[group.start]:
                for head, rows in zip(range(group.start, group.stop), self._compute(group, run), strict=True):
                    self.keep(head, run, rows)
        found = [self._rows[head][queries] for head in range(heads.start, heads.stop)]
        return np.stack(found) if found else np.zeros((0, queries.stop - queries.start))

    def find(self, head: int, queries: Rows) -> np.ndarray | None:
        """These rows if all of them are known."""
        with self._lock:
            known = self._known.get(head)
            return self._rows[head][queries] if known is not None and known[queries].all() else None

    def keep(self, head: int, queries: slice, rows: np.ndarray) -> None:
        """Remember rows that were computed elsewhere."""
        with self._lock:
            self._begin(head)
            self._rows[head][queries] = rows
            self._known[head][queries] = True

    def _missing(self, head: int, queries: slice) -> list[slice]:
        """Runs of whole blocks that hold all of these rows not yet known."""
        with self._lock:
            self._begin(head)
            wanted = np.unique((np.flatnonzero(~self._known[head][queries]) + queries.start) // _BLOCK)
        if not len(wanted):
            return []
        runs = np.split(wanted, np.flatnonzero(np.diff(wanted) > 1) + 1)
        return [slice(int(r[0]) * _BLOCK, min((int(r[-1]) + 1) * _BLOCK, self._queries)) for r in runs]

    def _begin(self, head: int) -> None:
        if head not in self._rows:
            self._rows[head] = np.empty(self._queries)
            self._known[head] = np.zeros(self._queries, bool)
