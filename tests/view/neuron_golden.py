"""Writes what a page must make of a neuron view's arrays: ``python tests/view/neuron_golden.py``."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from regard.record import Attention, Factored, MaskRule, Record, Tokens
from regard.view import NeuronView
from regard.view.neuron_arrays import ARRAYS, OPTIONAL

PATH = Path(__file__).parents[2] / "web" / "test" / "golden" / "neuron.json"
QUERIES, KEYS, WIDTH = 5, 8, 6
KEYS_ASKED = [0, 3, 4, 7]


def record() -> Record:
    """Two layers: plain ones with shared key heads, and everything that a formula may hold."""
    random = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return random.standard_normal(shape, dtype=np.float32)

    query, key = numbers(4, QUERIES, WIDTH), numbers(2, KEYS, WIDTH)
    plain = Factored.of(query, key, scale=WIDTH**-0.5)
    everything = Factored.of(
        query + 1,
        key * 2,
        scale=0.3,
        softcap=1.5,
        mask=MaskRule(before=4, after=0, offset=3),
        bias=numbers(1, QUERIES, KEYS),
        distance_bias=numbers(4, QUERIES + KEYS - 1),
        visible=random.random((4, 1, KEYS)) > 0.2,
        sink=numbers(4),
        rotary=np.array([[1, 4, 1.0], [2, 5, 0.03]]),
        value_norm=np.abs(numbers(2, KEYS)),
        write_norm=np.abs(numbers(4, KEYS)),
    )
    streams = {"encoder": Tokens.of(None, KEYS), "decoder": Tokens.of(None, QUERIES)}
    return Record(streams, {"cross": Attention("cross", (plain, everything), "decoder", "encoder")})


def case(view: NeuronView, layer: int, head: int, query: int) -> dict[str, Any]:
    """The arrays of a layer, and what they mean for one query of one head."""
    found = view.record.parts(layer, head, query, KEYS_ASKED)
    held = view.record.attention().layer(layer).arrays()
    names = [name for name in ARRAYS if name not in (*OPTIONAL, "rotary") or name in held]
    arrays = {}
    for name in names:
        shape = view.shape(f"cross.{name}")
        read = view.read(f"cross.{name}", (slice(layer, layer + 1), *(slice(0, size) for size in shape[1:])))
        arrays[name] = {"shape": list(read.shape[1:]), "bytes": b64encode(read.astype("<f4").tobytes()).decode()}
    columns = {name: [v if np.isfinite(v) else None for v in column] for name, column in found.columns().items()}
    place = {"layer": layer, "head": head, "kv_head": found.kv_head, "query": query, "keys": KEYS_ASKED}
    mask = asdict(view.record.attention().layer(layer).mask)
    return {**place, "mask": mask, "arrays": arrays, "columns": columns, "sink_weight": found.sink_weight}


def golden() -> list[dict[str, Any]]:
    """All cases."""
    view = NeuronView(record())
    return [case(view, 0, 3, 2), case(view, 1, 1, 4)]


if __name__ == "__main__":
    PATH.write_text(json.dumps(golden()) + "\n")
