"""Normalisations of any family as linear maps, once their scale is frozen."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]


def frozen_norm(x: Tensor, y: Tensor, function: Function) -> Tensor | None:
    """``y = function(x)`` as ``bias + weight · (x - mean) · scale``, linear in x: its scale is a constant.

    What the function does is found by trying it: a LayerNorm gives its bias for a constant vector, an RMSNorm does not
    (and has no mean); weight and bias are read off two probes [..., d_model]. ``None`` for what is neither, or whose
    result this does not give to within its precision.
    """
    with torch.no_grad():
        given = x.detach()
        bias = _wide(function(torch.zeros_like(given)))
        centred = _near(_wide(function(torch.ones_like(given))), bias, y.dtype)
        probe = _alternating(given)
        weight = (_wide(function(probe)) - bias) / _centred(_wide(probe), centred)
        plain = weight * _centred(_wide(given), centred)
        square = (plain * plain).sum(-1, keepdim=True)
        scale = ((_wide(y) - bias) * plain).sum(-1, keepdim=True) / square.clamp(min=torch.finfo(plain.dtype).tiny)
        if not _near(bias + plain * scale, _wide(y.detach()), y.dtype):
            return None
        factor = (weight * scale).to(y.dtype)
    linear = factor * _centred(x.to(y.dtype), centred)
    return linear + (y - linear).detach()


def _alternating(x: Tensor) -> Tensor:
    """+1, -1, +1, … along the last axis: of known size and (nearly) without mean."""
    signs = torch.ones(x.shape[-1], dtype=x.dtype, device=x.device)
    signs[1::2] = -1
    return signs.expand_as(x).contiguous()


def _centred(x: Tensor, centred: bool) -> Tensor:
    return x - x.mean(-1, keepdim=True) if centred else x


def _near(one: Tensor, other: Tensor, dtype: torch.dtype) -> bool:
    """Whether two tensors are the same to within a few roundings of ``dtype``, or of float32 that norms compute in."""
    precision = 16 * max(torch.finfo(dtype).eps, torch.finfo(torch.float32).eps)
    return bool((one - other).abs().max() <= precision * (other.abs().max() + torch.finfo(dtype).tiny))


def _wide(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()
