"""Records as files: ``record.save("x.regard")`` and ``regard.open("x.regard")``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from regard.errors import FileFormatError, RegardError
from regard.record import container
from regard.record.attention import Attention, Layer
from regard.record.dense import Dense
from regard.record.factored import Factored
from regard.record.mask import MaskRule
from regard.record.record import ModelInfo, Record
from regard.record.source import MemorySource
from regard.record.tokens import Tokens

_TOKEN_ARRAYS = ("ids", "offsets")


def save(record: Record, path: str | Path) -> Path:
    """Write a record to one file, atomically. Factored attention takes O(n · d), never n² bytes."""
    path = Path(path)
    if path.suffix != ".regard":
        raise FileFormatError(f"a record file ends in .regard; got {path.name!r}")
    arrays: dict[str, np.ndarray] = {}
    header = {
        "model": asdict(record.model),
        "streams": {name: _pack_tokens(name, tokens, arrays) for name, tokens in record.streams.items()},
        "attentions": [_pack_attention(attention, arrays) for attention in record.attentions.values()],
    }
    container.write(path, header, arrays)
    return path


def open(path: str | Path, *, verify: bool = False) -> Record:
    """Read a record file. Arrays stay on disk, memory-mapped, until they are looked at.

    ``verify`` reads everything once and compares checksums. Raises ``FileFormatError`` for a file that is damaged,
    truncated, of another version, or no record file at all, and ``FileNotFoundError`` when there is none.
    """
    path = Path(path)
    header, arrays = container.read(path)
    if verify and (bad := container.damaged(path)):
        raise FileFormatError(f"{path}: damaged arrays (checksums do not match): {', '.join(bad)}")
    try:
        streams = {name: _unpack_tokens(name, found, arrays) for name, found in header["streams"].items()}
        attentions = {found["kind"]: _unpack_attention(found, arrays) for found in header["attentions"]}
        return Record(streams, attentions, ModelInfo(**header["model"]))
    except RegardError as error:
        raise FileFormatError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FileFormatError(f"{path}: the header does not describe a record ({error!r})") from error


def _pack_tokens(stream: str, tokens: Tokens, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    for name in _TOKEN_ARRAYS:
        value = getattr(tokens, name)
        if value is not None:
            arrays[f"{stream}/{name}"] = np.asarray(value)
    special = [i for i, flag in enumerate(tokens.special) if flag]
    segments = None if tokens.segments is None else list(tokens.segments)
    return {
        "pieces": list(tokens.pieces),
        "labels": list(tokens.labels),
        "special": special,
        "segments": segments,
        "text": tokens.text,
    }


def _unpack_tokens(stream: str, found: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Tokens:
    pieces, special = tuple(map(str, found["pieces"])), set(found["special"])
    return Tokens(
        pieces,
        tuple(map(str, found["labels"])),
        special=tuple(i in special for i in range(len(pieces))),
        segments=None if found["segments"] is None else tuple(map(int, found["segments"])),
        text=found["text"],
        **{name: arrays.get(f"{stream}/{name}") for name in _TOKEN_ARRAYS},
    )


def _pack_attention(attention: Attention, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    layers = [
        None if layer is None else _pack_layer(f"{attention.kind}/{number}", layer, arrays)
        for number, layer in enumerate(attention.layers)
    ]
    streams = {"query_stream": attention.query_stream, "key_stream": attention.key_stream}
    return {"kind": attention.kind, **streams, "layers": layers}


def _pack_layer(prefix: str, layer: Layer, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    held = layer.source.arrays()
    for name in held:
        shape = layer.source.shape(name)
        arrays[f"{prefix}/{name}"] = layer.source.read(name, tuple(slice(0, size) for size in shape))
    if isinstance(layer, Dense):
        return {"form": "dense", "arrays": list(held)}
    rule = asdict(layer.mask)
    return {"form": "factored", "arrays": list(held), "scale": layer.scale, "softcap": layer.softcap, "mask": rule}


def _unpack_attention(found: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Attention:
    layers = tuple(
        None if layer is None else _unpack_layer(f"{found['kind']}/{number}", layer, arrays)
        for number, layer in enumerate(found["layers"])
    )
    return Attention(found["kind"], layers, found["query_stream"], found["key_stream"])


def _unpack_layer(prefix: str, found: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Layer:
    source = MemorySource({name: arrays[f"{prefix}/{name}"] for name in found["arrays"]})
    if found["form"] == "dense":
        return Dense(source)
    return Factored(source, scale=found["scale"], softcap=found["softcap"], mask=MaskRule(**found["mask"]))
