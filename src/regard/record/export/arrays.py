"""A record as named arrays and a little JSON: what array formats hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import numpy as np

from regard.errors import not_one_of
from regard.record.export.part import Part
from regard.record.factored import Factored
from regard.record.some_heads import heads_in, only_held

if TYPE_CHECKING:
    from regard.record.record import Record

Arrays = Literal["held", "weights"]


def named(record: Record, part: Part, arrays: Arrays) -> dict[str, np.ndarray]:
    """``"<kind>.<layer>.<array>"``, ``"tokens.<stream>.ids"``, and ``"routing.<stream>.<layer>.experts"`` and
    ``….gates"`` of layers with experts.

    ``"held"`` gives what the record holds (queries, keys, …, whole layers); ``"weights"`` computes the weights of the
    chosen heads, which takes n² memory.
    """
    if arrays not in ("held", "weights"):
        raise not_one_of("arrays", arrays, ("held", "weights"))
    found = {f"tokens.{name}.ids": np.asarray(t.ids) for name, t in record.streams.items() if t.ids is not None}
    for stream, routing in record.routings.items():
        for number in routing.present:
            if part.layers is None or number in part.layers:
                choices = routing.layer(number)
                found[f"routing.{stream}.{number}.experts"] = np.asarray(choices.experts)
                found[f"routing.{stream}.{number}.gates"] = np.asarray(choices.gates)
    for kind, number, layer in part.of(record):
        if arrays == "weights":
            every = slice(0, layer.queries), slice(0, layer.keys)
            heads = [layer.read("weights", (slice(head, head + 1), *every)) for head in part.heads_of(layer)]
            found[f"{kind}.{number}.weights"] = np.concatenate(heads)
            continue
        held = only_held(layer.source)
        for name in held.arrays():
            whole = tuple(slice(0, size) for size in held.shape(name))
            found[f"{kind}.{number}.{name}"] = np.ascontiguousarray(held.read(name, whole))
    return found


def description(record: Record, part: Part) -> str:
    """The rest as JSON: model, tokens, and of each layer what turns queries and keys into weights.

    Of a layer of which only some heads were captured, ``heads`` are the numbers of those in ``query`` and ``lse``, and
    ``kv_heads`` of those in ``key``; ``head_count`` and ``kv_head_count`` are what the model has.
    """
    layers = {
        f"{kind}.{number}": {
            "scale": layer.scale,
            "softcap": layer.softcap,
            "before": layer.mask.before,
            "after": layer.mask.after,
            "chunk": layer.mask.chunk,
            "offset": layer.mask.offset,
            "heads": list(layer.present),
            "kv_heads": list(heads_in(layer.source, "key")),
            "head_count": layer.heads,
            "kv_head_count": layer.kv_heads,
        }
        for kind, number, layer in part.of(record)
        if isinstance(layer, Factored)
    }
    streams = {kind: [a.query_stream, a.key_stream] for kind, a in record.attentions.items()}
    tokens = {name: list(found.pieces) for name, found in record.streams.items()}
    return json.dumps({"model": record.model.name, "tokens": tokens, "streams": streams, "layers": layers})
