"""Gradients of linear maps, with the check that they are linear, and the name of what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from regard.errors import RegardError
from regard.experiment.attribution.linearised import linearised
from regard.experiment.attribution.streams import entering, first_layers
from regard.experiment.question import Question


class NotLinearError(RegardError):
    """Something in the model is not linear although all that is known to be frozen is frozen."""


def linear_gradients(value: Tensor, states: Sequence[Tensor]) -> list[Tensor] | None:
    """Gradients of one number by each state, zero where it does not depend on it; ``None`` if they depend on a state.

    Raises ``RegardError`` when it depends on none.

    The gradient of a linear function is a constant, so its own gradient (in a random direction) must be zero: this
    costs a second backward pass only where there is a path at all.
    """
    if not value.requires_grad:
        raise RegardError("what is asked about does not depend on the tokens' states by any path that has gradients")
    found = torch.autograd.grad(value, states, create_graph=True, allow_unused=True)
    varying = [one for one in found if one is not None and one.requires_grad]
    again = _second(varying, states) if varying else []
    if any(one is not None and bool((one != 0).any()) for one in again):
        return None
    return [torch.zeros_like(state) if one is None else one.detach() for one, state in zip(found, states, strict=True)]


def not_linear(question: Question, method: str) -> NotLinearError:
    """The error that names the first module, inside out, that is not linear in its input."""
    model, stream = question.model, entering(question.model, first_layers(question))
    with torch.enable_grad(), stream, linearised(model), _looking(model) as found:
        question.passes.output()
    what = found[0] if found else "what is asked of the output (effect=)"
    return NotLinearError(
        f"{what} is not linear even with attention weights, norms' scales and activations' slopes frozen, so {method} "
        "would be an approximation. integrated_gradients, integrated_rows and occlusion work for any model"
    )


@contextmanager
def _looking(model: nn.Module) -> Iterator[list[str]]:
    found: list[str] = []

    def note(path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            given = [one for one in (*args, *kwargs.values()) if isinstance(one, Tensor) and one.requires_grad]
            outputs = [one for one in _tensors(output) if one.requires_grad]
            if not found and given and outputs and not _is_linear(given, outputs):
                found.append(f"{path} ({type(module).__name__})")

        return hook

    with ExitStack() as stack:
        for path, module in model.named_modules():
            hook = note(path or type(model).__name__)
            stack.callback(module.register_forward_hook(hook, with_kwargs=True).remove)
        yield found


def _is_linear(given: list[Tensor], outputs: list[Tensor]) -> bool:
    with torch.enable_grad():
        value = sum(((one * _direction(one)).sum() for one in outputs), torch.zeros(()))
        found = torch.autograd.grad(value, given, create_graph=True, retain_graph=True, allow_unused=True)
        varying = [one for one in found if one is not None and one.requires_grad]
        again = _second(varying, given) if varying else []
    return not any(one is not None and bool((one != 0).any()) for one in again)


def _second(gradients: Sequence[Tensor], states: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    value = torch.stack([(one * _direction(one)).sum().float() for one in gradients]).sum()
    return torch.autograd.grad(value, states, retain_graph=True, allow_unused=True)


def _direction(like: Tensor) -> Tensor:
    """A fixed direction in which no derivative cancels by chance."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(like.shape, generator=generator).to(like)


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    values = output.values() if isinstance(output, dict) else output if isinstance(output, (tuple, list)) else ()
    return [found for value in values for found in _tensors(value)]
