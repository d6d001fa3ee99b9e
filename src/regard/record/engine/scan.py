"""One pass over a rectangle: every block of queries of every head, on all cores, masked blocks left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from regard.record.engine.blocks import query_blocks, visible
from regard.record.engine.machine import Machine
from regard.record.engine.threads import each, workers
from regard.record.mask import MaskRule

Tiles = TypeVar("Tiles")
Result = TypeVar("Result")


def scan(
    rule: MaskRule,
    heads: slice,
    queries: slice,
    keys: slice,
    make: Callable[[int], Tiles],
    task: Callable[[Tiles, slice], Result],
    machine: Machine,
    most: int | None = None,
) -> Iterator[tuple[int, slice, Result]]:
    """``(head, queries, task(make(head), queries))`` for each block of queries of each head.

    ``make`` brings one head's keys to the machine; a few heads' keys are held at a time. A block has at
    most ``most`` queries.
    """
    blocks = query_blocks(rule, queries, keys, most)
    items = [(head, block) for head in range(heads.start, heads.stop) for block in blocks]
    work = (heads.stop - heads.start) * visible(rule, blocks, keys)
    held = lru_cache(workers() + 1)(make)

    def compute(item: tuple[int, slice]) -> Result:
        return task(held(item[0]), item[1])

    for (head, block), result in each(compute, items, machine, work):
        yield head, block, result
