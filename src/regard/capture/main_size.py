"""Layers of one sequence length, of those that a model has."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Sequence

from regard.axes import Kind
from regard.record.attention import Layer

Size = tuple[int, int]


def of_main_size(kind: Kind, layers: Sequence[Layer | None], tokens: int = 0) -> tuple[Size, tuple[Layer | None, ...]]:
    """The [query, key] size that the record holds, and the layers with those of other sizes left empty, of which a
    warning tells.

    It is the size over the sequence itself (of ``tokens`` keys), where there is one; else the size that most layers
    have, and of several the largest.
    """
    main, numbers = main_size(layers, tokens), _numbers(layers)
    if len(numbers) > 1:
        warnings.warn(_message(kind, main, numbers), stacklevel=6)
    return main, tuple(layer if number in numbers[main] else None for number, layer in enumerate(layers))


def main_size(layers: Sequence[Layer | None], tokens: int = 0) -> Size:
    """The [query, key] size of :func:`of_main_size` alone."""
    numbers = _numbers(layers)
    return max(numbers, key=lambda size: (size[1] == tokens, len(numbers[size]), size))


def _numbers(layers: Sequence[Layer | None]) -> dict[Size, list[int]]:
    """Numbers of the layers of each size."""
    numbers: dict[Size, list[int]] = defaultdict(list)
    for number, layer in enumerate(layers):
        if layer is not None:
            numbers[layer.queries, layer.keys].append(number)
    return numbers


def _message(kind: Kind, main: Size, numbers: dict[Size, list[int]]) -> str:
    others = {size: found for size, found in sorted(numbers.items()) if size != main}
    listed = "; ".join(f"{', '.join(map(str, found))} ({q} × {k})" for (q, k), found in others.items())
    return (
        f"{kind} attention is over sequences of several lengths: the record holds the {len(numbers[main])} layers of "
        f"{main[0]} queries × {main[1]} keys; not in the record: layers {listed}. To have some of these, capture with "
        f"layers={next(iter(others.values()))}"
    )
