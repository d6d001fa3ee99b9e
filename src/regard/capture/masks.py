"""From a mask tensor to what a record keeps of it: a rule where it is one, arrays where it is not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from regard.capture.arrays import Keep, to_numpy
from regard.capture.bands import band
from regard.capture.calls import Call
from regard.errors import NoAttentionError
from regard.record.mask import MaskRule

_REMEMBERED = 8
_HIDDEN = -1e8


@dataclass(frozen=True, eq=False)
class Mask:
    """One row's mask without padding: a rule, and the arrays of :class:`~regard.record.factored.Factored` beside it
    (``visible``, ``bias`` or ``distance_bias``)."""

    rule: MaskRule
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


class Masks:
    """Reduces masks, each once: layers share their mask tensors.

    The last few tensors are kept (not all: some models make one per layer), so that an equal address means an equal
    tensor.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], tuple[Mask, tuple[Tensor | None, ...]]] = OrderedDict()

    def of(self, call: Call, row: int, queries: Keep, keys: Keep) -> Mask:
        """The mask of this batch row over the kept queries and keys."""
        rule = implied_rule(call)
        sizes = (call.query.shape[2], call.key.shape[2])
        held = (call.mask, call.position_bias)
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
    seen, bias = _split(_rows(call.mask, call, row))
    bias = _sum(bias, _rows(call.position_bias, call, row))
    _check_padding(call, rule, seen, queries, keys)
    seen, bias = _cut(seen, queries, keys), _cut(bias, queries, keys)
    if seen is not None and not bool(seen.all()):
        found = _common_rule(to_numpy(seen)) if rule.is_full else None
        if found is None:
            return Mask(rule, {"visible": to_numpy(seen), **_bias_arrays(bias, None)})
        rule, bias = found, None if bias is None else bias.masked_fill(~seen[:1], 0)
    return Mask(rule, _bias_arrays(bias, rule))


def _common_rule(visible: np.ndarray) -> MaskRule | None:
    """The rule of a mask [head or 1, query, key], when all heads share one."""
    if not (visible[1:] == visible[:1]).all():
        return None
    return band(visible[0])


def _split(mask: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
    """A mask as (visible, additive bias), where it holds either.

    Additive masks hide with minus infinity, the lowest number of their type, or one like -1e9. A query that sees no
    key at all has weights of zero in the record, as SDPA computes it (eager kernels spread such a row evenly).
    """
    if mask is None or mask.dtype == torch.bool:
        return mask, None
    if not mask.dtype.is_floating_point:
        return mask != 0, None
    seen = mask > max(torch.finfo(mask.dtype).min / 2, _HIDDEN)
    bias = mask.masked_fill(~seen, 0)
    return seen, bias if bool(bias.any()) else None


def _rows(tensor: Tensor | None, call: Call, row: int) -> Tensor | None:
    """One batch row of a mask or bias, as [head or 1, query, key] of the call's sizes."""
    if tensor is None:
        return None
    found = tensor.detach()
    if found.ndim == 2:
        found = found[:, None, None, :]
    while found.ndim < 4:
        found = found[None]
    if found.ndim != 4:
        raise NoAttentionError(f"{call.path}: expected a mask [batch, head, query, key]; got {list(found.shape)}")
    queries, keys = call.query.shape[2], call.key.shape[2]
    found = found[row if found.shape[0] > 1 else 0][..., :keys]
    return found.expand(found.shape[0], queries, keys)


def _sum(bias: Tensor | None, more: Tensor | None) -> Tensor | None:
    if bias is None or more is None:
        return more if bias is None else bias
    return bias + more


def _cut(tensor: Tensor | None, queries: Keep, keys: Keep) -> Tensor | None:
    return None if tensor is None else tensor[:, queries][:, :, keys]


def _check_padding(call: Call, rule: MaskRule, seen: Tensor | None, queries: Keep, keys: Keep) -> None:
    """Padding may be left out only where no kept query sees it."""
    removed = torch.ones(call.key.shape[2], dtype=torch.bool)
    removed[keys] = False
    if not removed.any():
        return
    rows = torch.arange(call.query.shape[2])[queries]
    if seen is not None:
        leaks = bool(seen[:, queries][:, :, removed.to(seen.device)].any())
    else:
        leaks = rule.after is None or bool((removed.nonzero() <= rows.max() + rule.offset + rule.after).any())
    if leaks:
        raise NoAttentionError(
            f"{call.path}: the model attends to padding (its attention ignores the attention_mask), so rows cannot be "
            "recorded without it. Capture the texts one by one"
        )


def _bias_arrays(bias: Tensor | None, rule: MaskRule | None) -> dict[str, np.ndarray]:
    """A bias [head or 1, query, key] as the arrays to keep: none when zero, O(n) when constant along diagonals."""
    if bias is None or not bool(bias.any()):
        return {}
    if rule is not None and rule.chunk is None and torch.equal(bias[:, 1:, 1:], bias[:, :-1, :-1]):
        table = torch.cat([bias[:, 1:, 0].flip(1), bias[:, 0, :]], dim=1)
        return {"distance_bias": to_numpy(table)}
    return {"bias": to_numpy(bias)}


def _identity(tensor: Tensor | None) -> object:
    if tensor is None:
        return None
    version = 0 if tensor.is_inference() else tensor._version
    return (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype, str(tensor.device), version)
