"""A model that is linear in its residual stream: attention weights, norms' scales and slopes are constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from regard.capture.calls import Call
from regard.capture.compiled import as_written, original
from regard.capture.registry import Edit as Answer
from regard.capture.registry import answering
from regard.errors import NoAttentionError, RegardError
from regard.experiment.attribution.activations import (
    ACTIVATIONS,
    PRODUCTS,
    SAME_VALUES,
    SELECTORS,
    Function,
    as_gate,
    frozen_slope,
    is_activation,
    is_gate,
    product,
)
from regard.experiment.attribution.frozen_rows import frozen_sum
from regard.experiment.attribution.norms import frozen_norm

NORMS = frozenset(("layer_norm", "rms_norm"))


@contextmanager
def linearised(model: nn.Module) -> Iterator[None]:
    """While open, forward passes of ``model`` give what they always give, but with the gradients of a linear map.

    Constants are: attention weights; the scale of LayerNorm and RMSNorm (of any family: found by what the module does,
    not by its name); the slope f(x)/x of activations; what sigmoid and softmax give; and of the product of a gated MLP,
    ``act(gate) · up``, the gate. So input × gradient is CP-LRP (Ali et al. 2022), which equals DecompX without bias
    (Modarressi et al. 2023)::

        with linearised(model):
            output = model(**inputs)
        output.logits[0, -1, target].backward()

    Whatever else is not linear stays so; :func:`~regard.experiment.attribution.linear.linear_gradients` finds it out.
    Weights are not kept but computed again, so memory grows with the text's length, not its square. Raises
    ``RegardError`` in layers that compute without gradients.
    """
    with linear_with(model, Rules(), frozen_attention):
        yield


class Rules:
    """What becomes of what activations and products give. ``None``: it stays as it is."""

    def activation(self, x: Tensor, y: Tensor, function: Function) -> Tensor | None:
        """Of an activation ``y = function(x)``."""
        return frozen_slope(x, y, function)

    def product(self, multiply: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Of a product."""
        return product(multiply, args)


@contextmanager
def linear_with(model: nn.Module, rules: Rules, answer: Answer) -> Iterator[None]:
    """While open, ``model`` runs with these rules, and ``answer`` answers its attention calls."""
    model = original(model)
    with ExitStack() as stack:
        for path, module in model.named_modules():
            hook = _hook(path or type(model).__name__, rules)
            stack.enter_context(module.register_forward_hook(hook, with_kwargs=True))
        stack.enter_context(as_written(model))
        stack.enter_context(answering(model, answer))
        stack.enter_context(_Frozen(rules))
        yield


def frozen_attention(call: Call, run: Callable[[], Any]) -> Any:
    """What an attention function answers with its weights as constants: (output [batch, query, head, d], None).

    Where a module takes its own softmax, that is frozen as any other.
    """
    if call.value is None:
        return run()
    if call.windows:
        raise NoAttentionError(f"{call.path}: attention over packed sequences, which cannot be linearised")
    return frozen_sum(call), None


def _hook(path: str, rules: Rules) -> Callable[..., Any]:
    def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        given = next((one for one in (*args, *kwargs.values()) if _varies(one)), None)
        if given is None or not isinstance(output, Tensor):
            return None
        kind = type(module).__name__
        if not output.requires_grad and (isinstance(module, nn.Linear) or "Linear" in kind or "Conv" in kind):
            raise RegardError(
                f"{path} ({kind}) computes without gradients, as quantised layers do, so nothing can be attributed "
                "through it; load the model unquantised, or in a quantisation that keeps gradients (bitsandbytes)"
            )
        if given.shape != output.shape:
            return None
        if is_activation(module):
            selects = kind.lower() in SELECTORS
            return as_gate(output.detach()) if selects else rules.activation(given, output, module.forward)
        return frozen_norm(given, output, module.forward) if "Norm" in kind and len(args) + len(kwargs) == 1 else None

    return hook


class _Frozen(TorchFunctionMode):
    """Freezes what modules compute by torch's functions."""

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self._rules = rules

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, kwargs = getattr(func, "__name__", ""), kwargs or {}
        given = args[0] if args else kwargs.get("input")
        if name in PRODUCTS:
            return self._rules.product(func, args)
        output = func(*args, **kwargs)
        if not _varies(given) or not torch.is_grad_enabled():
            return output
        if name in SELECTORS:
            return as_gate(output.detach())
        if name in ACTIVATIONS:
            linear = self._rules.activation(given, output, lambda x: func(x, *args[1:], **kwargs))
        elif name in NORMS:
            linear = frozen_norm(given, output, lambda x: func(x, *args[1:], **kwargs))
        else:
            return as_gate(output) if name in SAME_VALUES and is_gate(given) else output
        return output if linear is None else linear


def _varies(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad
