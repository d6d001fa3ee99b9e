"""One task per block, over the cores.

Each worker multiplies its own small matrices with BLAS held to one thread: many threads inside BLAS and many outside
fight for the same cores. Without threadpoolctl, which holds it, blocks run one after another and BLAS uses the cores.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from regard.record.engine.machine import Machine, full_precision

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH_THREADS = 1 << 20
_lock = threading.Lock()
_holding: list[Any] = []
_users = 0


def each(
    task: Callable[[Item], Result], items: Sequence[Item], machine: Machine, elements: int
) -> Iterator[tuple[Item, Result]]:
    """Pairs of item and ``task(item)``, in order, computed a few ahead; closing the iterator stops the work.

    ``elements`` is about how many weights all tasks together compute: little work is done without threads.
    """
    count = min(workers(), len(items))
    with full_precision(machine):
        if count < 2 or not machine.is_numpy or elements < _WORTH_THREADS or _controller() is None:
            for item in items:
                yield item, task(item)
            return
        with _one_blas_thread(), ThreadPoolExecutor(count, "regard") as pool:
            yield from _ahead(pool, task, items, 2 * count)


def workers() -> int:
    """Cores this process may use, or fewer if ``OMP_NUM_THREADS`` says so."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(allowed, int(asked)) if asked.isdigit() and int(asked) else allowed


def _ahead(
    pool: ThreadPoolExecutor, task: Callable[[Item], Result], items: Sequence[Item], depth: int
) -> Iterator[tuple[Item, Result]]:
    """Results in order, with at most ``depth`` finished or running ones that nobody has taken yet."""
    coming = iter(items)
    waiting: list[tuple[Item, Future[Result]]] = [(item, pool.submit(task, item)) for item in islice(coming, depth)]
    try:
        while waiting:
            item, future = waiting.pop(0)
            result = future.result()
            waiting += [(following, pool.submit(task, following)) for following in islice(coming, 1)]
            yield item, result
    finally:
        for _, future in waiting:
            future.cancel()


@cache
def _controller() -> Any:
    try:
        found = import_module("threadpoolctl").ThreadpoolController().select(user_api="blas")
    except ImportError:
        return None
    return found if found.lib_controllers else None


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread until the last of all concurrent users is done."""
    global _users
    with _lock:
        _users += 1
        if _users == 1:
            _holding.append(_controller().limit(limits=1))
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _holding.pop().restore_original_limits()
