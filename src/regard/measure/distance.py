"""How far attention reaches, in positions."""

from __future__ import annotations

from typing import Any

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.measure.rows import PerHead, PerQuery, Tile, result, self_attention, sums, through_layers
from regard.record import Record


def mean_distance(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """Expected distance from query to key, ``Σ_key w · |query - key|`` in positions, [layer, head].

    The attention distance of Vig & Belinkov 2019, without their exclusion of the first token: measure the sink
    apart (:func:`regard.measure.sink`), or it dominates. Raises ``ArgumentError`` for cross attention.

    >>> import numpy as np, regard
    >>> mean_distance(regard.from_weights(np.eye(3)[None, None, [0, 0, 0]]))
    array([[1.]])
    """
    self_attention(record, kind, "mean_distance")

    def distance(tile: Tile) -> Any:
        return (tile.weights * abs(tile.distance)).sum(0)

    return result(through_layers(record, kind, lambda layer: sums(layer, distance)), per_query)


def locality(
    record: Record, kind: Kind | None = None, *, within: int = 2, per_query: bool = False
) -> PerHead | PerQuery:
    """Mass on keys at most ``within`` positions away, the query's own included, [layer, head].

    Raises ``ArgumentError`` for cross attention and for a negative ``within``.
    """
    self_attention(record, kind, "locality")
    if within < 0:
        raise ArgumentError(f"locality: within is a number of positions, 0 or more; got {within}")

    def near(tile: Tile) -> Any:
        return (tile.weights * (abs(tile.distance) <= within)).sum(0)

    return result(through_layers(record, kind, lambda layer: sums(layer, near)), per_query)
