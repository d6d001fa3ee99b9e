"""One writer at a time: a lock that goes with the process that holds it, however that ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regard.errors import RegardError

FILE = ".writing"


class CorpusBusyError(RegardError):
    """Another process is adding texts to this corpus."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Holds the folder's lock; raises :class:`CorpusBusyError` when another process does."""
    handle = os.open(path / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _lock(handle)
        except OSError as error:
            raise CorpusBusyError(
                f"another process is adding texts to the corpus at {str(path)!r}; wait until it has ended (reading is "
                "possible meanwhile)"
            ) from error
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
