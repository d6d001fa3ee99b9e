"""``.parquet`` and ``.arrow``: a table with one row per edge, for SQL, pandas and polars."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.errors import ArgumentError, missing_extra
from regard.record.atomic import replacing
from regard.record.engine.blocks import TILE, runs
from regard.record.export.part import Part

if TYPE_CHECKING:
    from regard.record.record import Record

COLUMNS = {"kind": "string", "layer": "int16", "head": "int16", "query": "int32", "key": "int32", "weight": "float32"}


def write(record: Record, path: Path, *, threshold: float = 0.01, **part: Any) -> None:
    """Every weight of at least ``threshold``: columns kind, layer, head, query, key, weight.

    Weights are computed a block at a time and written as they come, so memory does not grow with the text.
    """
    if not threshold > 0:
        raise ArgumentError(f"threshold must be above 0 (every weight is at least that); got {threshold}")
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise missing_extra(f"Writing {path.suffix}", "pyarrow", "export") from None
    schema = arrow.schema([(name, getattr(arrow, kind)()) for name, kind in COLUMNS.items()])
    make = parquet.ParquetWriter if path.suffix == ".parquet" else arrow.ipc.new_file
    with replacing(path) as to, make(str(to), schema) as writer:
        for columns in edges(record, Part(**part), threshold):
            writer.write_table(arrow.table(columns, schema=schema))


def edges(record: Record, part: Part, threshold: float) -> Iterator[dict[str, Any]]:
    """The table's columns, block by block."""
    for kind, number, layer in part.of(record):
        for head in part.heads_of(layer):
            for queries in runs(slice(0, layer.queries), max(1, 4 * TILE // layer.keys)):
                weights = layer.read("weights", (slice(head, head + 1), queries, slice(0, layer.keys)))[0]
                query, key = np.nonzero(weights >= threshold)
                yield {
                    "kind": [kind] * len(query),
                    "layer": np.full(len(query), number, np.int16),
                    "head": np.full(len(query), head, np.int16),
                    "query": (query + queries.start).astype(np.int32),
                    "key": key.astype(np.int32),
                    "weight": weights[query, key].astype(np.float32),
                }
