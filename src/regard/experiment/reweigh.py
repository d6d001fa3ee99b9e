"""Edits that give a row's weights to other keys: moved, made larger or smaller, or given as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.errors import ArgumentError
from regard.experiment.edits import Edit
from regard.experiment.frame import Box
from regard.experiment.places import Numbers, check_numbers


@dataclass(frozen=True, eq=False, kw_only=True)
class MoveWeight(Edit):
    """Takes ``share`` of the weight of the keys ``key`` (``None``: all others) and gives it to the keys ``to``, in
    equal parts; the row's sum stays. What Seq2Seq-Vis (Strobelt et al. 2018) does when source words are clicked.

    Raises ``ArgumentError`` where a row may not see any of ``to``.
    """

    to: Numbers
    key: Numbers = None
    share: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "key", check_numbers("key", self.key))
        object.__setattr__(self, "to", check_numbers("to", self.to))
        if not isinstance(self.share, (int, float)) or isinstance(self.share, bool) or not 0 <= self.share <= 1:
            raise ArgumentError(f"share of the weight that is moved must be from 0 to 1; got {self.share!r}")

    def on_weights(self, weights: Tensor, box: Box) -> Tensor:
        """The rows with the weight moved."""
        to = box.keys(self.to)
        open_keys = torch.zeros_like(box.seen).index_fill(-1, to, True) & box.seen
        if not bool(open_keys.any(-1).all()):
            raise ArgumentError(f"{self}: the model hides all of these keys from the query, so they can get no weight")
        given = box.keys(self.key)
        taken = torch.zeros_like(weights).index_copy(-1, given, weights.index_select(-1, given) * self.share)
        taken = taken.masked_fill(open_keys, 0)
        each = taken.sum(-1, keepdim=True) / open_keys.sum(-1, keepdim=True)
        return weights - taken + each * open_keys

    @property
    def keys_named(self) -> Numbers:
        """The keys that weight is given to."""
        return self.to

    def __str__(self) -> str:
        return f"{super().__str__()}, {self.share:g} of the weight to key {self.to}"


@dataclass(frozen=True, eq=False, kw_only=True)
class ScaleWeight(Edit):
    """Multiplies the weight of the keys ``key`` by ``factor``, and lets the others share the rest of the row's sum as
    they did before.

    No key gets more than the whole; a row whose other keys have no weight stays as it is.
    """

    key: Numbers
    factor: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "key", check_numbers("key", self.key))
        if not np.isfinite(self.factor) or self.factor < 0:
            raise ArgumentError(f"factor must be a number from 0 on; got {self.factor!r}")

    def on_weights(self, weights: Tensor, box: Box) -> Tensor:
        """The rows with these keys' share changed."""
        own = torch.zeros_like(weights, dtype=torch.bool).index_fill(-1, box.keys(self.key), True)
        whole = weights.sum(-1, keepdim=True)
        before = weights.where(own, 0).sum(-1, keepdim=True)
        others = whole - before
        after = (before * self.factor).minimum(whole)
        grown = after / before.clamp(min=torch.finfo(weights.dtype).tiny)
        shrunk = (whole - after) / others.clamp(min=torch.finfo(weights.dtype).tiny)
        changed = weights * torch.where(own, grown, shrunk)
        return torch.where((before > 0) & (others > 0), changed, weights)

    @property
    def keys_named(self) -> Numbers:
        """The keys whose weight is multiplied."""
        return self.key

    def __str__(self) -> str:
        return f"{super().__str__()}, key {self.key} times {self.factor:g}"


@dataclass(frozen=True, eq=False, kw_only=True)
class PinRow(Edit):
    """Gives rows the weights ``row`` [key], for the keys from the first on; later ones get none.

    Other than ``ReplaceRows``, the row may be shorter than the sequence, which grows while a model writes. Raises
    ``ArgumentError`` for negative weights, and for weights on keys that the model hides.
    """

    row: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        found = np.asarray(self.row, dtype=np.float64)
        if found.ndim != 1 or not found.size or not np.isfinite(found).all() or (found < 0).any():
            raise ArgumentError(f"row must be weights [key], none below zero; got {_shown(self.row)}")
        object.__setattr__(self, "row", found)

    def on_weights(self, weights: Tensor, box: Box) -> Tensor:
        """The rows replaced."""
        count = box.frame.keys
        if len(self.row) > count and self.row[count:].any():
            raise ArgumentError(f"{self}: the row has {len(self.row)} weights but there are {count} keys")
        whole = np.zeros(count)
        whole[: len(self.row)] = self.row[:count]
        return box.given(whole, weights)

    def __str__(self) -> str:
        return f"{super().__str__()} (given)"


def _shown(row: Any) -> str:
    return f"{list(row)!r:.60}" if isinstance(row, (Sequence, np.ndarray)) else f"{row!r:.60}"
