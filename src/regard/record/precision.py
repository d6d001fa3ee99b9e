"""How exactly a file holds the numbers of a record, and what that does to the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from regard.record.attention import Layer
from regard.record.engine.machine import machine
from regard.record.engine.weights import tiles_of
from regard.record.rounded import rounded_layer

Numbers = Literal["stored", "float32", "float16", "int8"]
NUMBERS: tuple[Numbers, ...] = get_args(Numbers)

_BUDGET = 1 << 26


@dataclass(frozen=True)
class Precision:
    """Queries, keys and finished weights are kept as ``numbers``; no weight compared was off by more than ``error``.

    Compared were whole rows, spread evenly over every layer and head: ``share`` of all there are.
    """

    numbers: Numbers
    error: float
    share: float


def measured(numbers: Numbers, layers: Sequence[Layer]) -> Precision:
    """What rounding does to the weights of these layers."""
    each = max(1, _BUDGET // max(1, sum(len(layer.present) * layer.keys for layer in layers)))
    errors, compared = [0.0], 0
    for layer in layers:
        now = rounded_layer(layer, numbers)
        rows = np.unique(np.linspace(0, layer.queries - 1, min(each, layer.queries)).astype(np.int64))
        errors += [largest_error(layer, now, head, rows) for head in layer.present]
        compared += len(layer.present) * len(rows)
    return Precision(
        numbers, max(errors), compared / max(1, sum(len(layer.present) * layer.queries for layer in layers))
    )


def largest_error(was: Layer, now: Layer, head: int, rows: np.ndarray) -> float:
    """The largest difference between two layers' weights in these rows of a head."""
    if not len(rows) or not was.keys:
        return 0.0
    keys = slice(0, was.keys)
    found = []
    for layer in (was, now):
        tiles = tiles_of(layer, head, keys, machine())
        found.append(tiles.machine.back(tiles.weights(rows, keys, tiles.shift(rows))))
    return float(np.abs(found[0] - found[1]).max())
