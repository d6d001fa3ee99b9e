"""Log-sum-exp of rows where capture did not bring it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.record.engine.blocks import Rows, buffer_size, count, key_runs, reach
from regard.record.engine.machine import machine
from regard.record.engine.scan import scan
from regard.record.engine.scores import ScoreTiles
from regard.record.engine.softmax import LogSumExp

if TYPE_CHECKING:
    from regard.record.factored import Factored


def log_sum_exp(layer: Factored, heads: slice, queries: slice) -> np.ndarray:
    """``log(exp(sink) + Σ_key exp(scores))``, [head, query], in float64; ``-inf`` where a row sees no key."""
    chosen, keys = machine(), slice(0, layer.keys)
    found = np.empty((heads.stop - heads.start, queries.stop - queries.start))

    def make(head: int) -> ScoreTiles:
        return ScoreTiles(layer, head, layer.mask.reach(queries, keys), chosen)

    for head, block, rows in scan(layer.mask, heads, queries, keys, make, rows_lse, chosen):
        found[head - heads.start, block.start - queries.start : block.stop - queries.start] = rows
    return found


def rows_lse(tiles: ScoreTiles, queries: Rows) -> np.ndarray:
    """The same for one block of queries against all the keys that ``tiles`` hold."""
    seen = reach(tiles.layer.mask, queries, tiles.keys)
    total = LogSumExp(count(queries), tiles.dtype, tiles.machine)
    buffer = tiles.machine.empty(buffer_size(seen, queries), tiles.dtype)
    for run in key_runs(seen, queries):
        total.add(tiles.by_key(queries, run, buffer))
    return total.result(tiles.sink)
