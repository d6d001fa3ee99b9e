"""Writes what a page must compute from quantised heads: ``python tests/serve/quantised_golden.py``."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from regard.record import Factored, MaskRule, Quantised, quantise

PATH = Path(__file__).parents[2] / "web" / "test" / "golden" / "quantised.json"
TOKENS, HEADS, WIDTH = 83, 2, 12


def layers() -> dict[str, Factored]:
    """One key head each: a window, and everything else that a formula may hold."""
    rng = np.random.default_rng(0)
    strength = np.exp(-np.arange(WIDTH) / 3).astype(np.float32) * 3
    query = rng.standard_normal((HEADS, TOKENS, WIDTH), dtype=np.float32) * strength
    key = rng.standard_normal((1, TOKENS, WIDTH), dtype=np.float32) * strength + 1
    bias = rng.standard_normal((HEADS, 2 * TOKENS - 1)).astype(np.float32)
    rest = {"softcap": 12.0, "distance_bias": bias, "sink": np.ones(HEADS, np.float32)}
    return {
        "window": Factored.of(query, key, scale=WIDTH**-0.5, mask=MaskRule(before=40, after=0)),
        "everything": Factored.of(query, key, scale=WIDTH**-0.5, **rest),
    }


def case(found: Quantised) -> dict[str, Any]:
    """The fields and arrays of quantised heads, and the weights that they stand for."""
    arrays = {name: array if array.dtype == np.uint8 else array.astype("<f4") for name, array in found.arrays().items()}
    whole = (slice(0, TOKENS), slice(0, TOKENS))
    weights = np.concatenate([found.weights(place, *whole) for place in range(HEADS)])
    return {
        "heads": list(found.heads),
        "lse_scale": list(found.lse_scale),
        "softcap": found.softcap,
        "mask": asdict(found.mask),
        "error": found.error,
        "arrays": {
            name: {"bytes": b64encode(array.tobytes()).decode(), "shape": list(array.shape)}
            for name, array in arrays.items()
        },
        "weights": b64encode(weights.astype("<f4").tobytes()).decode(),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps({name: case(quantise(layer, 0)) for name, layer in layers().items()}))
