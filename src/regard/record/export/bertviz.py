"""``.json``: weights and tokens as the data of a BertViz page, for tools that read that."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from regard.errors import ArgumentError
from regard.record.atomic import replacing
from regard.record.export.part import Part, Place

if TYPE_CHECKING:
    from regard.record.record import Record

_NAMES = {"encoder": "Encoder", "decoder": "Decoder", "cross": "Cross"}
_MOST = 100_000_000


def write(record: Record, path: Path, *, digits: int = 4, **part: Any) -> None:
    """``{"attention": [{"name", "attn": [layer][head][query][key], "left_text", "right_text"}], "include_layers"}``.

    Weights are rounded to ``digits``. Raises ``ArgumentError`` past a hundred million weights, which nothing reads.
    """
    chosen = Part(**part)
    places = list(chosen.of(record))
    count = sum(len(chosen.heads_of(layer)) * layer.queries * layer.keys for _, _, layer in places)
    if count > _MOST:
        raise ArgumentError(
            f"{count:,} weights are too many for JSON (at most {_MOST:,}); choose layers and heads, "
            "or export .parquet with a threshold"
        )
    with replacing(path) as to, to.open("w", encoding="ascii") as file:
        file.write('{"attention": [')
        for place, kind in enumerate(dict.fromkeys(place.kind for place in places)):
            attention = record.attention(kind)
            streams = record.streams[attention.query_stream], record.streams[attention.key_stream]
            file.write(", " * bool(place) + f'{{"name": {json.dumps(_NAMES[kind])}, "attn": ')
            _write_layers(file, [found for found in places if found.kind == kind], chosen, digits)
            for name, tokens in zip(("left_text", "right_text"), streams, strict=True):
                file.write(f', "{name}": {json.dumps(list(tokens.labels))}')
            file.write("}")
        numbers = json.dumps(sorted({place.number for place in places}))
        file.write(f'], "default_filter": "0", "include_layers": {numbers}}}\n')


def _write_layers(file: TextIO, places: Iterable[Place], part: Part, digits: int) -> None:
    for number, (_, _, layer) in enumerate(places):
        file.write("], " if number else "[")
        file.write("[")
        for at, head in enumerate(part.heads_of(layer)):
            weights = layer.read("weights", (slice(head, head + 1), slice(0, layer.queries), slice(0, layer.keys)))[0]
            file.write(", " * bool(at) + json.dumps(weights.astype(float).round(digits).tolist()))
    file.write("]]")
