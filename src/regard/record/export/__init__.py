"""Records for other programs: one file a format, chosen by the ending of the path."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regard.errors import not_one_of

if TYPE_CHECKING:
    from regard.record.record import Record

FORMATS = {
    ".npz": "numpy",
    ".safetensors": "safetensors",
    ".parquet": "edges",
    ".arrow": "edges",
    ".json": "bertviz",
}


def export(record: Record, path: str | Path, **options: Any) -> Path:
    """Write a record for another program; the ending of ``path`` says which.

    ========================  =========================================================================
    ``.npz``                  numpy: what the record holds, or ``arrays="weights"`` (no pickle)
    ``.safetensors``          the same
    ``.parquet``, ``.arrow``  a table of edges: every weight of at least ``threshold``
    ``.json``                 weights and tokens as BertViz's pages have them
    ========================  =========================================================================

    ``kinds``, ``layers`` and ``heads`` (their numbers) choose a part of the record. The file appears whole or not at
    all. Raises ``ArgumentError`` for another ending, ``MissingExtraError`` for a format whose package is missing.
    """
    path = Path(path)
    if path.suffix not in FORMATS:
        raise not_one_of("export to a file that ends in", path.suffix, FORMATS)
    import_module(f"{__name__}.{FORMATS[path.suffix]}").write(record, path, **options)
    return path
