"""Watching the attention functions of torch itself, inside any model.

A torch function mode sees, in this thread alone and however it was imported, every call of
``scaled_dot_product_attention``, of ``multi_head_attention_forward`` and of the fused encoder layers behind
``nn.MultiheadAttention`` and ``nn.TransformerEncoderLayer``. Each runs as it would have run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from regard.capture.calls import Call
from regard.capture.in_projection import PROJECTING, projected_call
from regard.capture.kernel_lse import KernelLse, fitting
from regard.capture.replaced import Replaced
from regard.capture.torch_masks import sdpa_call

Take = Callable[[Call, Tensor | None], None]
_SDPA = torch._C._nn.scaled_dot_product_attention
_SOFTMAX = (torch.softmax, Tensor.softmax, torch.nn.functional.softmax)


@contextmanager
def watching(model: nn.Module, take: Take, take_weights: Callable[[str, Tensor], None]) -> Iterator[None]:
    """While open, ``take`` receives every attention call of ``model`` in this thread, with the kernel's log-sum-exp
    [batch, head, query] where it returns one, and ``take_weights`` the path of a module and the weights
    [batch, head, query, key] that it computes by a softmax of its own. Nothing of the model is touched, not even for a
    moment."""
    with _fast_paths, _Watch(model, take, take_weights):
        yield


class _Watch(TorchFunctionMode):
    def __init__(self, model: nn.Module, take: Take, take_weights: Callable[[str, Tensor], None]):
        super().__init__()
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._take, self._take_weights = take, take_weights

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is _SDPA:
            return self._sdpa(func, args, kwargs)
        if func in PROJECTING:
            self._take(projected_call(func, *self._caller(), args, kwargs), None)
        output = func(*args, **kwargs)
        if func in _SOFTMAX and output.ndim == 4:
            self._softmax(output, args[1] if len(args) > 1 else kwargs.get("dim"))
        return output

    def _softmax(self, weights: Tensor, dim: Any) -> None:
        path, module = self._caller(beside=nn.Softmax)
        if dim in (-1, 3) and "att" in f"{path.rsplit('.', 1)[-1]} {type(module).__name__}".lower():
            self._take_weights(path, weights)

    def _sdpa(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        call = sdpa_call(*self._caller(), args, kwargs)
        with KernelLse() as kernel:
            output = func(*args, **kwargs)
        batch, heads, queries, _ = call.query.shape
        self._take(call, fitting(kernel.of(call.query), batch, heads, queries))
        return output

    def _caller(self, beside: type[nn.Module] | tuple[()] = ()) -> tuple[str, nn.Module]:
        """The innermost module of the model that is running (``beside`` those): the nearest ``self`` on the stack."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            owner = frame.f_locals.get("self")
            if id(owner) in self._paths and isinstance(owner, nn.Module) and not isinstance(owner, beside):
                return self._paths[id(owner)], owner
            frame = frame.f_back
        return "", nn.Identity()


def _without_watch(original: Callable[..., bool]) -> Callable[..., bool]:
    """The same answer as without our mode. torch's fused encoder layers step aside when a function mode is open, which
    would change results in their last bits; ours only looks."""

    def has_torch_function(relevant_args: Any) -> bool:
        stack: list[Any] = torch.overrides._get_current_function_mode_stack()  # type: ignore[no-untyped-call]
        if not stack or not all(isinstance(mode, _Watch) for mode in stack):
            return original(relevant_args)
        return any(
            type(arg) not in (Tensor, nn.Parameter) and hasattr(arg, "__torch_function__") for arg in relevant_args
        )

    return has_torch_function


_fast_paths = Replaced(torch.overrides, "has_torch_function", _without_watch)
