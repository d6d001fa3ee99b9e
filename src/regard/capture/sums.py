"""Following attention weights from the softmax to the product with the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Any

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from regard.capture.leading import Leading
from regard.capture.written import Change
from regard.errors import NoAttentionError

_SAME = {"to", "float", "half", "bfloat16", "double", "type", "type_as", "contiguous", "clone", "dropout", "nan_to_num"}
_SCALED = {"mul", "mul_", "__mul__", "__imul__", "multiply", "masked_fill", "masked_fill_"}
_RESHAPES = {"view", "reshape", "view_as", "squeeze", "unsqueeze", "flatten", "unflatten"}
_PRODUCTS = {"matmul", "__matmul__", "bmm"}


@dataclass(eq=False)
class _Awaited:
    """A change of what heads give that waits for the product; ``done`` once it was made."""

    path: str
    change: Change
    done: bool = False


@dataclass(frozen=True, eq=False)
class _Weights:
    reading: Leading
    awaited: _Awaited


class Sums:
    """Knows which tensors are attention weights whose sums of values are to be changed.

    Raises ``NoAttentionError`` where those sums cannot be told.
    """

    def __init__(self) -> None:
        self._known: Any = WeakIdKeyDictionary()
        self._last: _Awaited | None = None

    def expect(self, path: str, weights: Tensor, reading: Leading, change: Change) -> None:
        """Change what comes of these weights [*lead, query, key]."""
        self.check()
        self._last = _Awaited(path, change)
        self._known[weights] = _Weights(reading, self._last)

    def check(self) -> None:
        """Raises where a change that was expected has not been made."""
        if self._last is not None and not self._last.done:
            raise NoAttentionError(
                f"{self._last.path} multiplies its weights with values in a way that cannot be followed, so what its "
                "heads give can neither be kept nor replaced. Ablate(by='zero'), KnockOut and ReplaceRows work there"
            )
        self._last = None

    def see(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any) -> Any:
        """What a function gives, changed where it was the product of awaited weights with values."""
        if self._last is None or not isinstance(output, Tensor):
            return output
        name = getattr(func, "__name__", "")
        if name == "einsum":
            return self._einsum(*args, output=output)
        found = self._known.get(args[0]) if args and isinstance(args[0], Tensor) else None
        if found is None:
            return output
        if name in _PRODUCTS:
            reading = found.reading.regrouped(output.shape[:-2])
            return output if reading is None else _changed(output, found.awaited, reading)
        self._follow(name, found, args[0], output)
        return output

    def _follow(self, name: str, found: _Weights, before: Tensor, output: Tensor) -> None:
        if output.shape[-2:] != before.shape[-2:] or name not in _SAME | _SCALED | _RESHAPES:
            return
        reading = found.reading.regrouped(output.shape[:-2])
        if reading is not None and (name in _RESHAPES or output.shape == before.shape):
            self._known[output] = replace(found, reading=reading)

    def _einsum(self, equation: Any, *operands: Any, output: Tensor) -> Tensor:
        """The product in letters, such as ``bnij,jbnd->ibnd``."""
        given = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
        found = self._known.get(given[0]) if isinstance(given[0], Tensor) else None
        if found is None or not isinstance(equation, str) or "->" not in equation:
            return output
        (of_weights, *_), result = (part.split(",") for part in _in_letters(equation, given[0].ndim).split("->"))
        rows, added = of_weights[:-1], [letter for letter in result[0] if letter not in of_weights]
        if len(added) != 1 or not set(rows) <= set(result[0]) or of_weights[-1] in result[0]:
            return output
        order = [result[0].index(letter) for letter in (*rows, *added)]
        return _changed(output, found.awaited, found.reading, order)


def _in_letters(equation: str, axes: int) -> str:
    """An equation whose first operand has so many axes, with letters for its dots.

    >>> _in_letters("...hqk, ...khd -> ...qhd", 5)
    'ABhqk,ABkhd->ABqhd'
    """
    plain = equation.replace(" ", "")
    free = [letter for letter in ascii_uppercase if letter not in plain]
    return plain.replace("...", "".join(free[: axes - len(plain.partition(",")[0].replace("...", ""))]))


def _changed(output: Tensor, awaited: _Awaited, reading: Leading, order: list[int] | None = None) -> Tensor:
    """The output of a product with the change made; ``order`` brings its axes to [*lead, query, d_value]."""
    if awaited.done:
        raise NoAttentionError(
            f"{awaited.path} multiplies its weights more than once, so what its heads give is no single product. "
            "Ablate(by='zero'), KnockOut and ReplaceRows work there"
        )
    awaited.done = True
    order = order or list(range(output.ndim))
    given = reading.four(output.permute(order)).transpose(1, 2)
    changed = reading.back(awaited.change(given).transpose(1, 2))
    return torch.empty_like(output).copy_(changed.permute([order.index(axis) for axis in range(output.ndim)]))
