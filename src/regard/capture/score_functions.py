"""What each function of torch does to attention scores, as data.

A model that writes attention out computes ``softmax(query @ key.mT * scale + bias)`` by some of these functions. After
any other one, a tensor is no longer known as scores. Where a rule's argument is known as scores, the rule is given
the :class:`~regard.capture.scores.Scores` in the tensor's place.
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_uppercase
from typing import Any

import torch
from torch import Tensor

from regard.capture.families import HIDES
from regard.capture.scores import Scores


def _product(a: Tensor, b: Tensor) -> Scores | None:
    return Scores(a, b.mT) if a.ndim > 2 and b.ndim > 2 else None


def _biased_product(added: Tensor, a: Tensor, b: Tensor, beta: Any, alpha: Any) -> Scores:
    found = Scores(a, b.mT, scale=1.0 if alpha is None else float(alpha))
    factor = 1.0 if beta is None else float(beta)
    return found.plus(added * factor) if factor else found


def _einsum(equation: Any, a: Any, b: Any) -> Scores | None:
    """The sum of products along one axis, such as ``bqhd,bkhd->bhqk``, with queries and keys last in the result."""
    if isinstance(a, (list, tuple)) and len(a) == 2:
        a, b = a
    if not isinstance(equation, str) or equation.count(",") != 1 or "->" not in equation:
        return None
    equation = equation.replace(" ", "")
    free = "".join(letter for letter in ascii_uppercase if letter not in equation)
    hidden = free[: a.ndim - len(equation.partition(",")[0].replace("...", ""))]
    operands, result = equation.replace("...", hidden).split("->")
    of_a, of_b = operands.split(",")
    summed = (set(of_a) & set(of_b)) - set(result)
    if len(result) < 3 or len(summed) != 1 or set(of_a) | set(of_b) != set(result) | summed:
        return None
    lead, row, column, d = result[:-2], result[-2], result[-1], summed.pop()
    if row in of_b and column in of_a:
        (of_a, a), (of_b, b) = (of_b, b), (of_a, a)
    if row in of_b or column in of_a:
        return None
    return Scores(_ordered(a, of_a, lead + row + d), _ordered(b, of_b, lead + column + d))


def _ordered(tensor: Tensor, labels: str, wanted: str) -> Tensor:
    """The tensor with its labelled axes in this order, and one of size one for each label that it lacks."""
    found = tensor.permute([labels.index(label) for label in wanted if label in labels])
    for place, label in enumerate(wanted):
        found = found if label in labels else found.unsqueeze(place)
    return found


def _mul(a: Any, b: Any) -> Scores | None:
    scores, factor = (a, b) if isinstance(a, Scores) else (b, a)
    return None if isinstance(factor, Scores) else scores.times(factor)


def _div(a: Any, b: Any, rounding: Any) -> Scores | None:
    return a.times(1 / b) if isinstance(a, Scores) and not isinstance(b, Scores) and rounding is None else None


def _add(a: Any, b: Any, alpha: Any) -> Scores | None:
    scores, term = (a, b) if isinstance(a, Scores) else (b, a)
    if alpha not in (None, 1):
        return None
    return scores.joined(term) if isinstance(term, Scores) else scores.plus(term)


def _sub(a: Any, b: Any, alpha: Any) -> Scores | None:
    return a.plus(-b) if isinstance(a, Scores) and not isinstance(b, Scores) and alpha in (None, 1) else None


def _masked_fill(scores: Any, mask: Any, value: Any) -> Scores | None:
    return scores.plus(~mask.bool()) if isinstance(scores, Scores) and float(value) <= HIDES else None


def _where(condition: Any, a: Any, b: Any) -> Scores | None:
    """Scores where a condition holds; also as a method, ``scores.where(condition, other)``."""
    if isinstance(condition, Scores):
        condition, a = a, condition
    scores, other, visible = (a, b, condition.bool()) if isinstance(a, Scores) else (b, a, ~condition.bool())
    hides = not isinstance(other, Scores) and bool((torch.as_tensor(other) <= HIDES).all())
    return scores.plus(visible) if hides else None


def _same(scores: Any) -> Scores | None:
    return scores if isinstance(scores, Scores) else None


def _floor(scores: Any, least: Any) -> Scores | None:
    """The larger of a score and one number, which models use to keep minus infinity out."""
    return scores if isinstance(scores, Scores) and isinstance(least, Tensor) and least.numel() == 1 else None


def _cat(parts: Any, dim: Any) -> Scores | None:
    """Scores of the same queries with some keys and with others."""
    if not isinstance(parts, (list, tuple)) or len(parts) != 2 or not all(isinstance(one, Scores) for one in parts):
        return None
    return parts[0].beside(parts[1]) if dim == -1 else None


def _tanh(scores: Any) -> Scores | None:
    return scores.tanh() if isinstance(scores, Scores) else None


def _transpose(ndim: int, first: int, second: int) -> list[int]:
    order = list(range(ndim))
    order[first], order[second] = order[second], order[first]
    return order


def _permute(ndim: int, *axes: Any) -> list[int]:
    return [axis % ndim for axis in (axes[0] if isinstance(axes[0], (list, tuple)) else axes)]


Rule = Callable[..., Scores | None]
_PRODUCTS: tuple[tuple[str, str, Rule], ...] = (
    ("matmul __matmul__", "input other", _product),
    ("bmm", "input mat2", _product),
    ("baddbmm", "input batch1 batch2 beta alpha", _biased_product),
    ("einsum", "equation a b", _einsum),
)
_STEPS: tuple[tuple[str, str, Rule], ...] = (
    ("mul mul_ multiply __mul__ __rmul__ __imul__", "input other", _mul),
    ("div div_ divide true_divide __truediv__ __itruediv__", "input other rounding_mode", _div),
    ("add add_ __add__ __radd__ __iadd__", "input other alpha", _add),
    ("sub sub_ __sub__ __isub__", "input other alpha", _sub),
    ("masked_fill masked_fill_", "input mask value", _masked_fill),
    ("where", "condition input other", _where),
    ("max maximum", "input other", _floor),
    ("tanh", "input", _tanh),
    ("cat concat concatenate", "tensors dim", _cat),
    ("to float half bfloat16 double type type_as contiguous clone", "input", _same),
    ("dropout clamp clamp_ nan_to_num", "input", _same),
)


def _by_name(rows: tuple[tuple[str, str, Rule], ...]) -> dict[str, tuple[tuple[str, ...], Rule]]:
    return {name: (tuple(parameters.split()), rule) for names, parameters, rule in rows for name in names.split()}


PRODUCTS = _by_name(_PRODUCTS)
"""Functions that make scores of two tensors: the parameters that the rule reads, and the rule."""

STEPS = _by_name(_STEPS)
"""Functions that make scores of scores, likewise."""

RESHAPES = ("view", "reshape", "view_as", "squeeze", "unsqueeze", "flatten", "unflatten", "__getitem__")
"""Functions that split and join axes (``scores[None]`` too)."""

ORDERS: dict[str, Callable[..., list[int]]] = {"permute": _permute, "transpose": _transpose, "swapaxes": _transpose}
"""Functions that change the order of axes: the order that they make of so many axes with their arguments."""
