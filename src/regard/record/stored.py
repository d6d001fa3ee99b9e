"""A layer's arrays as a file holds them: written a head at a time, read back where they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from regard.errors import ArgumentError, FileFormatError
from regard.record.attention import Layer
from regard.record.bfloat16 import Bfloat16
from regard.record.codes import Roots, ScaledRows, roots, scaled_rows
from regard.record.container import Writer
from regard.record.dense import Dense
from regard.record.factored import Factored
from regard.record.lazy import LazySource
from regard.record.mask import MaskRule
from regard.record.precision import Numbers
from regard.record.rounded import ROUNDED
from regard.record.some_heads import SomeHeads, heads_in, only_held
from regard.record.source import Source

_MOST_HEADS = 1 << 16


def pack_layer(prefix: str, layer: Layer, writer: Writer, numbers: Numbers) -> dict[str, Any]:
    """Write a layer's arrays; returns what its header entry says.

    ``numbers`` is for queries, keys and finished weights. A captured log-sum-exp goes with the exact numbers only:
    of rounded ones it is computed anew, so that rows still sum to one.
    """
    names = [name for name in layer.source.arrays() if name != "lse" or numbers == "stored"]
    held = only_held(layer.source)
    codes = {name: _write(f"{prefix}/{name}", held, name, writer, numbers) for name in names}
    entry = {"arrays": names, "codes": {name: code for name, code in codes.items() if code}}
    if parts := {name: part for name in names if (part := _part(layer.source, name))}:
        entry["heads"] = parts
    if isinstance(layer, Dense):
        return {"form": "dense", **entry}
    rule = layer.mask
    mask = {"before": rule.before, "after": rule.after, "chunk": rule.chunk, "offset": rule.offset}
    return {"form": "factored", **entry, "scale": layer.scale, "softcap": layer.softcap, "mask": mask}


def unpack_layer(prefix: str, found: Mapping[str, Any], arrays: Mapping[str, Any]) -> Layer:
    """The layer of such an entry; raises ``KeyError``, ``TypeError``, ``ValueError`` or ``RegardError``."""
    held = {name: _read(f"{prefix}/{name}", found["codes"].get(name), arrays) for name in found["arrays"]}
    for name, part in found.get("heads", {}).items():
        held[name] = _some_heads(held[name], part, prefix)
    source = LazySource(held)
    if found["form"] == "dense":
        return Dense(source)
    mask = _rule(found["mask"])
    softcap = None if found["softcap"] is None else float(found["softcap"])
    layer = Factored(source, scale=float(found["scale"]), softcap=softcap, mask=mask)
    if not np.isfinite(layer.scale) or not np.isfinite(softcap or 0) or softcap == 0:
        raise FileFormatError(f"{prefix}: scale {found['scale']!r} or soft-cap {found['softcap']!r} cannot be used")
    return layer


def _part(source: Source, name: str) -> dict[str, Any] | None:
    """Which heads of an array are held, and of how many; nothing if it is all of them (or no array by head)."""
    heads, count = heads_in(source, name), source.shape(name)[0]
    return {"held": list(heads), "of": count} if len(heads) < count else None


def _some_heads(held: Any, part: Mapping[str, Any], prefix: str) -> SomeHeads:
    heads, count = tuple(map(int, part["held"])), int(part["of"])
    if count > _MOST_HEADS:
        raise FileFormatError(f"{prefix}: {count} heads are more than a layer can have ({_MOST_HEADS})")
    return SomeHeads(held, heads, count)


def _write(stored: str, source: Source, name: str, writer: Writer, numbers: Numbers) -> str | None:
    """Write one array; returns the code it is written in, if any."""
    shape = source.shape(name)
    if name in ROUNDED and numbers == "int8":
        return _write_bytes(stored, source, name, shape, writer)
    held = source.held(name) if isinstance(source, LazySource) else None
    if isinstance(held, Bfloat16) and (name not in ROUNDED or numbers == "stored"):
        writer.add(stored, "bfloat16", shape, (np.asarray(held.bits[at]) for at in _heads(shape)))
        return None
    blocks = (source.read(name, at) for at in _heads(shape))
    dtype = source.read(name, (slice(0, 0),) * len(shape)).dtype
    if name in ROUNDED and numbers in ("float32", "float16"):
        dtype = np.dtype(numbers)
    writer.add(stored, dtype.name, shape, (_as(block, dtype, stored) for block in blocks))
    return None


def _write_bytes(stored: str, source: Source, name: str, shape: tuple[int, ...], writer: Writer) -> str:
    if name == "weights":
        writer.add(stored, "uint8", shape, (roots(source.read(name, at)) for at in _heads(shape)))
        return "roots"
    scales: list[np.ndarray] = []

    def codes() -> Iterator[np.ndarray]:
        for at in _heads(shape):
            found, scale = scaled_rows(source.read(name, at))
            scales.append(scale)
            yield found

    writer.add(stored, "int8", shape, codes())
    writer.add(f"{stored}.scale", "float32", shape[:-1], scales)
    return "rows"


def _read(stored: str, code: str | None, arrays: Mapping[str, Any]) -> Any:
    if code is None:
        return arrays[stored]
    if code == "roots":
        return Roots(arrays[stored])
    if code != "rows":
        raise FileFormatError(f"array {stored!r} is in the unknown code {code!r}; known are 'rows' and 'roots'")
    codes, scale = arrays[stored], arrays[f"{stored}.scale"]
    if tuple(scale.shape) != tuple(codes.shape[:-1]):
        raise FileFormatError(f"array {stored!r} {list(codes.shape)} has scales {list(scale.shape)}")
    return ScaledRows(codes, scale)


def _heads(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """The array in parts along its first axis."""
    for start in range(shape[0]):
        yield (slice(start, start + 1), *(slice(0, size) for size in shape[1:]))


def _as(block: np.ndarray, dtype: np.dtype, stored: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        found = block.astype(dtype, copy=False)
    if dtype == np.float16 and not np.isfinite(found).all() and np.isfinite(block).all():
        raise ArgumentError(
            f"{stored}: numbers up to {np.abs(block).max():.3g} do not fit float16 (65504); use precision='int8'"
        )
    return found


def _rule(found: Mapping[str, Any]) -> MaskRule:
    for name, value in found.items():
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 48
        if not (whole or (value is None and name != "offset")) or (name == "chunk" and whole and value < 1):
            raise FileFormatError(f"mask: {name} {value!r} is not a usable whole number")
    return MaskRule(**found)
