"""Which layers, heads, queries and keys are meant: numbers, negative ones from the end, slices, lists, or all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from regard.errors import ArgumentError

Numbers = int | slice | Iterable[int] | None
"""One number, a slice, a list of numbers, or ``None`` for all. Negative numbers count from the end."""


def numbers(what: str, asked: Any, count: int) -> list[int]:
    """The numbers from 0 to ``count`` - 1 that ``asked`` means, ascending; raises ``ArgumentError`` for others.

    >>> numbers("key", -1, 5), numbers("key", slice(0, 2), 5), numbers("key", None, 3)
    ([4], [0, 1], [0, 1, 2])
    """
    if asked is None:
        return list(range(count))
    if isinstance(asked, slice):
        found = list(range(count))[asked]
    else:
        found = sorted({_one(what, number, count) for number in _list(what, asked)})
    if not found:
        raise ArgumentError(f"{what}={asked!r} names none of {count}; use numbers from 0 to {count - 1}")
    return found


def check_numbers(what: str, asked: Any) -> Any:
    """The same in a form that does not change and can be compared: what is known to be wrong is told at once."""
    if asked is None or isinstance(asked, slice):
        return asked
    given = _list(what, asked)
    if not given:
        raise ArgumentError(f"{what} is an empty list; name at least one, or leave it out for all")
    return given[0] if isinstance(asked, (int, np.integer)) else tuple(given)


def includes(asked: Any, number: int, count: int | None = None) -> bool:
    """Whether ``number`` is among those asked for; ``count`` tells what negative numbers and slices mean."""
    if asked is None:
        return True
    if isinstance(asked, slice):
        return number in range(count or number + 1)[asked]
    given = [asked] if isinstance(asked, int) else asked
    return number in [one + count if one < 0 and count is not None else one for one in given]


def reached(asked: Any, first: int, stop: int) -> list[int]:
    """Those of the numbers from ``first`` to ``stop`` - 1 that are meant, of a sequence that has ``stop`` so far.

    >>> reached(5, 3, 5), reached(5, 3, 6), reached(-1, 3, 6), reached(slice(4, None), 3, 6), reached(None, 5, 6)
    ([], [5], [5], [4, 5], [5])
    """
    if asked is None:
        return list(range(first, stop))
    if isinstance(asked, slice):
        return [number for number in range(stop)[asked] if number >= first]
    given = [asked] if isinstance(asked, int) else asked
    found = {number + stop if number < 0 else number for number in given}
    return sorted(number for number in found if first <= number < stop)


def _list(what: str, asked: Any) -> list[int]:
    if isinstance(asked, (str, bytes)):
        raise ArgumentError(f"{what} must be numbers, a slice or None for all; got {asked!r}")
    given = list(asked) if isinstance(asked, Iterable) else [asked]
    if any(isinstance(one, (bool, np.bool_)) or not isinstance(one, (int, np.integer)) for one in given):
        raise ArgumentError(f"{what} must be numbers, a slice or None for all; got {asked!r:.60}")
    return [int(one) for one in given]


def _one(what: str, number: int, count: int) -> int:
    if not -count <= number < count:
        raise ArgumentError(f"{what} {number} does not exist; there are {count} (0 to {count - 1})")
    return number % count
