"""An estimate of how layers mix tokens, from weights alone."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.measure.rows import self_attention
from regard.record import Layer, Record

SHALLOW = 6
_BLOCK = 512


def rollout(
    record: Record, kind: Kind | None = None, *, query: int, layer: int | None = None, deep: bool = False
) -> Float[np.ndarray, " key"]:
    """A mixing estimate: how much of each input token attention rollout finds in one position, [key], summing to one.

    The row ``query`` of ``Â_l … Â_1 Â_0`` with ``Â = (mean over heads of the weights + I) / 2``, rows brought to a sum
    of one, up to ``layer`` (the last unless given): Abnar & Zuidema 2020. It takes n² work per layer instead of n³,
    because one row is carried down through the layers.

    It knows nothing of values, and with depth it goes to the same blur for every position, so more than six layers
    need ``deep=True``. Raises ``ArgumentError`` for those without it, for cross attention, and for a layer of the
    way down that has no attention.
    """
    attention = self_attention(record, kind, "rollout")
    last = len(attention.layers) - 1 if layer is None else layer
    if not 0 <= query < attention.queries:
        raise ArgumentError(f"rollout: there is no query {query}; queries are 0 to {attention.queries - 1}")
    if attention.queries != attention.keys:
        raise ArgumentError(
            f"rollout needs all positions as queries; there are {attention.queries} of {attention.keys}"
        )
    if last + 1 > SHALLOW and not deep:
        raise ArgumentError(
            f"rollout through {last + 1} layers blurs to nearly the same picture for every token; ask for a layer up "
            f"to {SHALLOW - 1}, or say deep=True to have it all the same"
        )
    row = np.zeros(attention.keys)
    row[query] = 1.0
    for number in range(last, -1, -1):
        row = (row + _through(attention.layer(number), row)) / 2
    return row


def _through(layer: Layer, row: Float[np.ndarray, " query"]) -> Float[np.ndarray, " key"]:
    """``row @ A`` with ``A`` the mean over heads, its rows brought to a sum of one."""
    found = np.zeros(layer.keys)
    for start in range(0, layer.queries, _BLOCK):
        queries = slice(start, min(start + _BLOCK, layer.queries))
        if not row[queries].any():
            continue
        mean = np.zeros((queries.stop - start, layer.keys))
        for head in layer.present:
            mean += layer.read("weights", (slice(head, head + 1), queries, slice(0, layer.keys)))[0]
        found += (row[queries] / np.maximum(mean.sum(-1), np.finfo(float).tiny)) @ mean
    return found
