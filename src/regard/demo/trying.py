"""One change at a time, each of the same state, each with a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regard.workbench import State, Workbench


def tried(bench: Workbench, name: str, change: Callable[[], State], first: int = 0) -> None:
    """Make one change of the state ``first``, and name what comes of it."""
    bench.show(first)
    bench.rename(change().id, name)
