"""Arrays of which only some heads are held: what a record of a part of a model's heads is made of."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from regard.errors import ArgumentError
from regard.record.lazy import LazySource
from regard.record.source import Source


class SomeHeads:
    """An array [head, …] of which ``held`` has these heads only; reading another one raises ``ArgumentError``.

    Heads keep the numbers that they have in the model, of which there are ``count``.

    >>> SomeHeads(np.array([[0.5], [0.7]]), (1, 3), 4)[3:4, 0:1]
    array([[0.7]])
    """

    def __init__(self, held: Any, heads: tuple[int, ...], count: int):
        if (
            len(heads) != held.shape[0]
            or not all(0 <= head < count for head in heads)
            or sorted(set(heads)) != [*heads]
        ):
            raise ArgumentError(f"{held.shape[0]} heads are held, which cannot be {list(heads)} of {count}")
        self.held, self.heads = held, heads
        self.shape = (count, *held.shape[1:])

    def __getitem__(self, index: tuple[slice, ...]) -> np.ndarray:
        wanted = range(*index[0].indices(self.shape[0]))
        missing = [head for head in wanted if head not in self.heads]
        if missing:
            raise ArgumentError(
                f"head {missing[0]} was not captured; heads that were: {list(self.heads)} (capture(..., heads=[...]))"
            )
        first = self.heads.index(wanted[0]) if wanted else 0
        return np.asarray(self.held[(slice(first, first + len(wanted)), *index[1:])])


def heads_in(source: Source, array: str) -> tuple[int, ...]:
    """Numbers of the heads of the named array that can be read."""
    held = source.held(array) if isinstance(source, LazySource) else None
    return held.heads if isinstance(held, SomeHeads) else tuple(range(source.shape(array)[0]))


def only_held(source: Source) -> Source:
    """The same arrays without the heads that are not held: each as many along its first axis as there is to read."""
    if not isinstance(source, LazySource):
        return source
    arrays = {name: source.held(name) for name in source.arrays()}
    return LazySource({name: array.held if isinstance(array, SomeHeads) else array for name, array in arrays.items()})


def held_bytes(source: Source) -> int:
    """Bytes that a source's arrays take."""
    held = only_held(source)
    shapes = {name: held.shape(name) for name in held.arrays()}
    empty = {name: held.read(name, (slice(0, 0),) * len(shape)) for name, shape in shapes.items()}
    return sum(prod(shape) * empty[name].itemsize for name, shape in shapes.items())
