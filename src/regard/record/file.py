"""Records as files: ``record.save("x.regard")`` and ``regard.open("x.regard")``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from regard.errors import FileFormatError, RegardError, not_one_of
from regard.record import container
from regard.record.attention import Attention
from regard.record.pack import (
    pack_generation,
    pack_routing,
    pack_tokens,
    unpack_generation,
    unpack_routing,
    unpack_tokens,
)
from regard.record.precision import NUMBERS, Numbers, Precision, measured
from regard.record.record import ModelInfo, Record
from regard.record.stored import pack_layer, unpack_layer


def save(record: Record, path: str | Path, *, precision: Numbers = "stored") -> Path:
    """Write a record to one file, atomically. Factored attention takes O(n · d), never n² bytes.

    ``precision`` is how queries, keys and finished weights are kept: ``"stored"`` as they are, ``"float32"``,
    ``"float16"``, or ``"int8"`` (a scale per row; weights as roots in a byte). What the rounding does to the weights
    is measured and read back as ``record.precision``. Raises ``ArgumentError`` for numbers that do not fit.
    """
    path = Path(path)
    if path.suffix != ".regard":
        raise FileFormatError(f"a record file ends in .regard; got {path.name!r}")
    if precision not in NUMBERS:
        raise not_one_of("precision", precision, NUMBERS)
    with container.writing(path) as writer:
        attentions = [_pack_attention(attention, writer, precision) for attention in record.attentions.values()]
        header = {
            "model": asdict(record.model),
            "streams": {name: pack_tokens(name, tokens, writer) for name, tokens in record.streams.items()},
            "attentions": attentions,
            "generation": None if record.generation is None else pack_generation(record.generation, writer),
            "precision": _pack_precision(record, precision),
            "routings": [pack_routing(routing, writer) for routing in record.routings.values()],
        }
        writer.finish(header)
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
        return _record(header, arrays)
    except RegardError as error:
        raise FileFormatError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise FileFormatError(f"{path}: the header does not describe a record ({error!r})") from error


def _record(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> Record:
    streams = {name: unpack_tokens(name, found, arrays) for name, found in header["streams"].items()}
    attentions = {found["kind"]: _unpack_attention(found, arrays) for found in header["attentions"]}
    answer, kept = header.get("generation"), header.get("precision")
    generation = None if answer is None else unpack_generation(answer, arrays)
    model = ModelInfo(**{name: str(value) for name, value in header["model"].items()})
    precision = None if kept is None else _unpack_precision(kept)
    routings = [unpack_routing(one, arrays) for one in header.get("routings", ())]
    return Record(streams, attentions, model, generation, precision, {one.stream: one for one in routings})


def _pack_attention(attention: Attention, writer: container.Writer, numbers: Numbers) -> dict[str, Any]:
    layers = [
        None if layer is None else pack_layer(f"{attention.kind}/{number}", layer, writer, numbers)
        for number, layer in enumerate(attention.layers)
    ]
    streams = {"query_stream": attention.query_stream, "key_stream": attention.key_stream}
    return {"kind": attention.kind, **streams, "layers": layers}


def _unpack_attention(found: Mapping[str, Any], arrays: Mapping[str, Any]) -> Attention:
    layers = tuple(
        None if layer is None else unpack_layer(f"{found['kind']}/{number}", layer, arrays)
        for number, layer in enumerate(found["layers"])
    )
    return Attention(found["kind"], layers, str(found["query_stream"]), str(found["key_stream"]))


def _pack_precision(record: Record, numbers: Numbers) -> dict[str, Any] | None:
    """The measured precision, on top of what the record had already lost."""
    before = record.precision
    if numbers == "stored":
        return None if before is None else asdict(before)
    layers = [layer for attention in record.attentions.values() for layer in attention.layers if layer is not None]
    found = measured(numbers, layers)
    return asdict(replace(found, error=found.error + (before.error if before else 0)))


def _unpack_precision(found: Mapping[str, Any]) -> Precision:
    numbers, error, share = found["numbers"], float(found["error"]), float(found["share"])
    if numbers not in NUMBERS or not 0 <= share <= 1 or not error >= 0:
        raise FileFormatError(f"precision {dict(found)!r} cannot be used")
    return Precision(numbers, error, share)
