"""Assertions about attention, for regard's own tests and for those of its users."""

from __future__ import annotations

from typing import Any

import numpy as np

from regard.record.attention import Attention
from regard.record.record import Record


def assert_weights_equal(found: Any, expected: Any, *, atol: float = 1e-5) -> None:
    """Every weight is the expected one to within ``atol``; the message names the worst.

    Either may be a record, an attention, or anything with layers of [head, query, key] (such as a model's
    ``outputs.attentions``, whose batch axis of one is dropped).
    """
    mine, theirs = _layers(found), _layers(expected)
    if len(mine) != len(theirs):
        raise AssertionError(f"{len(mine)} layers instead of {len(theirs)}")
    for layer, (a, b) in enumerate(zip(mine, theirs, strict=True)):
        if a.shape != b.shape:
            raise AssertionError(f"layer {layer}: [head, query, key] is {list(a.shape)} instead of {list(b.shape)}")
        off = np.abs(a - b)
        worst = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
        if not off[worst] <= atol:
            head, query, key = worst
            raise AssertionError(
                f"layer {layer}, head {head}, query {query}, key {key}: weight {a[worst]:.6g} instead of "
                f"{b[worst]:.6g} (off by {off[worst]:.2g}, allowed {atol:.2g}; "
                f"{int((~(off <= atol)).sum())} of {off.size} are off)"
            )


def assert_rows_sum_to_one(attention: Any, *, atol: float = 1e-5) -> None:
    """Every query's weights sum to one."""
    for layer, found in enumerate(_layers(attention)):
        off = np.abs(found.sum(axis=-1) - 1)
        if not (off <= atol).all():
            head, query = (int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
            total = found[head, query].sum()
            raise AssertionError(f"layer {layer}, head {head}, query {query}: weights sum to {total:.6g} instead of 1")


def assert_causal(attention: Any) -> None:
    """No query sees a later key."""
    for layer, found in enumerate(_layers(attention)):
        later = np.triu(np.ones(found.shape[1:], dtype=bool), 1 + found.shape[2] - found.shape[1])
        seen = np.argwhere((found != 0) & later)
        if len(seen):
            head, query, key = (int(i) for i in seen[0])
            raise AssertionError(f"layer {layer}, head {head}: query {query} sees the later key {key}")


def _layers(found: Any) -> list[np.ndarray]:
    if isinstance(found, Record):
        found = found.attention()
    if isinstance(found, Attention):
        layers = [found.layer(number) for number in found.present]
        return [layer.read("weights", [slice(0, n) for n in layer.shape("weights")]) for layer in layers]
    arrays = [layer.detach().cpu().double() if hasattr(layer, "detach") else layer for layer in found]
    return [array[0] if array.ndim == 4 else array for array in map(np.asarray, arrays)]
