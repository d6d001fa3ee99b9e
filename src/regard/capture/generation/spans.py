"""Which keys each query saw, pass by pass, and the one mask rule that says it for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from regard.record.mask import MaskRule


@dataclass(frozen=True, eq=False)
class Spans:
    """The keys that the queries of one pass saw. Numbers count without padding, from the sequence's start.

    ``position`` [query] is where each query stands; the pass was given keys ``start`` to ``start + keys``, and query
    i saw those from ``first[i]`` to ``last[i]``, or, where that is no run, the true cells of ``cells`` [head or 1,
    query, key].
    """

    position: np.ndarray
    start: int
    keys: int
    first: np.ndarray
    last: np.ndarray
    cells: np.ndarray | None = None

    @classmethod
    def of(
        cls, rule: MaskRule, arrays: Mapping[str, np.ndarray], past: int, queries: int, start: int, keys: int
    ) -> Spans:
        """Those of a reduced mask over ``queries`` queries that follow ``past`` others and over ``keys`` keys."""
        cells = None
        if "visible" in arrays:
            shown = rule.visible(slice(0, queries), slice(0, keys))
            cells = np.broadcast_to(arrays["visible"], (len(arrays["visible"]), queries, keys)) & shown
        at = np.arange(queries) + rule.offset
        first = np.zeros_like(at) if rule.before is None else np.maximum(at - rule.before, 0)
        last = np.full_like(at, keys - 1) if rule.after is None else np.minimum(at + rule.after, keys - 1)
        if rule.chunk is not None:
            first = np.maximum(first, at // rule.chunk * rule.chunk)
            last = np.minimum(last, at // rule.chunk * rule.chunk + rule.chunk - 1)
        return cls(past + np.arange(queries), start, keys, start + first, start + last, cells)

    @property
    def queries(self) -> int:
        """Number of queries in the pass."""
        return len(self.position)

    def seen(self) -> np.ndarray:
        """Whether any head of a query saw a key, [query, key], over the pass's own keys."""
        if self.cells is not None:
            return np.asarray(self.cells.any(axis=0))
        key = self.start + np.arange(self.keys)[None, :]
        return np.asarray((key >= self.first[:, None]) & (key <= self.last[:, None]))


def joined(passes: Sequence[Spans], queries: int, keys: int) -> tuple[MaskRule, dict[str, np.ndarray]]:
    """One rule for the first ``queries`` queries of all passes over ``keys`` keys, or else the array ``visible``."""
    if all(spans.cells is None for spans in passes):
        first = np.concatenate([spans.first for spans in passes])[:queries]
        last = np.minimum(np.concatenate([spans.last for spans in passes])[:queries], keys - 1)
        rule = _rule(first, last, keys)
        if rule is not None:
            return rule, {}
    return MaskRule(), {"visible": _visible(passes, queries, keys)}


def _rule(first: np.ndarray, last: np.ndarray, keys: int) -> MaskRule | None:
    """Full, causal, windowed or chunked attention, where each query sees the run of keys that it means."""
    position = np.arange(len(first))
    if (first == 0).all() and (last == keys - 1).all():
        return MaskRule()
    if (last != position).any():
        return None
    limited = first > 0
    if not limited.any():
        return MaskRule(after=0)
    before = int((position - first)[limited][0])
    if (first == np.maximum(position - before, 0)).all():
        return MaskRule(before=before, after=0)
    chunk = int(first[limited][0])
    return MaskRule(after=0, chunk=chunk) if (first == position // chunk * chunk).all() else None


def _visible(passes: Sequence[Spans], queries: int, keys: int) -> np.ndarray:
    heads = max(1 if spans.cells is None else len(spans.cells) for spans in passes)
    total = sum(spans.queries for spans in passes)
    found = np.zeros((heads, total, max(keys, *(spans.start + spans.keys for spans in passes))), dtype=bool)
    row = 0
    for spans in passes:
        place = (slice(None), slice(row, row + spans.queries), slice(spans.start, spans.start + spans.keys))
        found[place] = spans.seen()[None] if spans.cells is None else spans.cells
        row += spans.queries
    return found[:, :queries, :keys]
