"""Answering attention that modules write out in their own code: the counterpart of watching it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.in_projection import PROJECTING
from regard.capture.leading import Leading
from regard.capture.looking import Looking, fast_paths
from regard.capture.projected import Projected
from regard.capture.scores import Scores
from regard.capture.sums import Sums
from regard.capture.torch_masks import sdpa_call
from regard.capture.trace import ScoreTrace
from regard.capture.written import AS_IS, Answer, Written
from regard.capture.written_out import (
    before_edits,
    elsewhere,
    followed,
    has_own_code,
    is_elsewhere,
    with_causality,
    written_call,
)

_SDPA = torch._C._nn.scaled_dot_product_attention


@contextmanager
def answering_own_code(model: nn.Module, answer: Answer) -> Iterator[None]:
    """While open, ``answer`` answers the attention that modules of ``model`` write out, in this thread.

    Raises ``NoAttentionError`` when outputs were to be changed that could not be followed.
    """
    if not has_own_code(model):
        yield
        return
    mode = _Answering(model, answer)
    with fast_paths, mode:
        yield
    mode.sums.check()


class _Answering(Looking):
    def __init__(self, model: nn.Module, answer: Answer):
        super().__init__(model)
        self._answer = answer
        self._trace = ScoreTrace()
        self.sums = Sums()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if is_elsewhere():
            return func(*args, **kwargs)
        if func is _SDPA:
            return self._kept(func(*args, **kwargs), lambda output: self._attention(args, kwargs, output))
        if func in PROJECTING:
            return self._projected(func, args, kwargs)
        output = func(*args, **kwargs)
        scores = followed(self._trace, func, args, kwargs, output)
        if scores is not None:
            return self._kept(output, lambda weights: self._softmax(scores, weights))
        return self._kept(output, lambda given: self.sums.see(func, args, kwargs, given))

    def _kept(self, output: Any, change: Callable[[Any], Any]) -> Any:
        """The output changed; recordings still find the one before."""
        with elsewhere():
            found = change(output)
        if found is not output:
            before_edits[found] = output
        return found

    def _softmax(self, scores: Scores, weights: Tensor) -> Tensor:
        path, module = self.caller()
        reading = Leading.of(weights.shape[:-2], module)
        given = Written(reading.four(weights))
        answer = self._answer(written_call(path, module, scores, weights), lambda: given)
        if answer is AS_IS:
            return weights
        found = weights
        if answer.weights is not given.weights:
            found = torch.empty_like(weights).copy_(reading.back(answer.weights))
        if answer.outputs is not None:
            found = found.clone() if found is weights else found
            self.sums.expect(path, found, reading, answer.outputs)
        return found

    def _attention(self, args: Any, kwargs: Any, output: Tensor) -> Tensor:
        """``scaled_dot_product_attention``, which gives [batch, head, query, d_value] or less axes."""
        call = with_causality(sdpa_call(*self.caller(), args, kwargs))
        call = replace(call, value=_four(args[2] if len(args) > 2 else kwargs["value"]))
        given = _four(output).transpose(1, 2)
        answer = self._answer(call, lambda: given)
        if answer is AS_IS or (answer is given and not given.requires_grad):
            return output
        found = answer[0] if isinstance(answer, tuple) else answer
        return torch.empty_like(output).copy_(found.transpose(1, 2).reshape(output.shape))

    def _projected(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Functions of torch that project and attend at once."""
        output = func(*args, **kwargs)
        with elsewhere():
            projected = Projected(func, *self.caller(), args, kwargs)
            weighted = isinstance(output, tuple) and output[1] is not None
            given: list[tuple[Tensor, Tensor | None]] = []

            def run() -> tuple[Tensor, Tensor | None]:
                given.append(projected.heads(weights=weighted))
                return given[-1]

            answer = self._answer(projected.call, run)
            if answer is AS_IS or (given and answer is given[-1] and not answer[0].requires_grad):
                return output
            heads, *rest = answer if isinstance(answer, tuple) else (answer,)
            before = given[-1][0] if given else None
            return projected.put_together(output, before, heads, rest[0] if rest and weighted else None)


def _four(states: Tensor) -> Tensor:
    """[batch, head, token, d] of [batch, token, d] or of more axes than four."""
    states = states if states.ndim > 3 else states.reshape(-1, 1, *states.shape[-2:])
    return states.reshape(-1, *states.shape[-3:])
