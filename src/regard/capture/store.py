"""Where captured queries and keys go: memory, or a file on disk while the model runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from regard.capture.bits import plain, readable
from regard.capture.disk import DiskStore
from regard.errors import ArgumentError


@runtime_checkable
class Store(Protocol):
    """Keeps a copy of a tensor and gives back something that numpy slices lazily, of the tensor's own precision."""

    def keep(self, tensor: Tensor) -> Any:
        """A copy of ``tensor`` (any device, any layout), C order."""
        ...


class MemoryStore:
    """Copies in memory, in the tensor's own type (bfloat16 as its bits)."""

    def keep(self, tensor: Tensor) -> Any:
        """A contiguous copy that owns its memory."""
        found = plain(tensor)
        copy = torch.empty(found.shape, dtype=found.dtype).copy_(found)
        return readable(copy.numpy(), tensor)


@contextmanager
def opened(store: str | Path) -> Iterator[Store]:
    """The store that ``store`` means: ``"memory"``, ``"disk"`` or the path of a record file.

    When anything is raised inside, what was written is gone.
    """
    path = path_of(store)
    if store == "memory":
        yield MemoryStore()
        return
    disk = DiskStore(path.parent if path else None)
    try:
        yield disk
    except BaseException:
        disk.close()
        raise


def path_of(store: str | Path) -> Path | None:
    """The path that ``store`` names, ``None`` for ``"memory"`` and ``"disk"``; raises ``ArgumentError``."""
    if isinstance(store, str) and store in ("memory", "disk"):
        return None
    if not isinstance(store, (str, Path)) or Path(store).suffix != ".regard":
        raise ArgumentError(f"store must be 'memory', 'disk' or the path of a .regard file; got {store!r}")
    path = Path(store)
    if not path.parent.is_dir():
        raise ArgumentError(f"store: there is no folder {str(path.parent)!r} for {path.name!r}")
    return path
