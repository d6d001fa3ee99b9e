"""Answering attention over sliding windows with global tokens (Longformer, LED), whose softmax is over a band."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.band import Band
from regard.capture.calls import Call
from regard.capture.families import SLIDING_MODULES
from regard.capture.looking import Looking, fast_paths
from regard.capture.written import AS_IS, Answer, Change, Written
from regard.errors import NoAttentionError


@contextmanager
def answering_sliding(model: nn.Module, answer: Answer) -> Iterator[None]:
    """While open, ``answer`` answers the attention of such modules of ``model``, in this thread.

    A module takes two softmaxes, of the windows and of the global tokens' own rows: two calls of one layer, with a
    :class:`~regard.capture.band.Band` in place of queries and keys. Both run to, and are answered by,
    :class:`~regard.capture.written.Written` weights as the module has them; ``outputs`` of the first are of both.
    """
    modules = {
        path: module for path, module in model.named_modules() if re.search(SLIDING_MODULES, type(module).__name__)
    }
    if not modules:
        yield
        return
    mode = _Bands(model, answer)
    with ExitStack() as stack:
        for path, module in modules.items():
            stack.callback(module.register_forward_pre_hook(mode.begin(path), with_kwargs=True).remove)
            stack.callback(module.register_forward_hook(mode.end).remove)
        stack.enter_context(fast_paths)
        stack.enter_context(mode)
        yield


class _Bands(Looking):
    def __init__(self, model: nn.Module, answer: Answer):
        super().__init__(model)
        self._answer = answer
        self._here = threading.get_ident()
        self._now: _Run | None = None

    def begin(self, path: str) -> Callable[..., None]:
        """A hook that runs before the module at this path."""

        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            if threading.get_ident() == self._here:
                given = inspect.signature(module.forward).bind(*args, **kwargs).arguments
                self._now = _Run(path, module, given, self._answer)

        return hook

    def end(self, _module: nn.Module, _args: Any, output: tuple[Any, ...]) -> Any:
        """A hook that runs after such a module."""
        if threading.get_ident() != self._here or self._now is None:
            return output
        run, self._now = self._now, None
        return run.changed(output)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if self._now is None or func is not torch.nn.functional.softmax:
            return output
        return self._now.answered(args[0], output)


class _Run:
    """One run of one module. Only texts of equal length, with the same global tokens, can be told apart."""

    def __init__(self, path: str, module: Any, given: dict[str, Any], answer: Answer) -> None:
        self._path, self._module, self._answer = path, module, answer
        hidden, is_global = given["is_index_masked"], given["is_index_global_attn"]
        if not all(torch.equal(mask, mask[:1].expand_as(mask)) for mask in (hidden, is_global)):
            raise NoAttentionError(
                f"{path}: rows of a batch with different padding or global tokens, whose windows cannot be edited "
                "together; pass the texts one by one"
            )
        self._tokens = int((~hidden[0]).sum())
        self._places = tuple(is_global[0].nonzero()[:, 0].tolist())
        self._states = is_global.new_zeros(1).expand(len(hidden), module.num_heads, self._tokens, 1)
        self._change: Change | None = None

    def answered(self, scores: Tensor, weights: Tensor) -> Tensor:
        """What the module goes on with in place of the weights of one softmax."""
        band = Band(
            scores.detach(), self._module.num_heads, self._module.one_sided_attn_window_size, self._tokens, self._places
        )
        call = Call(
            self._path, self._module, "sliding", self._states, self._states, None, {"is_causal": False}, band=band
        )
        answer = self._answer(call, lambda: Written(weights))
        if answer is AS_IS:
            return weights
        self._change = self._change or answer.outputs
        found: Tensor = answer.weights
        return found

    def changed(self, output: tuple[Any, ...]) -> tuple[Any, ...]:
        """The module's output, whose first part is what its heads give, [batch, token, d_model]."""
        if self._change is None:
            return output
        given = output[0].unflatten(-1, (self._module.num_heads, -1))
        found = given.clone()
        found[:, : self._tokens] = self._change(given[:, : self._tokens])
        return (found.flatten(2), *output[1:])
