"""The bytes of a ``.regard`` file: named arrays, then one JSON header. No pickle, nothing executable, no compression.

docs/how-it-works/record-file.md specifies it. Arrays are written one after another as they come, the header after
them, and the fixed start last, so that a record can be larger than memory. Everything is checked before a byte of an
array is read: a truncated, enlarged or hand-made file gives a clear error and costs no more memory than its header.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import numpy as np

from regard.errors import FileFormatError
from regard.record.atomic import replacing
from regard.record.bfloat16 import Bfloat16

MAGIC = b"regard\r\n"
VERSION = 1
DTYPES = ("bool", "int8", "uint8", "uint16", "int32", "int64", "float16", "float32", "float64", "bfloat16")
START = struct.Struct("<8sQQI36x")
_ALIGN = 64
_MOST_HEADER = 1 << 26
_MOST_BRACKETS = 1 << 16


class Writer:
    """A file being written: arrays in any order, then the header."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self._entries: dict[str, dict[str, Any]] = {}
        file.write(b"\0" * START.size)

    def add(self, name: str, dtype: str, shape: tuple[int, ...], blocks: Iterable[np.ndarray]) -> None:
        """Append an array that comes in blocks, in C order; ``"bfloat16"`` comes as its bits."""
        if dtype not in DTYPES:
            raise FileFormatError(f"array {name!r}: a record file holds {', '.join(DTYPES)}; got {dtype}")
        offset, checksum = self._file.tell(), 0
        for block in blocks:
            content = np.ascontiguousarray(block, block.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
            checksum = zlib.crc32(content, checksum)
            self._file.write(content)
        size = self._file.tell() - offset
        if size != prod(shape) * itemsize(dtype):
            raise FileFormatError(f"array {name!r}: {dtype} {list(shape)} takes another number of bytes than {size}")
        self._file.write(b"\0" * (-size % _ALIGN))
        self._entries[name] = {"dtype": dtype, "shape": list(shape), "offset": offset, "crc32": checksum}

    def finish(self, header: Mapping[str, Any]) -> None:
        """Append the header, then make the start say where it is."""
        text = json.dumps({"version": VERSION, **header, "arrays": self._entries}, separators=(",", ":"))
        content, offset = text.encode("ascii"), self._file.tell()
        if len(content) > _MOST_HEADER:
            raise FileFormatError(f"the header would take {len(content)} bytes; at most {_MOST_HEADER} are allowed")
        self._file.write(content)
        self._file.seek(0)
        self._file.write(START.pack(MAGIC, offset, len(content), zlib.crc32(content)))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A writer for ``path``, which appears whole when the block ends, or not at all."""
    with replacing(path) as part, part.open("xb") as file:
        yield Writer(file)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray | Bfloat16]]:
    """The header and the arrays of ``path``, memory-mapped and read-only; raises ``FileFormatError``."""
    header = _header(path)
    found = _mapped(path, header.get("arrays"))
    bits = {name for name, entry in header.pop("arrays").items() if entry["dtype"] == "bfloat16"}
    return header, {name: Bfloat16(array) if name in bits else array for name, array in found.items()}


def damaged(path: Path) -> list[str]:
    """Names of the arrays whose bytes do not match their checksum (reads the whole file)."""
    entries: Any = _header(path).get("arrays")
    arrays = _mapped(path, entries)
    return [name for name, array in arrays.items() if _checksum(array) != entries[name].get("crc32")]


def itemsize(dtype: str) -> int:
    """Bytes of one number."""
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def _checksum(array: np.ndarray) -> int:
    return zlib.crc32(array.reshape(-1).view(np.uint8).data)


def _header(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    if not path.is_file():
        raise FileFormatError(f"{path} is not a file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        begin = file.read(START.size)
        if len(begin) < START.size or not begin.startswith(MAGIC):
            raise FileFormatError(f"{path} is not a record file: it does not begin with {MAGIC!r}")
        _, offset, length, checksum = START.unpack(begin)
        if length > _MOST_HEADER or offset + length > size:
            raise FileFormatError(
                f"{path}: the header claims bytes {offset} to {offset + length}; the file has {size} (truncated?), "
                f"and a header at most {_MOST_HEADER}"
            )
        file.seek(offset)
        return _parsed(file.read(length), checksum, path)


def _parsed(text: bytes, checksum: int, path: Path) -> dict[str, Any]:
    if zlib.crc32(text) != checksum:
        raise FileFormatError(f"{path}: the header is damaged (checksum does not match)")
    if text.count(b"[") + text.count(b"{") > _MOST_BRACKETS:
        raise FileFormatError(f"{path}: the header holds more than {_MOST_BRACKETS} lists")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: the header is not JSON: {error}") from None
    version = header.get("version") if isinstance(header, dict) else None
    if version != VERSION:
        raise FileFormatError(f"{path}: file version {version!r}; this regard reads version {VERSION}")
    assert isinstance(header, dict)
    return header


def _mapped(path: Path, entries: Any) -> dict[str, np.ndarray]:
    if not isinstance(entries, dict):
        raise FileFormatError(f"{path}: the header lists no arrays")
    content = np.memmap(path, np.uint8, "r")
    return {name: _array(path, name, entry, content) for name, entry in entries.items()}


def _array(path: Path, name: str, entry: Any, content: np.ndarray) -> np.ndarray:
    dtype, shape, offset = (entry.get(k) if isinstance(entry, dict) else None for k in ("dtype", "shape", "offset"))
    if dtype not in DTYPES:
        raise FileFormatError(f"{path}: array {name!r} has type {dtype!r}; known are {', '.join(DTYPES)}")
    size = len(content)
    if not isinstance(shape, list) or len(shape) > 8 or not _is_count(offset, size):
        raise FileFormatError(f"{path}: array {name!r} has no usable shape and offset: {shape!r}, {offset!r}")
    if not all(_is_count(count, size) for count in shape):
        raise FileFormatError(f"{path}: array {name!r} of shape {shape!r} does not fit in a file of {size} bytes")
    kind = np.dtype("uint16" if dtype == "bfloat16" else dtype).newbyteorder("<")
    end = offset + prod(shape) * kind.itemsize
    if end > size:
        raise FileFormatError(f"{path}: array {name!r} would end at byte {end} of {size} (truncated?)")
    return content[offset:end].view(kind).reshape(shape)


def _is_count(value: object, most: int) -> TypeGuard[int]:
    """A whole number no larger than the file: no shape promises more than there can be, even with a zero in it."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
