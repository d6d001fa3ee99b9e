"""How much attention chosen keys get: the first, the special ones, separators, any others."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.measure.rows import PerHead, PerQuery, Tile, result, sums, through_layers
from regard.record import Layer, Record

SEPARATORS = frozenset(".,;:!?\n。，；：！？、")


def mass(
    record: Record, keys: Bool[np.ndarray, " key"], kind: Kind | None = None, *, per_query: bool = False
) -> PerHead | PerQuery:
    """The share of each query's attention that goes to the keys flagged in ``keys``, [layer, head].

    ``Σ_key∈keys w``. Raises ``ArgumentError`` when there are not as many flags as keys.
    """
    chosen = flags_of(record, keys, kind, "mass")
    places = np.flatnonzero(chosen)
    span = slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 1)

    def taken(tile: Tile) -> Any:
        return tile.place(chosen[tile.keys].astype(np.float32)) @ tile.weights

    return result(through_layers(record, kind, lambda layer: sums(layer, taken, span)), per_query)


def first_position(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """Mass on the first key: where most language models park what they do not need (Xiao et al. 2024), [layer, head].

    The first query of a causal head has no choice and is counted like any other.

    >>> import regard
    >>> first_position(regard.from_weights(np.eye(2)[None, None]))
    array([[0.5]])
    """
    return mass(record, np.arange(record.attention(kind).keys) == 0, kind, per_query=per_query)


def special_mass(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """Mass on tokens that the tokenizer added ([CLS], [SEP], <s>), [layer, head]; Clark et al. 2019 (§3.2)."""
    return mass(record, np.array(_key_tokens(record, kind).special, dtype=bool), kind, per_query=per_query)


def separator_mass(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """Mass on punctuation and line ends, by the token's text (one of ``SEPARATORS``), [layer, head]."""
    flags = [piece.strip(" ▁") in SEPARATORS for piece in _key_tokens(record, kind).pieces]
    return mass(record, np.array(flags, dtype=bool), kind, per_query=per_query)


def sink(record: Record, kind: Kind | None = None, *, key: int = 0) -> PerHead:
    """Mean weight that one key gets from the queries that may see it, ``Σ_{i ≥ k} w[i, k] / (n - k)``, [layer, head].

    The importance score α of Gu et al. 2024, whose sink metric is the share of heads with α above 0.3
    (:func:`sink_rate`); they use 64 tokens.
    """
    attention = record.attention(kind)
    if not 0 <= key < attention.keys:
        raise ArgumentError(f"sink: there is no key {key}; keys are 0 to {attention.keys - 1}")
    found = np.full((len(attention.layers), attention.heads), np.nan)
    for number in attention.present:
        layer = attention.layer(number)
        found[number, : layer.heads] = _mean_weight(layer, key)
    return found


def sink_rate(record: Record, kind: Kind | None = None, *, key: int = 0, above: float = 0.3) -> float:
    """The share of heads whose :func:`sink` of that key exceeds ``above``: Sink_k^ε of Gu et al. 2024."""
    scores = sink(record, kind, key=key)
    return float(np.mean(scores[~np.isnan(scores)] > above))


def flags_of(record: Record, keys: Any, kind: Kind | None, measure: str) -> Bool[np.ndarray, " key"]:
    """Flags of keys, checked; raises ``ArgumentError`` when there are not as many as keys."""
    count, chosen = record.attention(kind).keys, np.asarray(keys, dtype=bool)
    if chosen.shape != (count,):
        raise ArgumentError(f"{measure}: expected {count} flags, one per key; got shape {chosen.shape}")
    return chosen


def _mean_weight(layer: Layer, key: int) -> Float[np.ndarray, " head"]:
    seen = layer.mask.bounds(np.arange(layer.queries), slice(key, key + 1))
    count = int((seen[1] - seen[0]).sum())
    got = sums(layer, lambda tile: tile.weights.sum(0), slice(key, key + 1)).sum(-1)
    return np.asarray(got / max(count, 1))


def _key_tokens(record: Record, kind: Kind | None) -> Any:
    return record.streams[record.attention(kind).key_stream]
