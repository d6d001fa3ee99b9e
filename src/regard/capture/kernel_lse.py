"""The log-sum-exp that a fused attention kernel computes anyway and its caller throws away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from regard.capture.replaced import Replaced

Give = Callable[[Tensor, Tensor], None]

_aten: Any = torch.ops.aten
_COMPOSITE = _aten.scaled_dot_product_attention.default
_PLACE = {
    _aten._scaled_dot_product_flash_attention_for_cpu.default: 1,
    _aten._scaled_dot_product_flash_attention.default: 1,
}
"""Kernels that always compute it (natural logarithm, [batch, head, query]), and where in their result it stands."""

_MOST = 32.0
_open: ContextVar[Give | None] = ContextVar("regard_kernel_lse", default=None)


class KernelLse(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While open in this thread, ``lse`` is what the last attention kernel that ran returned beside its output.

    torch chooses the kernel as always and its output is passed on untouched, so results stay as they are to the last
    bit. ``None``: no kernel ran that returns one (the math fallback, or memory-efficient attention without gradients).
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lse: Tensor | None = None
        self._dtype: torch.dtype | None = None

    def of(self, query: Tensor) -> Tensor | None:
        """``lse``, where the kernel received these queries in their own type (autocast gives it rounded ones)."""
        return self.lse if self._dtype == query.dtype else None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is _COMPOSITE:
            with self:
                return func.decompose(*args, **(kwargs or {}))
        output = func(*args, **(kwargs or {}))
        if func in _PLACE:
            self.lse, self._dtype = output[_PLACE[func]], args[0].dtype
        return output


@contextmanager
def giving(give: Give) -> Iterator[None]:
    """While open in this context, ``give(query, lse)`` is called after each ``scaled_dot_product_attention`` whose
    kernel returns its log-sum-exp."""
    token = _open.set(give)
    try:
        with _sdpa:
            yield
    finally:
        _open.reset(token)


def _watched(original: Callable[..., Tensor]) -> Callable[..., Tensor]:
    @wraps(original)
    def scaled_dot_product_attention(query: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        give = _open.get()
        if give is None:
            return original(query, *args, **kwargs)
        with KernelLse() as kernel:
            output = original(query, *args, **kwargs)
        lse = kernel.of(query)
        if lse is not None:
            give(query, lse)
        return output

    return scaled_dot_product_attention


_sdpa = Replaced(torch.nn.functional, "scaled_dot_product_attention", _watched)


def fitting(lse: Tensor | None, batch: int, heads: int, queries: int) -> Tensor | None:
    """The log-sum-exp as [batch, head, query], where it has that many numbers and enough digits of each.

    A float32 of 32 is known to 2e-6, the relative error of a weight made from it; of larger ones too few digits are
    left, and the record computes its own.
    """
    if lse is None or lse.numel() != batch * heads * queries:
        return None
    found = lse.detach().reshape(batch, heads, queries)
    limit = torch.inf if found.dtype == torch.float64 else _MOST
    return found if bool((found.abs() < limit).all()) else None
