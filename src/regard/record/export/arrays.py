"""A record as named arrays and a little JSON: what array formats hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import numpy as np

from regard.errors import not_one_of
from regard.record.export.part import Part
from regard.record.factored import Factored

if TYPE_CHECKING:
    from regard.record.record import Record

Arrays = Literal["held", "weights"]


def named(record: Record, part: Part, arrays: Arrays) -> dict[str, np.ndarray]:
    """``"<kind>.<layer>.<array>"`` and ``"tokens.<stream>.ids"``.

    ``"held"`` gives what the record holds (queries, keys, …, whole layers); ``"weights"`` computes the weights of the
    chosen heads, which takes n² memory.
    """
    if arrays not in ("held", "weights"):
        raise not_one_of("arrays", arrays, ("held", "weights"))
    found = {f"tokens.{name}.ids": np.asarray(t.ids) for name, t in record.streams.items() if t.ids is not None}
    for kind, number, layer in part.of(record):
        if arrays == "weights":
            every = slice(0, layer.queries), slice(0, layer.keys)
            heads = [layer.read("weights", (slice(head, head + 1), *every)) for head in part.heads_of(layer)]
            found[f"{kind}.{number}.weights"] = np.concatenate(heads)
            continue
        for name in layer.source.arrays():
            whole = tuple(slice(0, size) for size in layer.source.shape(name))
            found[f"{kind}.{number}.{name}"] = np.ascontiguousarray(layer.source.read(name, whole))
    return found


def description(record: Record, part: Part) -> str:
    """The rest as JSON: model, tokens, and of each layer what turns queries and keys into weights."""
    layers = {
        f"{kind}.{number}": {
            "scale": layer.scale,
            "softcap": layer.softcap,
            "before": layer.mask.before,
            "after": layer.mask.after,
            "chunk": layer.mask.chunk,
            "offset": layer.mask.offset,
        }
        for kind, number, layer in part.of(record)
        if isinstance(layer, Factored)
    }
    streams = {kind: [a.query_stream, a.key_stream] for kind, a in record.attentions.items()}
    tokens = {name: list(found.pieces) for name, found in record.streams.items()}
    return json.dumps({"model": record.model.name, "tokens": tokens, "streams": streams, "layers": layers})
