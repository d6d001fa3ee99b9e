"""Following attention scores from the product of queries and keys to the softmax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from regard.capture.score_functions import ORDERS, PRODUCTS, RESHAPES, STEPS
from regard.capture.scores import Scores

Arguments = tuple[Any, ...]
_SOFTMAXES = ("softmax", "exp")
"""``exp`` too, which gives the softmax of scores less their log-sum-exp."""

_JOINING = ("cat", "concat", "concatenate")
_TOLERANCE, _HALF_TOLERANCE = 1e-2, 0.25
"""How far from the weights seen, in parts of the row's largest. Half precision rounds scores, which changes weights by
a factor."""


class ScoreTrace:
    """Knows which tensors are attention scores, once it has seen the functions that they came from.

    Tensors are known for as long as the model keeps them.
    """

    def __init__(self) -> None:
        self._known: Any = WeakIdKeyDictionary()

    def see(self, function: Any, args: Arguments, kwargs: Mapping[str, Any], output: Any) -> Scores | None:
        """Note what a function of torch did; where it was the softmax of known scores over their keys, those scores.

        What they are made of has then been compared with the softmax in a few rows. ``None`` also where it differs,
        because a function on the way did something else than :mod:`regard.capture.score_functions` says.
        """
        name = getattr(function, "__name__", "")
        if name in _SOFTMAXES:
            scores = self._softmaxed(name, args, kwargs)
            return scores if scores is not None and _agree(scores, output) else None
        found = self._result(name, args, kwargs, output) if isinstance(output, Tensor) else None
        if found is not None:
            self._known[output] = found
        elif _in_place(name) and isinstance(args[0], Tensor):
            self._known.pop(args[0], None)
        return None

    def _result(self, name: str, args: Arguments, kwargs: Mapping[str, Any], output: Tensor) -> Scores | None:
        if name in PRODUCTS:
            parameters, rule = PRODUCTS[name]
            return rule(*_in_order(parameters, args, kwargs))
        seen = tuple(self._or_scores(one) for one in args)
        if name in STEPS and any(isinstance(one, Scores) for one in _flat(seen)):
            parameters, rule = STEPS[name]
            found = rule(*_in_order(parameters, seen, kwargs))
            whole = name in _JOINING or output.shape in [one.shape for one in args if isinstance(one, Tensor)]
            return found if whole else None
        return _arranged(name, args, seen[0], output) if seen and isinstance(seen[0], Scores) else None

    def _or_scores(self, argument: Any) -> Any:
        if isinstance(argument, (list, tuple)):
            return [self._or_scores(one) for one in argument]
        return self._known.get(argument, argument) if isinstance(argument, Tensor) else argument

    def _softmaxed(self, name: str, args: Arguments, kwargs: Mapping[str, Any]) -> Scores | None:
        scores = args[0] if args else kwargs.get("input")
        dim = -1 if name == "exp" else args[1] if len(args) > 1 else kwargs.get("dim")
        if not isinstance(scores, Tensor) or dim not in (-1, scores.ndim - 1):
            return None
        found: Scores | None = self._known.get(scores)
        return found


def _arranged(name: str, args: Arguments, scores: Scores, output: Tensor) -> Scores | None:
    """Scores whose leading axes were split, joined or put in another order."""
    before: torch.Size = args[0].shape
    if output.ndim < 3 or output.numel() != before.numel():
        return None
    if name in RESHAPES and (scores.grid is not None or output.shape[-2:] != before[-2:]):
        return scores.on_grid(before, output.shape)
    if scores.grid is not None or output.shape[-2:] != before[-2:]:
        return None
    if name in RESHAPES:
        lead = output.shape[:-2]
        return scores.led(before[:-2], lambda tensor: tensor.reshape(*lead, *tensor.shape[-2:]))
    order = ORDERS[name](len(before), *args[1:]) if name in ORDERS and args[1:] else []
    if order[-2:] != [len(before) - 2, len(before) - 1]:
        return None
    return scores.led(before[:-2], lambda tensor: tensor.permute(order))


def _flat(arguments: Iterable[Any]) -> Iterator[Any]:
    for argument in arguments:
        yield from argument if isinstance(argument, list) else [argument]


def _in_order(parameters: tuple[str, ...], args: Arguments, kwargs: Mapping[str, Any]) -> list[Any]:
    """A value for each parameter; ``None`` for those that are not given."""
    given = list(args[: len(parameters)])
    return given + [kwargs.get(parameter) for parameter in parameters[len(given) :]]


def _in_place(name: str) -> bool:
    return (name.endswith("_") and not name.endswith("__")) or name.startswith("__i") or name == "__setitem__"


def _agree(scores: Scores, weights: Tensor) -> bool:
    """Whether the softmax of what the scores are made of is this one: looked up in the first, middle and last row."""
    queries = sorted({0, weights.shape[-2] // 2, weights.shape[-2] - 1})
    with torch.no_grad():
        own, expected = scores.rows(queries).float().softmax(-1), weights[..., queries, :].float()
    if own.shape != expected.shape:
        return False
    part = _TOLERANCE if scores.query.dtype.itemsize > 2 else _HALF_TOLERANCE
    return bool((own.isnan() | ((own - expected).abs() <= part * expected.amax(-1, keepdim=True))).all())
