"""The same edits made by hand: in the weights that a model's own eager attention function gives."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Change = Callable[[Tensor, Tensor], Tensor]
"""What becomes of the output [batch, query, head, d_value], given weights [batch, head, query, key] and values
[batch, head, key, d_value]."""


def with_eager(model: Any, monkeypatch: Any, changes: dict[str, Change]) -> Any:
    """The model, whose eager attention in the modules at these paths is changed."""
    home = importlib.import_module(type(model).__module__)
    own = home.eager_attention_forward
    paths = {id(module): path for path, module in model.named_modules()}

    def attention(module: Any, query: Tensor, key: Tensor, value: Tensor, *args: Any, **kwargs: Any) -> Any:
        output, weights = own(module, query, key, value, *args, **kwargs)
        change = changes.get(paths[id(module)])
        if change is None:
            return output, weights
        expanded = value.repeat_interleave(query.shape[1] // value.shape[1], dim=1)
        return change(weights, expanded), weights

    monkeypatch.setattr(home, "eager_attention_forward", attention)
    model.set_attn_implementation("eager")
    return model


def summed(weights: Tensor, values: Tensor) -> Tensor:
    """[batch, query, head, d_value]."""
    return (weights @ values).transpose(1, 2)


def masked(head: int, query: int, key: int) -> Change:
    """One edge cut before the softmax: the others grow by what is left."""

    def change(weights: Tensor, values: Tensor) -> Tensor:
        weights = weights.double()
        rest = 1 - weights[:, head, query, key]
        weights[:, head, query, key] = 0
        weights[:, head, query] /= rest[:, None]
        return summed(weights, values.double()).to(values.dtype)

    return change


def valued(head: int, query: int, key: int) -> Change:
    """One edge set to zero after the softmax."""

    def change(weights: Tensor, values: Tensor) -> Tensor:
        weights = weights.clone()
        weights[:, head, query, key] = 0
        return summed(weights, values)

    return change


def ablated(head: int, by: str) -> Change:
    """A head that gives zeros, or its mean over queries."""

    def change(weights: Tensor, values: Tensor) -> Tensor:
        output = summed(weights, values).clone()
        output[:, :, head] = 0 if by == "zero" else output[:, :, head].mean(1, keepdim=True)
        return output

    return change


def uniform(head: int, query: int) -> Change:
    """A row that gives every key it sees the same."""

    def change(weights: Tensor, values: Tensor) -> Tensor:
        weights = weights.clone()
        seen = weights[:, head, query] > 0
        total = weights[:, head, query].sum(-1, keepdim=True)
        weights[:, head, query] = seen * total / seen.sum(-1, keepdim=True)
        return summed(weights, values)

    return change


def given(head: int, query: int, row: Tensor) -> Change:
    """A row of the user's own."""

    def change(weights: Tensor, values: Tensor) -> Tensor:
        weights = weights.clone()
        weights[:, head, query] = row
        return summed(weights, values)

    return change


def logits(model: Any, inputs: dict[str, Tensor]) -> Tensor:
    """The whole output that is compared."""
    with torch.no_grad():
        output = model(**inputs)
    return output.logits if hasattr(output, "logits") else output.last_hidden_state
