"""What any reader of a tile does, from its header alone."""

import zlib

import numpy as np

from regard.view import TileHeader

TYPES = {"u8": "u1", "u16": "<u2", "f32": "<f4"}


def decode(header: TileHeader, content: bytes) -> np.ndarray:
    assert header.compression == "deflate"
    codes = np.frombuffer(zlib.decompress(content), TYPES[header.dtype])
    codes = codes.reshape([stop - start for start, stop in header.slices])
    if header.dtype == "f32":
        return codes
    return (codes / (255 if header.dtype == "u8" else 65535)) ** header.root
