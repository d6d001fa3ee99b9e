"""Attention between stretches of text: sentence by sentence, turn by turn, document by document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regard.axes import Weights
from regard.errors import ArgumentError
from regard.record.attention import Layer
from regard.record.engine.pool import pool_grid

Span = tuple[int, int]


def span_sums(layer: Layer, heads: slice, query_spans: Sequence[Span], key_spans: Sequence[Span]) -> Weights:
    """Sum of the weights between each query span and each key span, [head, query span, key span].

    Spans are ``(start, stop)`` positions; they may overlap, nest, leave gaps and be empty. Divide by the length of
    the query span for the mean share of attention that its tokens pay. The grid between all borders is summed once,
    then spans are sums of its neighbouring cells. Raises ``ArgumentError`` for a span outside the attention.

    >>> import regard
    >>> layer = regard.from_qk(np.zeros((1, 1, 4, 2)), np.zeros((1, 1, 4, 2))).attention().layer(0)
    >>> span_sums(layer, slice(0, 1), [(0, 1), (1, 4)], [(0, 2), (2, 4), (0, 4)])
    array([[[0.5, 0.5, 1. ],
            [1.5, 1.5, 3. ]]])
    """
    down, across = _checked(query_spans, layer.queries, "query"), _checked(key_spans, layer.keys, "key")
    rows, columns = np.unique(down), np.unique(across)
    if len(rows) < 2 or len(columns) < 2:
        return np.zeros((heads.stop - heads.start, len(down), len(across)), layer.dtype)
    cells = pool_grid(layer, heads, rows, columns, "mean")
    found: Weights = _between(_between(cells, rows, down).swapaxes(1, 2), columns, across).swapaxes(1, 2)
    return found


def _between(cells: np.ndarray, borders: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Sums over the cells of axis 1 that lie within each span."""
    total = np.concatenate([np.zeros_like(cells[:, :1], np.float64), np.cumsum(cells, 1, np.float64)], axis=1)
    place = np.searchsorted(borders, spans)
    found: np.ndarray = total[:, place[:, 1]] - total[:, place[:, 0]]
    return found.astype(cells.dtype)


def _checked(spans: Sequence[Span], size: int, what: str) -> np.ndarray:
    found = np.array(spans, dtype=np.int64).reshape(-1, 2)
    for start, stop in found:
        if not 0 <= start <= stop <= size:
            raise ArgumentError(f"{what} span {start}:{stop} is not within 0:{size}")
    return found
