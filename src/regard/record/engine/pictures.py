"""Finished overviews, kept for the next who asks: the newest ones of each layer, for as long as the layer lives."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from weakref import WeakKeyDictionary

import numpy as np

from regard.record.attention import Layer

_MOST_BYTES = 1 << 26
_lock = threading.Lock()
_kept: WeakKeyDictionary[Layer, OrderedDict[Hashable, np.ndarray]] = WeakKeyDictionary()


def find(layer: Layer, heads: slice, picture: Hashable) -> np.ndarray | None:
    """A copy of that picture of these heads, [head, row, column], if all of them are kept."""
    with _lock:
        held = _kept.get(layer, OrderedDict())
        found = [held.get((head, picture)) for head in range(heads.start, heads.stop)]
        if not found or any(one is None for one in found):
            return None
        for head in range(heads.start, heads.stop):
            held.move_to_end((head, picture))
    return np.stack([one for one in found if one is not None])


def keep(layer: Layer, heads: slice, picture: Hashable, found: np.ndarray) -> None:
    """Keep a copy of that picture of each head; the ones not asked for longest are dropped."""
    with _lock:
        held = _kept.setdefault(layer, OrderedDict())
        for head, one in zip(range(heads.start, heads.stop), found, strict=True):
            held[(head, picture)] = one.copy()
        size = sum(one.nbytes for one in held.values())
        while size > _MOST_BYTES and held:
            size -= held.popitem(last=False)[1].nbytes
