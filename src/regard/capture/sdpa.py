"""Watching the attention functions of torch itself, inside any model.

A torch function mode sees, in this thread alone and however it was imported, every call of
``scaled_dot_product_attention``, of ``multi_head_attention_forward`` and of the fused encoder layers behind
``nn.MultiheadAttention`` and ``nn.TransformerEncoderLayer``. Each runs as it would have run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.calls import Call
from regard.capture.in_projection import PROJECTING, projected_call
from regard.capture.kernel_lse import KernelLse, fitting
from regard.capture.looking import Looking, fast_paths
from regard.capture.torch_masks import sdpa_call
from regard.capture.trace import ScoreTrace
from regard.capture.written_out import written_call

Take = Callable[[Call, Tensor | None], None]
_SDPA = torch._C._nn.scaled_dot_product_attention
_SOFTMAX = (torch.softmax, Tensor.softmax, torch.nn.functional.softmax)


@contextmanager
def watching(model: nn.Module, take: Take, take_weights: Callable[[str, Tensor], None]) -> Iterator[None]:
    """While open, ``take`` receives every attention call of ``model`` in this thread, with the kernel's log-sum-exp
    [batch, head, query] where it returns one. Of a softmax that a module with "att" in its name or class takes itself,
    ``take`` receives what its scores are made from, or, where that cannot be told, ``take_weights`` the module's path
    and the weights [batch, head, query, key]. Nothing of the model is touched, not even for a moment."""
    with fast_paths, _Watch(model, take, take_weights):
        yield


class _Watch(Looking):
    def __init__(self, model: nn.Module, take: Take, take_weights: Callable[[str, Tensor], None]):
        super().__init__(model)
        self._take, self._take_weights = take, take_weights
        self._trace = ScoreTrace()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is _SDPA:
            return self._sdpa(func, args, kwargs)
        if func in PROJECTING:
            self._take(projected_call(func, *self.caller(), args, kwargs), None)
        output = func(*args, **kwargs)
        scores = self._trace.see(func, args, kwargs, output)
        if func in _SOFTMAX and output.ndim == 4 and (args[1] if len(args) > 1 else kwargs.get("dim")) in (-1, 3):
            path, module = self.caller()
            if "att" in f"{path.rsplit('.', 1)[-1]} {type(module).__name__}".lower():
                if scores is None:
                    self._take_weights(path, output)
                else:
                    self._take(written_call(path, module, scores, output), None)
        return output

    def _sdpa(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        call = sdpa_call(*self.caller(), args, kwargs)
        with KernelLse() as kernel:
            output = func(*args, **kwargs)
        batch, heads, queries, _ = call.query.shape
        self._take(call, fitting(kernel.of(call.query), batch, heads, queries))
        return output
