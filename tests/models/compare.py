"""How far recorded weights are from the model's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from models.build import Built
from models.finding import EXACT, OTHERS, OWN_SOFTMAX, Finding
from models.own_weights import computed, eager, returned
from regard.axes import Kind
from regard.record import Record
from regard.record.attention import Layer

Layers = dict[Kind, list[Layer]]


def compare(found: Finding, mine: Layers, built: Built) -> None:
    """Note the largest difference of these layers from the weights of the model on its eager kernel.

    They are those that it returns, or where it returns none (or of some layers only) the softmax in its modules. Where
    the difference is not small, the weights are also computed from what the kernel in use was given: transformers' own
    kernels differ in a few models, by their masks, and a few return something else than weights.
    """
    try:
        other = eager(built)
    except Exception as error:
        found.notes.append(f"no eager kernel: {' '.join(str(error).split())[:120]}")
        other = built
    given, theirs = returned(other, tuple(mine)), computed(other)
    fits = {kind: fitting(layers, given.get(kind, [])) for kind, layers in mine.items()}
    without = [kind for kind, weights in fits.items() if weights is None]
    fits |= {kind: fitting(mine[kind], theirs.get(kind, [])) for kind in without}
    if without:
        found.notes.append(OWN_SOFTMAX)
    error = difference(mine, fits, found.notes)
    if error is not None and not error <= EXACT:
        in_use = computed(built)
        again = difference(mine, {kind: fitting(layers, in_use.get(kind, [])) for kind, layers in mine.items()}, [])
        if again is not None and again <= EXACT:
            found.notes.append(OTHERS)
            error = again
    found.error = error if found.error is None else max(found.error, error or 0.0)


def layers_of(record: Record) -> Layers:
    """The layers with attention, by kind."""
    return {
        kind: [layer for layer in attention.layers if layer is not None]
        for kind, attention in record.attentions.items()
    }


def difference(mine: Layers, theirs: Mapping[Kind, list[np.ndarray] | None], notes: list[str]) -> float | None:
    """The largest difference of any weight of any layer that can be compared."""
    errors = []
    for kind, layers in mine.items():
        others = theirs[kind]
        if others is None:
            notes.append(f"{kind}: nothing to compare with")
        else:
            errors += [_off(layer, other) for layer, other in zip(layers, others, strict=True)]
    return max(errors) if errors else None


def fitting(layers: Sequence[Layer], weights: Sequence[Tensor]) -> list[np.ndarray] | None:
    """As many weights [head, query, key] of the layers' sizes as there are layers, windows laid side by side."""
    sizes = {(layer.heads, layer.queries, layer.keys) for layer in layers}
    found = [_side_by_side(one.detach().double().numpy(), sizes) for one in weights if one.ndim > 2]
    kept = [one for one in found if one is not None]
    return kept if len(kept) == len(layers) else None


def _side_by_side(weights: np.ndarray, sizes: set[tuple[int, int, int]]) -> np.ndarray | None:
    """[head, query, key] of [window or row · head, …, query, key], if it then has one of these sizes."""
    queries, keys = weights.shape[-2:]
    for heads, all_queries, all_keys in sizes:
        count, rest = divmod(all_queries, queries)
        if rest or all_keys != count * keys or weights.size != count * heads * queries * keys:
            continue
        by_window = weights.reshape(count, heads, queries, keys)
        if weights.ndim > 4 and weights.shape[1] == heads:
            by_window = np.moveaxis(weights, 1, -3).reshape(count, heads, queries, keys)
        whole = np.zeros((heads, all_queries, all_keys))
        for number, window in enumerate(by_window):
            whole[:, number * queries : (number + 1) * queries, number * keys : (number + 1) * keys] = window
        return whole
    return None


def _off(layer: Layer, expected: np.ndarray) -> float:
    weights = layer.read("weights", [slice(0, n) for n in layer.shape("weights")])
    off = np.abs(weights - expected)
    if off.max(initial=0) > EXACT and (expected == expected[:1]).all():
        off = np.abs(weights.mean(0) - expected)  # some models return the mean of their heads
    if "sink" in layer.arrays() and off.max(initial=0) > EXACT:
        off = np.minimum(off, np.abs(weights / weights.sum(-1, keepdims=True) - expected))
    blind = (weights == 0).all(-1, keepdims=True)  # a query that sees no key: eager kernels spread it evenly
    return float(np.where(np.isnan(expected) | blind, 0, off).max(initial=0))
