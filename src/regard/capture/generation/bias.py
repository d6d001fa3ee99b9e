"""The bias of the scores, joined over prefill and steps without keeping a matrix where it is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from regard.capture.generation.spans import Spans


@dataclass(frozen=True, eq=False)
class Bias:
    """What the queries so far had added to their scores: a line by distance, a line by key, or rows.

    A bias that depends on the distance to the key alone (T5) is one line, ``by_distance[head, distance back]``; one
    that depends on the key alone (ALiBi as many models write it) another, ``by_key[head, key]``. Each query's row
    either continues a line that all rows before it agree with, or ends that reading (``None``); when both have ended,
    the bias is kept in ``rows``, blocks of [row of the batch or 1, head, query, key].
    """

    queries: int
    by_distance: np.ndarray | None
    by_key: np.ndarray | None
    rows: tuple[np.ndarray, ...] = ()

    @classmethod
    def none(cls, queries: int) -> Bias:
        """That of so many queries without any."""
        line = np.zeros((1, queries), np.float32)
        return cls(queries, line, line)

    def extended(self, arrays: Sequence[Mapping[str, np.ndarray]], spans: Spans) -> Bias:
        """The bias with these queries' rows after it; ``arrays`` are those of their mask over the spans' own keys:
        one for all rows of the batch that answer the same prompt, or one for each."""
        found = [_rows(one, spans) for one in arrays]
        by_distance = by_key = None
        if len(found) == 1:
            by_distance = _continued(self.by_distance, found[0], spans, by_distance=True)
            by_key = _continued(self.by_key, found[0], spans, by_distance=False)
        queries = self.queries + spans.queries
        if by_distance is not None or by_key is not None:
            return Bias(queries, by_distance, by_key)
        block = np.stack([_placed(rows, spans) for rows in found])
        return Bias(queries, None, None, (*(self.rows or self._written_out()), block))

    def arrays(self, rows: Sequence[int], count: int) -> dict[str, np.ndarray]:
        """The arrays that :class:`~regard.record.factored.Factored` takes, for ``rows[query]`` and ``count`` keys: the
        row of the batch, among those of its prompt, in which each query was."""
        if self.by_distance is not None:
            line = self.by_distance[:, :count]
            table = np.concatenate([line[:, ::-1], np.zeros((len(line), count - 1), line.dtype)], axis=1)
            return {"distance_bias": table} if line.any() else {}
        if self.by_key is not None:
            return {"bias": self.by_key[:, None, :count]}
        return {"bias": _stacked(self.rows, rows, count)}

    def _written_out(self) -> tuple[np.ndarray, ...]:
        """The lines written out as a block [1, head, query, key]."""
        if not self.queries:
            return ()
        if self.by_key is not None:
            return (
                np.broadcast_to(self.by_key[None, :, None], (1, len(self.by_key), self.queries, self.by_key.shape[1])),
            )
        assert self.by_distance is not None
        back = np.arange(self.queries)[:, None] - np.arange(self.queries)[None, :]
        return (self.by_distance[None, :, np.clip(back, 0, self.by_distance.shape[1] - 1)],)


def _rows(arrays: Mapping[str, np.ndarray], spans: Spans) -> np.ndarray:
    """The bias over the spans' own keys as [head or 1, query, key]."""
    if "distance_bias" in arrays:
        table = arrays["distance_bias"]
        entry = np.arange(spans.keys)[None, :] - np.arange(spans.queries)[:, None] + spans.queries - 1
        found: np.ndarray = table[:, entry]
        return found
    bias = arrays.get("bias", np.zeros((1, 1, 1), np.float32))
    return np.broadcast_to(bias, (len(bias), spans.queries, spans.keys))


def _continued(line: np.ndarray | None, rows: np.ndarray, spans: Spans, *, by_distance: bool) -> np.ndarray | None:
    """The line, continued by these rows; ``None`` where they disagree with it on a key that is seen."""
    if line is None:
        return None
    key = spans.start + np.arange(spans.keys)[None, :]
    place = spans.position[:, None] - key if by_distance else np.broadcast_to(key, (spans.queries, spans.keys))
    seen = spans.seen() & (place >= 0)
    longest = np.zeros((max(len(line), len(rows)), max(line.shape[1], int(place.max(initial=-1)) + 1)), rows.dtype)
    longest[:, : line.shape[1]] = line
    known = np.arange(longest.shape[1]) < line.shape[1]
    query = int(np.argmax(seen.sum(axis=1)))
    new = seen[query] & ~known[np.clip(place[query], 0, None)]
    longest[:, place[query][new]] = rows[:, query][:, new]
    agrees = (longest[:, np.clip(place, 0, None)] == rows) | ~seen
    return longest if bool(agrees.all()) else None


def _placed(rows: np.ndarray, spans: Spans) -> np.ndarray:
    """Rows over all keys so far, zero before the spans' own."""
    return np.concatenate([np.zeros((*rows.shape[:2], spans.start), rows.dtype), rows], axis=2)


def _stacked(blocks: Sequence[np.ndarray], rows: Sequence[int], count: int) -> np.ndarray:
    """One sequence's rows [head, query, key]: each block's own row, where it has several."""
    heads, keys = max(block.shape[1] for block in blocks), max(block.shape[3] for block in blocks)
    found = np.zeros((heads, sum(block.shape[2] for block in blocks), max(keys, count)), blocks[-1].dtype)
    start = 0
    for block in blocks:
        own = block[rows[start] if len(block) > 1 and start < len(rows) else 0]
        found[:, start : start + block.shape[2], : block.shape[3]] = own
        start += block.shape[2]
    return found[:, : len(rows), :count]
