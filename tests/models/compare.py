"""How far recorded weights are from the model's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from models.build import Built
from models.finding import EXACT, Finding
from models.own_weights import Weights, computed, eager, returned
from regard.capture import capture
from regard.record import Record
from regard.record.attention import Layer


def compare(found: Finding, record: Record, built: Built) -> None:
    """Note the largest difference from the weights of the model on its eager kernel.

    Where that is not small, also from what the kernel in use was given: transformers' own kernels differ in a few
    models, by their masks.
    """
    try:
        other = eager(built)
    except Exception as error:
        found.notes.append(f"no eager kernel: {' '.join(str(error).split())[:120]}")
        other = built
    weights = returned(other, record)
    if set(record.kinds) - set(weights):
        weights = {**computed(other), **weights}
        found.notes.append("compared with the softmax in its modules, as it returns no weights")
    found.error = difference(record, weights, found.notes)
    if found.error is not None and not found.error <= EXACT:
        _again(found, record, built, other, weights)


def _again(found: Finding, record: Record, built: Built, other: Built, weights: Weights) -> None:
    """Look for why a difference is not small."""
    given = difference(record, computed(built), [])
    same_call = capture(other.model, **other.inputs)
    eager_error = difference(same_call[0] if isinstance(same_call, list) else same_call, weights, [])
    if given is not None and given <= EXACT:
        found.notes.append(
            f"transformers' eager kernel computes other weights (by {found.error:.2g}) than the kernel in use"
        )
        found.error = given
    elif eager_error is not None and eager_error <= EXACT:
        found.notes.append(f"on the eager kernel itself exact to {eager_error:.1g}")


def difference(record: Record, weights: Weights, notes: list[str]) -> float | None:
    """The largest difference of any weight of any layer that can be compared."""
    errors = []
    for kind, attention in record.attentions.items():
        layers = [layer for layer in attention.layers if layer is not None]
        theirs = _fitting(layers, weights.get(kind, []))
        if theirs is None:
            notes.append(f"{kind}: {len(layers)} layers recorded, {len(weights.get(kind, []))} to compare with")
            continue
        errors += [_off(mine, other) for mine, other in zip(layers, theirs, strict=True)]
    return max(errors) if errors else None


def _fitting(layers: Sequence[Layer], weights: Sequence[Tensor]) -> list[np.ndarray] | None:
    """As many weights [head, query, key] of the layers' sizes as there are layers, windows laid side by side."""
    sizes = {(layer.heads, layer.queries, layer.keys) for layer in layers}
    found = [_side_by_side(one.detach().double().numpy(), layers[0]) for one in weights if one.ndim > 2]
    found = [one for one in found if one.shape in sizes]
    return found if len(found) == len(layers) else None


def _side_by_side(weights: np.ndarray, layer: Layer) -> np.ndarray:
    """[head, query, key] of [row · head or row, head, query, key]; of windows on the first axis, block by block."""
    queries, keys = weights.shape[-2:]
    found = weights.reshape(-1, layer.heads, queries, keys)
    if len(found) == 1 or layer.queries != len(found) * queries:
        return found[0]
    whole = np.zeros((layer.heads, layer.queries, layer.keys))
    for number, window in enumerate(found):
        whole[:, number * queries : (number + 1) * queries, number * keys : (number + 1) * keys] = window
    return whole


def _off(layer: Layer, expected: np.ndarray) -> float:
    weights = layer.read("weights", [slice(0, n) for n in layer.shape("weights")])
    off = np.abs(weights - expected)
    if "sink" in layer.arrays() and off.max(initial=0) > EXACT:
        off = np.minimum(off, np.abs(weights / weights.sum(-1, keepdims=True) - expected))
    return float(np.where(np.isnan(expected), 0, off).max(initial=0))
