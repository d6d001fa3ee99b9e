"""Reading what a router gives: which experts it chose for each token, and with which gates.

Most of transformers' routers return the choices themselves, in some order; the others have a row in :data:`OTHERS`. A
new kind of router is a new row there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

NAMES = r"Router$|Gat(?:e|ing)(?:V\d)?$"
"""Class names of modules that may be routers; whether they are, their output says."""

COUNTS = ("num_experts", "n_routed_experts", "num_local_experts")
"""Attributes under which routers, or their configuration, say how many experts there are."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """A router's choices for the tokens that it was given, in its order: experts and gates [token, k]."""

    experts: Tensor
    gates: Tensor
    count: int

    @classmethod
    def of(cls, experts: Tensor, gates: Tensor, count: int) -> Chosen:
        """Copies on the model's device, a token's largest gate first."""
        k = experts.shape[-1]
        gates, order = gates.detach().reshape(-1, k).sort(dim=-1, descending=True, stable=True)
        return cls(experts.detach().reshape(-1, k).gather(1, order), gates, count)


def chosen(module: nn.Module, parent: nn.Module, output: Any) -> Chosen | None:
    """What a router that gave ``output`` chose; ``None`` for a module that is no router.

    ``parent`` is the module that it is a part of.
    """
    for name, read in OTHERS.items():
        if re.search(name, type(module).__name__):
            return read(module, parent, output)
    parts = [part for part in output if isinstance(part, Tensor)] if isinstance(output, (tuple, list)) else []
    experts = next((part for part in parts if part.ndim > 1 and not part.dtype.is_floating_point), None)
    floats = [part for part in parts if part.ndim > 1 and part.dtype.is_floating_point]
    if experts is None or experts.dtype == torch.bool or not experts.numel():
        return None
    count = next((part.shape[-1] for part in floats if part.shape != experts.shape), 0) or _count(module, experts)
    gates = next((part for part in floats[::-1] if part.shape == experts.shape), None)
    if gates is None:
        whole = next((part for part in floats[::-1] if part.shape == (*experts.shape[:-1], count)), None)
        gates = None if whole is None else whole.gather(-1, experts)
    return None if gates is None or not count else Chosen.of(experts, gates, count)


def _count(module: nn.Module, experts: Tensor) -> int:
    """How many experts a router without logits says there are; at least those that it chose."""
    owners = (module, getattr(module, "config", None))
    found = [getattr(owner, name, 0) for owner in owners for name in COUNTS]
    return max([int(experts.max()) + 1, *(number for number in found if isinstance(number, int))])


def _of_one_hot(_module: nn.Module, _parent: nn.Module, output: Any) -> Chosen:
    """Switch: (one-hot choice [batch, token, expert], empty where the expert was full; its probability)."""
    one_hot, gates, _ = output
    kept, experts = one_hot.max(dim=-1, keepdim=True)
    return Chosen.of(experts.masked_fill(kept == 0, -1), gates.masked_fill(kept == 0, 0), one_hot.shape[-1])


def _of_probabilities(_module: nn.Module, _parent: nn.Module, output: Any) -> Chosen:
    """NLLB-MoE: probabilities [token, expert] that are zero but for the at most two chosen experts."""
    _, probabilities, _ = output
    gates, experts = probabilities.topk(2)
    return Chosen.of(experts.masked_fill(gates == 0, -1), gates, probabilities.shape[-1])


def _of_scores(module: nn.Module, _parent: nn.Module, output: Any) -> Chosen:
    """Llama 4: (scores [token, expert], zero but for the chosen experts; logits)."""
    scores, logits = output
    experts = logits.topk(int(getattr(module, "top_k", 1))).indices
    return Chosen.of(experts, scores.gather(-1, experts), logits.shape[-1])


def _of_logits(_module: nn.Module, parent: nn.Module, output: Any) -> Chosen | None:
    """DBRX: logits, of which the module around the router chooses."""
    choose = getattr(parent, "route_tokens_to_experts", None)
    if choose is None:
        return None
    gates, experts = choose(output)
    return Chosen.of(experts, gates, output.shape[-1])


def _of_sorted(module: nn.Module, _parent: nn.Module, output: Any) -> Chosen:
    """JetMoE: choices sorted by expert, and the logits [token, expert] of which they are the largest."""
    logits, experts = output[-1].topk(int(getattr(module, "top_k", 1)))
    return Chosen.of(experts, logits.softmax(dim=-1), output[-1].shape[-1])


OTHERS: Mapping[str, Callable[[nn.Module, nn.Module, Any], Chosen | None]] = {
    r"^SwitchTransformersTop1Router$": _of_one_hot,
    r"^NllbMoeTop2Router$": _of_probabilities,
    r"^Llama4Router$": _of_scores,
    r"^DbrxRouter$": _of_logits,
    r"^JetMoeTopKGating$": _of_sorted,
}
"""Routers, by class name, that do not return numbers of experts and a gate for each."""
