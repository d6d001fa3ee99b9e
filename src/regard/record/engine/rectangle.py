"""Exact rectangles of weights or scores, [head, query, key]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.record.engine.blocks import reach
from regard.record.engine.machine import machine
from regard.record.engine.scan import scan
from regard.record.engine.scores import ScoreTiles
from regard.record.engine.softmax import RowShift

if TYPE_CHECKING:
    from regard.record.factored import Factored


def rectangle(layer: Factored, array: str, heads: slice, queries: slice, keys: slice) -> np.ndarray:
    """The rectangle of ``"weights"`` or ``"scores"``; blocks in which nothing is seen are not computed."""
    chosen = machine()
    shape = tuple(part.stop - part.start for part in (heads, queries, keys))
    found = np.zeros(shape, layer.dtype) if array == "weights" else np.full(shape, -np.inf, layer.dtype)
    lse = layer.rows_lse(heads, queries) if array == "weights" else None

    def make(head: int) -> ScoreTiles:
        return ScoreTiles(layer, head, layer.mask.reach(queries, keys), chosen)

    def fill(tiles: ScoreTiles, block: slice) -> None:
        seen = reach(layer.mask, block, keys)
        row = slice(block.start - queries.start, block.stop - queries.start)
        into = found[tiles.head - heads.start, row, seen.start - keys.start : seen.stop - keys.start]
        tile = tiles.by_query(block, seen, into if chosen.is_numpy else None)
        if lse is not None:
            tile = RowShift(lse[tiles.head - heads.start, row], tiles.dtype, chosen).to_weights(tile, by_key=False)
        if not chosen.is_numpy:
            into[:] = chosen.back(tile)

    for _ in scan(layer.mask, heads, queries, keys, make, fill, chosen):
        pass
    return found
