"""The bytes of a ``.regard`` file: named arrays after one JSON header. No pickle, nothing executable.

========================  =====================================================================================
bytes                     content
========================  =====================================================================================
0–7                       ``b"regard\\r\\n"``
8–15                      length N of the header, little-endian unsigned
16–19                     CRC-32 of the header, little-endian unsigned
20–(20+N)                 header: JSON (ASCII), ``{"version": 1, "arrays": {name: entry}, …}``
from there                the arrays, little-endian, C order, each starting at a multiple of 64 from the file's start
========================  =====================================================================================

An entry is ``{"dtype", "shape", "offset", "crc32"}``. Everything is checked before a byte of an array is read, so a
truncated, enlarged or hand-made file gives a clear error and costs no more memory than its header.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import numpy as np

from regard.errors import FileFormatError

MAGIC = b"regard\r\n"
VERSION = 1
DTYPES = ("bool", "uint8", "uint16", "int32", "int64", "float16", "float32", "float64")
_START = struct.Struct("<8sQI")
_ALIGN = 64
_MOST_HEADER = 1 << 28


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write header and arrays to ``path``, which appears whole or not at all."""
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(file, header, arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays of ``path``, memory-mapped and read-only; raises ``FileFormatError``."""
    size = path.stat().st_size
    with path.open("rb") as file:
        header, start = _header(file, size, path)
    entries = header.pop("arrays", None)
    if not isinstance(entries, dict):
        raise FileFormatError(f"{path}: the header lists no arrays")
    return header, {name: _mapped(path, name, entry, start, size) for name, entry in entries.items()}


def damaged(path: Path) -> list[str]:
    """Names of the arrays whose bytes do not match their checksum (reads the whole file)."""
    with path.open("rb") as file:
        header, _ = _header(file, path.stat().st_size, path)
    _, arrays = read(path)
    return [name for name, array in arrays.items() if zlib.crc32(_bytes(array)) != header["arrays"][name].get("crc32")]


def _write(file: BinaryIO, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    entries, offset = {}, 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise FileFormatError(f"array {name!r}: a record file holds {', '.join(DTYPES)}; got {array.dtype}")
        entries[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        entries[name]["crc32"] = zlib.crc32(_bytes(array))
        offset += -(-array.nbytes // _ALIGN) * _ALIGN
    text = json.dumps({"version": VERSION, **header, "arrays": entries}, separators=(",", ":")).encode("ascii")
    text += b" " * (-(_START.size + len(text)) % _ALIGN)
    file.write(_START.pack(MAGIC, len(text), zlib.crc32(text)) + text)
    for array in arrays.values():
        file.write(_bytes(array))
        file.write(b"\0" * (-array.nbytes % _ALIGN))


def _bytes(array: np.ndarray) -> memoryview:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8).data


def _header(file: BinaryIO, size: int, path: Path) -> tuple[dict[str, Any], int]:
    begin = file.read(_START.size)
    if len(begin) < _START.size or not begin.startswith(MAGIC):
        raise FileFormatError(f"{path} is not a record file: it does not begin with {MAGIC!r}")
    _, length, checksum = _START.unpack(begin)
    if length > min(size - _START.size, _MOST_HEADER):
        raise FileFormatError(f"{path}: the header claims {length} bytes; the file has {size} (truncated?)")
    text = file.read(length)
    if zlib.crc32(text) != checksum:
        raise FileFormatError(f"{path}: the header is damaged (checksum does not match)")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: the header is not JSON: {error}") from None
    version = header.get("version") if isinstance(header, dict) else None
    if version != VERSION:
        raise FileFormatError(f"{path}: file version {version!r}; this regard reads version {VERSION}")
    return header, _START.size + length


def _mapped(path: Path, name: str, entry: Any, start: int, size: int) -> np.ndarray:
    dtype, shape, offset = (entry.get(k) if isinstance(entry, dict) else None for k in ("dtype", "shape", "offset"))
    if dtype not in DTYPES:
        raise FileFormatError(f"{path}: array {name!r} has type {dtype!r}; known are {', '.join(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > 8 or not all(map(_is_count, shape)) or not _is_count(offset):
        raise FileFormatError(f"{path}: array {name!r} has no usable shape and offset: {shape!r}, {offset!r}")
    kind = np.dtype(dtype).newbyteorder("<")
    needed = prod(shape) * kind.itemsize
    if start + offset + needed > size:
        raise FileFormatError(
            f"{path}: array {name!r} would end at byte {start + offset + needed} of {size} (truncated?)"
        )
    if not needed:
        return np.zeros(shape, kind)
    return np.memmap(path, kind, "r", start + offset, tuple(shape))


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 48
