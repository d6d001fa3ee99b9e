"""``.safetensors``: opens in any language that reads the format; the rest is in its metadata, under ``regard``."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regard.errors import missing_extra
from regard.record.atomic import replacing
from regard.record.export.arrays import Arrays, description, named
from regard.record.export.part import Part

if TYPE_CHECKING:
    from regard.record.record import Record


def write(record: Record, path: Path, *, arrays: Arrays = "held", **part: Any) -> None:
    """The arrays and, in the metadata, the same JSON as in ``.npz``."""
    try:
        save_file = import_module("safetensors.numpy").save_file
    except ImportError:
        raise missing_extra("Writing safetensors", "safetensors", "export") from None
    chosen = Part(**part)
    found = named(record, chosen, arrays)
    with replacing(path) as to:
        save_file(found, to, metadata={"regard": description(record, chosen)})
