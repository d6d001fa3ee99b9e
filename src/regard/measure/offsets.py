"""Attention to a fixed place beside the query: the token before it, after it, itself."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.measure.rows import PerHead, PerQuery, head_runs, result, self_attention, through_layers
from regard.record import Layer, Record

_BLOCK = 128


def at_offset(record: Record, offset: int, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """The weight on the key ``offset`` positions from the query, mean over queries that have such a key, [layer, head].

    ``offset=-1`` is the previous token. Queries that have no such key, or may not see it, have no value, so a head that
    always reads the previous token scores 1. Computes a band of the matrix only. Raises ``ArgumentError`` for cross
    attention.
    """
    self_attention(record, kind, "at_offset")
    return result(through_layers(record, kind, lambda layer: _diagonal(layer, offset)), per_query)


def previous_token(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """Mass on the token before the query (Clark et al. 2019, §3.1; Voita et al. 2019), [layer, head].

    >>> import regard
    >>> previous_token(regard.from_weights(np.eye(3)[None, None, [0, 0, 1]]))
    array([[1.]])
    """
    return at_offset(record, -1, kind, per_query=per_query)


def next_token(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """Mass on the token after the query, [layer, head]; NaN under a causal mask, which hides it."""
    return at_offset(record, 1, kind, per_query=per_query)


def self_token(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """Mass on the query's own position, [layer, head]."""
    return at_offset(record, 0, kind, per_query=per_query)


def _diagonal(layer: Layer, offset: int) -> Float[np.ndarray, "head query"]:
    """The weights at that offset, in blocks along the diagonal; NaN where there is no visible key."""
    found = np.full((layer.heads, layer.queries), np.nan)
    for start in range(0, layer.queries, _BLOCK):
        queries = np.arange(start, min(start + _BLOCK, layer.queries))
        keys = queries + layer.mask.offset + offset
        there = (keys >= 0) & (keys < layer.keys)
        queries, keys = queries[there], keys[there]
        if not len(queries):
            continue
        box = (slice(int(queries[0]), int(queries[-1]) + 1), slice(int(keys[0]), int(keys[-1]) + 1))
        seen, inside = ~layer.mask.hidden(queries, keys), np.arange(len(queries))
        for heads in head_runs(layer):
            weights = layer.read("weights", (heads, *box))
            found[heads, queries] = np.where(seen, weights[:, inside, inside], np.nan)
    return found
