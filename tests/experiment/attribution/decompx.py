"""DecompX without bias, step by step: every state as a sum of vectors, one a token of the input, [state, token, d]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.registry import recording


class Plain(nn.Module):
    """An RMSNorm that stays in float64, in place of a model's own."""

    def __init__(self, weight: Tensor, eps: float) -> None:
        super().__init__()
        self.weight, self.eps = weight, eps

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x / x.pow(2).mean(-1, keepdim=True).add(self.eps).sqrt()


class PlainNorm(Plain):
    """Named so that it is taken for a norm."""


def weights_of(model: nn.Module, inputs: dict[str, Tensor], causal: bool) -> list[Tensor]:
    """Attention weights [head, query, key] of each layer in float64, from the queries and keys of the calls."""
    found: list[Tensor] = []

    def take(call: Any) -> None:
        keys = call.key[0].repeat_interleave(call.query.shape[1] // call.key.shape[1], 0)
        scores = call.query[0] @ keys.mT * call.scale
        if causal:
            scores = scores + torch.full(scores.shape[1:], -torch.inf).triu(1)
        found.append(scores.softmax(-1))

    with torch.no_grad(), recording(model, take):
        model(**inputs)
    return found


def states_into(model: nn.Module, modules: dict[str, nn.Module], inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """What enters each module in a plain run, [token, d]."""
    found: dict[str, Tensor] = {}
    handles = [
        module.register_forward_pre_hook(lambda _m, args, name=name: found.__setitem__(name, args[0][0]))
        for name, module in modules.items()
    ]
    with torch.no_grad():
        model(**inputs)
    for handle in handles:
        handle.remove()
    return found


def diagonal(x: Tensor) -> Tensor:
    return torch.diag_embed(x.T).permute(1, 2, 0)


def layer_norm(parts: Tensor, x: Tensor, norm: Any) -> Tensor:
    eps = getattr(norm, "eps", 1e-5)
    scale = (x.var(-1, unbiased=False, keepdim=True) + eps).sqrt()
    return (parts - parts.mean(-1, keepdim=True)) / scale[:, None] * norm.weight


def rms_norm(parts: Tensor, x: Tensor, norm: Any) -> Tensor:
    return parts / (x.pow(2).mean(-1, keepdim=True) + norm.eps).sqrt()[:, None] * norm.weight


def slope(parts: Tensor, x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    return parts * (function(x) / x)[:, None]


def mixed(parts: Tensor, weights: Tensor, value: Tensor, output: Tensor) -> Tensor:
    """Through values [d, d_all] and the output map [d_all, d], head by head."""
    heads, size = weights.shape[0], value.shape[1] // weights.shape[0]
    values = (parts @ value).reshape(*parts.shape[:2], heads, size)
    return torch.einsum("hij,jthd->ithd", weights, values).flatten(2) @ output
