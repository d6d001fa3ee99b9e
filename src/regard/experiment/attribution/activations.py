"""Activations and gates as linear maps, once their slope is frozen; and products, one side of which is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Function = Callable[[Tensor], Tensor]

ACTIVATIONS = frozenset(
    ("celu", "elu", "gelu", "hardswish", "leaky_relu", "mish", "relu", "relu6", "selu", "silu", "softsign", "tanh")
)
"""torch functions with f(0) = 0, which are ``x · (f(x) / x)``."""

SELECTORS = frozenset(("sigmoid", "softmax", "hardsigmoid"))
"""torch functions that choose or weigh (gates, routers, attention): what they give is a constant."""

PRODUCTS = frozenset(("mul", "mul_", "__mul__", "__rmul__", "__imul__", "multiply"))

SAME_VALUES = frozenset(
    ("contiguous", "dropout", "float", "reshape", "squeeze", "to", "transpose", "type", "type_as", "unsqueeze", "view")
)
"""torch functions of an activation's result that leave it one."""

_GATE = "_regard_gate"


def is_activation(module: nn.Module) -> bool:
    """Whether the module is one of torch's or transformers' elementwise activations."""
    homes = ("torch.nn.modules.activation", "transformers.activations")
    return type(module).__module__ in homes and not isinstance(module, nn.MultiheadAttention)


def frozen_slope(x: Tensor, y: Tensor, function: Function) -> Tensor | None:
    """``y = function(x)`` as ``x · (y / x)``, whose slope is a constant (at zero the derivative).

    ``None`` for functions that are not zero at zero.
    """
    with torch.no_grad():
        small = torch.tensor([1e-4, -1e-4, 0.0], dtype=x.dtype, device=x.device)
        above, below, at_zero = function(small).tolist()
        if at_zero != 0:
            return None
        slope = torch.where(x == 0, (above - below) / 2e-4, y / x)
    return as_gate(x * slope)


def as_gate(x: Tensor) -> Tensor:
    """The same tensor, remembered as what a gate multiplies with."""
    setattr(x, _GATE, True)
    return x


def is_gate(x: Any) -> bool:
    """Whether the tensor is what an activation or a selector gave."""
    return bool(getattr(x, _GATE, False))


def product(multiply: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """A product, in which the gate is a constant where both sides vary; a selector's product is a gate again (SiLU)."""
    if is_gated(args):
        return multiply(*(one.detach() if is_gate(one) else one for one in args[:2]), *args[2:])
    output = multiply(*args)
    return as_gate(output) if any(is_gate(one) and not one.requires_grad for one in args[:2]) else output


def is_gated(args: tuple[Any, ...]) -> bool:
    """Whether both factors vary, and one of them is a gate."""
    varies = all(isinstance(one, Tensor) and one.requires_grad for one in args[:2])
    return varies and len(args) > 1 and is_gate(args[0]) != is_gate(args[1])
