"""Captured arrays in a file, written while the model runs and read where they are looked at."""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
import threading
import weakref
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from regard.capture.bits import plain, readable

_ALIGN = 64


class DiskStore:
    """Copies in one file that has no name: it goes when the last array that was kept in it goes, or the process.

    Arrays are written one head at a time, so no second copy is ever in memory. ``folder`` is where the disk is
    (``None``: where temporary files go, which TMPDIR names).
    """

    def __init__(self, folder: Path | None = None):
        self._folder = folder
        self._size = 0
        self._lock = threading.Lock()
        self._map: np.ndarray | None = None
        self._file: Any = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._closed = weakref.finalize(self, _close, self._file)

    def keep(self, tensor: Tensor) -> Any:
        """Append the tensor to the file."""
        found = plain(tensor)
        start = self._size
        try:
            for part in found if found.ndim > 1 else found[None]:
                self._size += self._file.write(part.contiguous().cpu().numpy().reshape(-1).view(np.uint8).data)
            self._size += self._file.write(b"\0" * (-self._size % _ALIGN))
        except OSError as error:
            raise self._full(error) from error
        dtype = np.dtype(str(found.dtype).removeprefix("torch."))
        return readable(Streamed(self, start, tuple(found.shape), dtype), tensor)

    def close(self) -> None:
        """Give the disk space back now; nothing that was kept can be read afterwards."""
        self._closed()

    def mapped(self) -> np.ndarray:
        """The whole file as bytes, memory-mapped."""
        with self._lock:
            if self._map is None or len(self._map) < self._size:
                self._file.flush()
                view = mmap.mmap(self._file.fileno(), self._size, access=mmap.ACCESS_READ)
                self._map = np.frombuffer(view, np.uint8)
            return self._map

    def _full(self, error: OSError) -> OSError:
        where = self._folder or Path(tempfile.gettempdir())
        what = "no space left on the disk" if error.errno == errno.ENOSPC else os.strerror(error.errno or 0)
        return OSError(
            error.errno,
            f"store: {what} of {where} after {self._size / 1e9:.1f} GB of queries and keys; nothing is left behind. "
            "Capture fewer layers (layers=[...]), or name a place with more room: store='/path/to/record.regard'",
        )


class Streamed:
    """One array in a :class:`DiskStore`: read where it is sliced."""

    def __init__(self, store: DiskStore, start: int, shape: tuple[int, ...], dtype: np.dtype):
        self._store, self._start = store, start
        self.shape, self.dtype = shape, dtype

    def __getitem__(self, index: Any) -> np.ndarray:
        size = prod(self.shape) * self.dtype.itemsize
        data = self._store.mapped()[self._start : self._start + size] if size else np.zeros(0, np.uint8)
        whole: np.ndarray = data.view(self.dtype).reshape(self.shape)
        return np.asarray(whole[index])


def _close(file: Any) -> None:
    """Close a file that is not wanted any more; a full disk may refuse its last bytes."""
    with suppress(OSError):
        file.close()
