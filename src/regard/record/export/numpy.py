"""``.npz``: opens with ``numpy.load(path)``; nothing in it is pickled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.record.atomic import replacing
from regard.record.export.arrays import Arrays, description, named
from regard.record.export.part import Part

if TYPE_CHECKING:
    from regard.record.record import Record


def write(record: Record, path: Path, *, arrays: Arrays = "held", **part: Any) -> None:
    """The arrays, and the rest as JSON: ``json.loads(bytes(file["description"]))``."""
    chosen = Part(**part)
    found = named(record, chosen, arrays)
    found["description"] = np.frombuffer(description(record, chosen).encode("ascii"), np.uint8)
    with replacing(path) as to:
        np.savez(to, allow_pickle=False, **found)
