"""One pass over a head's weights that sums something over the keys of every query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.record import Attention, Layer, Record
from regard.record.engine.blocks import buffer_size, key_runs, numbers, reach
from regard.record.engine.machine import machine
from regard.record.engine.scan import scan
from regard.record.engine.weights import WeightTiles, prepare, tiles_of

PerHead = Float[np.ndarray, "layer head"]
PerQuery = Float[np.ndarray, "layer head query"]


@dataclass(frozen=True)
class Tile:
    """Weights of a run of keys and a run of queries: ``weights`` [key, query] in the array library ``xp``.

    ``keys`` and ``queries`` are their numbers; a query stands at key position ``queries + offset``. ``head`` is the
    head that the weights are of.
    """

    weights: Any
    keys: Int[np.ndarray, " key"]
    queries: Int[np.ndarray, " query"]
    offset: int
    xp: Any
    place: Callable[[np.ndarray], Any]
    head: int

    @property
    def distance(self) -> Any:
        """Positions from query to key: positive for keys before it, [key, query]."""
        positions = (self.queries + self.offset)[None, :] - self.keys[:, None]
        return self.place(positions.astype(np.float32))


Statistic = Callable[[Tile], Any]
"""What a tile adds to each of its queries, [query]."""


def sums(layer: Layer, statistic: Statistic, keys: slice | None = None) -> Float[np.ndarray, "head query"]:
    """``Σ_key statistic(weights)`` of every query, [head, query]; ``keys`` bounds what is looked at.

    Heads that were not captured are NaN. Blocks that the mask rule hides are not computed; memory is a few tiles.
    """
    chosen, keys, queries = machine(), keys or slice(0, layer.keys), slice(0, layer.queries)
    found = np.full((layer.heads, layer.queries), np.nan)

    def make(head: int) -> WeightTiles:
        return tiles_of(layer, head, keys, chosen)

    def task(tiles: WeightTiles, block: slice) -> np.ndarray:
        seen, total = reach(layer.mask, block, keys), np.zeros(block.stop - block.start)
        buffer, shift = chosen.empty(buffer_size(seen, block), tiles.dtype), tiles.shift(block)
        for run in key_runs(seen, block):
            weights = tiles.weights(block, run, shift, buffer)
            rows = numbers(block)
            tile = Tile(weights, numbers(run), rows, layer.mask.offset, chosen.xp, chosen.place, tiles.head)
            total += chosen.back(statistic(tile))
        return total

    for heads in head_runs(layer):
        prepare(layer, heads, queries)
        for head, block, part in scan(layer.mask, heads, queries, keys, make, task, chosen):
            found[head, block] = part
    return found


def head_runs(layer: Layer) -> Iterator[slice]:
    """Runs of the heads that the layer holds: one run, unless only some were captured."""
    present = np.array(layer.present)
    for run in np.split(present, np.flatnonzero(np.diff(present) > 1) + 1):
        yield slice(int(run[0]), int(run[-1]) + 1)


def factors(layer: Layer, array: str) -> Float[np.ndarray, "head key"]:
    """An array [head, key] that was captured beside the weights, in their type; zeros for heads that were not."""
    found = np.zeros((layer.heads, layer.keys), np.promote_types(layer.dtype, np.float32))
    for heads in head_runs(layer):
        found[heads] = layer.source.read(array, (heads, slice(0, layer.keys)))
    return found


def sighted(layer: Layer) -> Int[np.ndarray, " query"]:
    """How many keys the mask rule lets each query see."""
    start, stop = layer.mask.bounds(np.arange(layer.queries), slice(0, layer.keys))
    return np.asarray(stop - start)


def through_layers(
    record: Record, kind: Kind | None, per_layer: Callable[[Layer], Float[np.ndarray, "head query"]]
) -> PerQuery:
    """A measure of every query, stacked over layers; NaN for layers and heads that have no attention."""
    attention = record.attention(kind)
    found = np.full((len(attention.layers), attention.heads, attention.queries), np.nan)
    for number in attention.present:
        layer = attention.layer(number)
        found[number, : layer.heads] = np.where(sighted(layer) > 0, per_layer(layer), np.nan)
    return found


def mean_where_defined(values: Float[np.ndarray, "*rest query"]) -> Float[np.ndarray, "*rest"]:
    """The mean over the last axis of what is not NaN; NaN where there is nothing."""
    defined = ~np.isnan(values)
    count = defined.sum(-1)
    total = np.where(defined, values, 0).sum(-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def result(values: PerQuery, per_query: bool) -> PerHead | PerQuery:
    """[layer, head, query] when that is asked for, else the mean over queries, [layer, head]."""
    return values if per_query else mean_where_defined(values)


def self_attention(record: Record, kind: Kind | None, measure: str) -> Attention:
    """The attention of that kind, which must be of a sequence to itself."""
    attention = record.attention(kind)
    if not attention.is_self:
        raise ArgumentError(
            f"{measure} compares positions of one sequence; {attention.kind} attention goes from the "
            f"{attention.query_stream} to the {attention.key_stream}"
        )
    return attention
