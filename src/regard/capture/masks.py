"""From a mask tensor to what a record keeps of it: a rule where it is one, arrays where it is not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.capture.arrays import Keep, to_numpy
from regard.capture.bands import band
from regard.capture.calls import Call
from regard.capture.families import HIDES
from regard.capture.windows import SameWindow, WindowArray, of_row
from regard.errors import NoAttentionError
from regard.record.mask import MaskRule

_REMEMBERED = 8


@dataclass(frozen=True, eq=False)
class Mask:
    """One row's mask without padding: a rule, and the arrays of :class:`~regard.record.factored.Factored` beside it
    (``visible``, ``bias`` or ``distance_bias``)."""

    rule: MaskRule
    arrays: Mapping[str, Any] = field(default_factory=dict)


class Masks:
    """Reduces masks, each once: layers share their mask tensors.

    The last few tensors are kept (not all: some models make one per layer), so that an equal address means an equal
    tensor.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], tuple[Mask, tuple[Tensor, ...]]] = OrderedDict()

    def of(self, call: Call, row: int, queries: Keep, keys: Keep) -> Mask:
        """The mask of this batch row over the kept queries and keys."""
        rule = implied_rule(call)
        sizes = (call.query.shape[2], call.key.shape[2])
        held = call.terms
        key = (rule, sizes, row, str(queries), str(keys), *map(_identity, held))
        if key not in self._known:
            self._known[key] = (reduce_mask(call, rule, row, queries, keys), held)
            while len(self._known) > _REMEMBERED * (call.query.shape[0] + 1):
                self._known.popitem(last=False)
        return self._known[key][0]


def implied_rule(call: Call) -> MaskRule:
    """The rule that a kernel follows by itself: everything, or causal (and windowed) where no mask tensor says so."""
    queries, keys = call.query.shape[2], call.key.shape[2]
    kernel = call.rules
    padding_only = call.mask is None or call.mask.ndim == 2
    if call.windows:
        causal = kernel.causal_without_mask and padding_only and call.is_causal and queries == keys
        chunk = call.windows[0] if queries == keys and len(set(call.windows)) == 1 else None
        return MaskRule(after=0 if causal else None, chunk=chunk)
    if not (kernel.causal_without_mask and padding_only):
        return MaskRule()
    window = call.keywords.get("sliding_window") if kernel.window_keyword else None
    before = None if window is None else int(window) - 1
    offset = keys - queries if kernel.bottom_aligned else 0
    if not call.is_causal or (queries == 1 and not kernel.bottom_aligned):
        return MaskRule(before=before, after=before, offset=offset)
    return MaskRule(before=before, after=0, offset=offset)


def reduce_mask(call: Call, rule: MaskRule, row: int, queries: Keep, keys: Keep) -> Mask:
    """The mask of one batch row without its padding; raises ``NoAttentionError`` when padding is attended to."""
    if call.windows:
        return _windowed(call, rule, row)
    parts = [_split(_row(term, call, row)) for term in call.terms]
    seen = _all(visible for visible, _ in parts)
    _check_padding(call, rule, seen, queries, keys)
    bias = _sum(_cut(added, call, queries, keys) for _, added in parts)
    seen, whole = _cut(seen, call, queries, keys), _sizes(call, queries, keys)
    if seen is None or bool(seen.all()):
        return Mask(rule, _bias_arrays(bias, rule, whole))
    found = _common_rule(seen, whole) if rule.is_full else None
    if found is None:
        return Mask(rule, {"visible": to_numpy(seen), **_bias_arrays(bias, None, whole)})
    if bias is not None and bias.shape[1:] == whole:
        bias = bias.masked_fill(~seen[:1], 0)
    return Mask(found, _bias_arrays(bias, found, whole))


def _windowed(call: Call, rule: MaskRule, row: int) -> Mask:
    """The mask of windows side by side, whose biases and masks are those of each window."""
    count, whole = len(call.windows), (call.windows[0], call.key.shape[2] // len(call.windows))
    if len(set(call.windows)) > 1:
        return Mask(rule, {"visible": SameWindow(call.windows)})
    parts = [_split(of_row(term.detach(), row, count)) for term in call.terms]
    seen, bias = _all(visible for visible, _ in parts), _sum(added for _, added in parts)
    if rule.chunk is None and seen is None:
        seen = torch.ones(1, 1, *whole, dtype=torch.bool)
    arrays = {"bias": bias, "visible": None if seen is None or (rule.chunk and bool(seen.all())) else seen}
    held = {name: part.expand(*part.shape[:2], *whole) for name, part in arrays.items() if part is not None}
    return Mask(rule, {name: WindowArray(to_numpy(part), count) for name, part in held.items()})


def _sizes(call: Call, queries: Keep, keys: Keep) -> torch.Size:
    """Numbers of kept queries and keys."""
    counts = zip((queries, keys), (call.query.shape[2], call.key.shape[2]), strict=True)
    return torch.Size(len(range(n)[keep]) if isinstance(keep, slice) else len(keep) for keep, n in counts)


def _common_rule(seen: Tensor, whole: torch.Size) -> MaskRule | None:
    """The rule of what is visible, [head or 1, query or 1, key or 1], when all heads share one."""
    return band(to_numpy(seen[0].expand(whole))) if bool((seen[1:] == seen[:1]).all()) else None


def _split(mask: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """A mask as (visible, additive bias), where it holds either.

    Additive masks hide with minus infinity, the lowest number of their type, or one like -1e9. A query that sees no
    key at all has weights of zero in the record, as SDPA computes it (eager kernels spread such a row evenly).
    """
    if mask.dtype == torch.bool:
        return mask, None
    if not mask.dtype.is_floating_point:
        return mask != 0, None
    seen = mask > max(torch.finfo(mask.dtype).min / 2, HIDES)
    bias = mask.masked_fill(~seen, 0)
    return None if bool(seen.all()) else seen, bias if bool(bias.any()) else None


def _row(tensor: Tensor, call: Call, row: int) -> Tensor:
    """One batch row of a mask or bias, as [head or 1, query or 1, key or 1]."""
    found = tensor.detach()
    if found.ndim == 2:
        found = found[:, None, None, :]
    while found.ndim < 4:
        found = found[None]
    if found.ndim != 4:
        raise NoAttentionError(f"{call.path}: expected a mask [batch, head, query, key]; got {list(found.shape)}")
    return found[row if found.shape[0] > 1 else 0][..., : call.key.shape[2]]


def _all(parts: Iterable[Tensor | None]) -> Tensor | None:
    """What all of these show."""
    found = [part for part in parts if part is not None]
    return reduce(torch.logical_and, found) if found else None


def _sum(parts: Iterable[Tensor | None]) -> Tensor | None:
    found = [part for part in parts if part is not None]
    return reduce(torch.add, found) if found else None


def _cut(tensor: Tensor | None, call: Call, queries: Keep, keys: Keep) -> Tensor | None:
    """The part of these queries and keys; an axis along which a mask is the same stays one entry."""
    if tensor is None:
        return None
    tensor = tensor if tensor.shape[1] < call.query.shape[2] else tensor[:, queries]
    return tensor if tensor.shape[2] < call.key.shape[2] else tensor[:, :, keys]


def _check_padding(call: Call, rule: MaskRule, seen: Tensor | None, queries: Keep, keys: Keep) -> None:
    """Padding may be left out only where no kept query sees it."""
    removed = torch.ones(call.key.shape[2], dtype=torch.bool)
    removed[keys] = False
    if not removed.any():
        return
    rows = torch.arange(call.query.shape[2])[queries]
    if seen is not None:
        whole = seen.expand(-1, call.query.shape[2], call.key.shape[2])
        leaks = bool(whole[:, queries][:, :, removed.to(seen.device)].any())
    else:
        leaks = rule.after is None or bool((removed.nonzero() <= rows.max() + rule.offset + rule.after).any())
    if leaks:
        raise NoAttentionError(
            f"{call.path}: the model attends to padding (its attention ignores the attention_mask), so rows cannot be "
            "recorded without it. Capture the texts one by one"
        )


def _bias_arrays(bias: Tensor | None, rule: MaskRule | None, whole: torch.Size) -> dict[str, np.ndarray]:
    """A bias [head or 1, query or 1, key or 1] as the arrays to keep: none when zero, O(n) when constant along
    diagonals."""
    if bias is None or not bool(bias.any()):
        return {}
    by_distance = bias.shape[1:] == whole and rule is not None and rule.chunk is None
    if by_distance and torch.equal(bias[:, 1:, 1:], bias[:, :-1, :-1]):
        table = torch.cat([bias[:, 1:, 0].flip(1), bias[:, 0, :]], dim=1)
        return {"distance_bias": to_numpy(table)}
    return {"bias": to_numpy(bias)}


def _identity(tensor: Tensor) -> object:
    version = 0 if tensor.is_inference() else tensor._version
    return (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype, str(tensor.device), version)
