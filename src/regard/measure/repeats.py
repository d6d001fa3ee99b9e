"""Attention to earlier occurrences of a token: of the same token, and of what came after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.measure.rows import PerHead, PerQuery, Tile, result, self_attention, sums, through_layers
from regard.record import Layer, Record

Ids = Int[np.ndarray, " token"]
Matches = Callable[[Ids, np.ndarray, np.ndarray], Bool[np.ndarray, "key query"]]


def duplicate_token(
    record: Record, kind: Kind | None = None, *, ids: Ids | None = None, per_query: bool = False
) -> PerHead | PerQuery:
    """Mass on earlier occurrences of the query's own token, mean over queries that have one, [layer, head].

    Duplicate-token heads of Wang et al. 2023 (IOI). ``ids`` stand for the record's token ids (shuffled ones make a
    baseline). A text in which nothing repeats gives NaN. Raises ``ArgumentError`` for cross attention, and for a record
    whose tokens have no ids.
    """
    return _matching(record, kind, "duplicate_token", ids, _duplicates, per_query)


def prefix_matching(
    record: Record, kind: Kind | None = None, *, ids: Ids | None = None, per_query: bool = False
) -> PerHead | PerQuery:
    """Mass on tokens that followed an earlier occurrence of the query's token, mean over queries that have one.

    The prefix-matching score of Olsson et al. 2022, [layer, head]: from query ``i`` to keys
    ``j`` with ``token[j - 1] = token[i]`` and ``j - 1 < i``. They use 25 random tokens repeated four times; here any
    text will do, but on natural text heads score less. Raises as :func:`duplicate_token`.
    """
    return _matching(record, kind, "prefix_matching", ids, _followers, per_query)


def _matching(
    record: Record, kind: Kind | None, measure: str, ids: Ids | None, matches: Matches, per_query: bool
) -> PerHead | PerQuery:
    attention = self_attention(record, kind, measure)
    ids = _ids(record, attention.key_stream, measure, ids)

    def on_matches(tile: Tile) -> Any:
        found = matches(ids, tile.keys, tile.queries + tile.offset)
        return (tile.weights * tile.place(found.astype(np.float32))).sum(0)

    def of(layer: Layer) -> Float[np.ndarray, "head query"]:
        positions = np.arange(layer.queries) + layer.mask.offset
        return np.where(_occurred_before(ids)[positions], sums(layer, on_matches), np.nan)

    return result(through_layers(record, kind, of), per_query)


def _ids(record: Record, stream: str, measure: str, ids: Ids | None) -> Ids:
    tokens = record.streams[stream]
    found = tokens.ids if ids is None else np.asarray(ids)
    if found is None:
        raise ArgumentError(f"{measure} compares token ids, and these tokens have none; pass ids=")
    if len(found) != len(tokens):
        raise ArgumentError(f"{measure}: there are {len(tokens)} tokens but {len(found)} ids")
    return found


def _duplicates(ids: Ids, keys: np.ndarray, queries: np.ndarray) -> np.ndarray:
    return np.asarray((ids[keys][:, None] == ids[queries][None, :]) & (keys[:, None] < queries[None, :]))


def _followers(ids: Ids, keys: np.ndarray, queries: np.ndarray) -> np.ndarray:
    before = np.where(keys > 0, ids[keys - 1], -1)
    earlier = (keys[:, None] > 0) & (keys[:, None] <= queries[None, :])
    return np.asarray((before[:, None] == ids[queries][None, :]) & earlier)


def _occurred_before(ids: Ids) -> Bool[np.ndarray, " token"]:
    """Which tokens occurred before: these have a key in either pattern."""
    _, first = np.unique(ids, return_index=True)
    found = np.ones(len(ids), dtype=bool)
    found[first] = False
    return found
