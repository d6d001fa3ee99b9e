"""The same edits made by hand: in the softmax that a module of the model takes in its own, or its eager, code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

Change = Callable[[Tensor], Tensor]
"""From scores [window, head, query, key] to the weights that the module goes on with."""

_softmax = torch.softmax


@contextmanager
def softmax_changed(
    module: nn.Module, heads: int, change: Change, size: tuple[int, int] | None = None, run: int | None = None
) -> Iterator[None]:
    """While open, every softmax over scores (of so many queries and keys) that ``module`` takes, in this run of it
    counted from 0 or in all, is what ``change`` makes of them.

    Windows are all that lies before the heads; a column for a sink may follow the keys. ``nn.MultiheadAttention`` is
    made to take a softmax.
    """
    inside: list[int] = []
    runs = count()
    attend = torch.nn.functional.multi_head_attention_forward

    def changed(scores: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        kwargs.pop("_stacklevel", None)
        fits = scores.ndim > 2 and (size is None or tuple(scores.shape[-2:]) in (size, (size[0], size[1] + 1)))
        if not inside or not fits or run not in (None, inside[-1]):
            return _softmax(scores, *args, **kwargs)
        four, back = by_window(scores, heads)
        found = change(four.clone())
        return back(found).to(kwargs.get("dtype") or scores.dtype)

    def attended(*args: Any, **kwargs: Any) -> Any:
        return attend(*args, **{**kwargs, "need_weights": True})

    with ExitStack() as stack:
        stack.callback(module.register_forward_pre_hook(lambda *_: inside.append(next(runs))).remove)
        stack.callback(module.register_forward_hook(lambda *_: inside.clear()).remove)
        for home in (torch, torch.nn.functional, Tensor):
            stack.enter_context(patch.object(home, "softmax", changed))
        stack.enter_context(patch.object(torch.nn.functional, "multi_head_attention_forward", attended))
        yield


def by_window(scores: Tensor, heads: int) -> tuple[Tensor, Change]:
    """Scores [..., query, key] as [window, head, query, key], and the way back."""
    lead, size = scores.shape[:-2], scores.shape[-2:]
    if len(lead) > 2 and lead[1] == heads != lead[-1]:
        moved = scores.movedim(1, -3)
        return moved.reshape(-1, heads, *size), lambda four: four.reshape(moved.shape).movedim(-3, 1)
    return scores.reshape(-1, heads, *size), lambda four: four.reshape(*lead, *size)


def watched(seen: list[Tensor]) -> Change:
    """Nothing changed; the weights are kept."""

    def change(scores: Tensor) -> Tensor:
        seen.append(_softmax(scores, -1))
        return seen[-1]

    return change


def hidden(window: int, head: int, query: int, key: int) -> Change:
    """One edge hidden before the softmax."""

    def change(scores: Tensor) -> Tensor:
        scores[window, head, query, key] = -torch.inf
        return _softmax(scores, -1)

    return change


def unread(window: int, head: int, query: int, key: int) -> Change:
    """One weight set to zero after it."""

    def change(scores: Tensor) -> Tensor:
        weights = _softmax(scores, -1)
        weights[window, head, query, key] = 0
        return weights

    return change


def even(window: int, head: int, query: int, keys: int | None = None) -> Change:
    """A row that gives every key it sees the same; what comes after so many keys is a sink's, and stays."""

    def change(scores: Tensor) -> Tensor:
        weights = _softmax(scores, -1)
        row = weights[window, head, query, :keys]
        seen = (row > 0).to(weights.dtype)
        row.copy_(seen * row.sum() / seen.sum())
        return weights

    return change


def silent(head: int) -> Change:
    """A head that gives nothing."""

    def change(scores: Tensor) -> Tensor:
        weights = _softmax(scores, -1)
        weights[:, head] = 0
        return weights

    return change


def averaged(head: int) -> Change:
    """A head that gives its mean over the queries: the values summed with its mean row. Of one window only."""

    def change(scores: Tensor) -> Tensor:
        weights = _softmax(scores, -1)
        weights[:, head] = weights[:, head].mean(-2, keepdim=True)
        return weights

    return change
