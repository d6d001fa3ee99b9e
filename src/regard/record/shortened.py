"""A record without the last tokens of one sequence: padding that nobody wants to look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from regard.errors import ArgumentError
from regard.record.attention import Attention, Layer
from regard.record.dense import Dense
from regard.record.record import Record
from regard.record.source import Slices


def shortened(record: Record, stream: str, count: int) -> Record:
    """The record with only the first ``count`` tokens of a stream, as queries and as keys.

    Weights stay what they are, so rows sum to less than one where weight went to a token that is left out: to
    ``1 - Σ_key weights``. Raises ``ArgumentError`` for a stream that has fewer tokens.
    """
    tokens = record.streams[stream]
    if not 0 < count <= len(tokens):
        raise ArgumentError(f"the {stream} has {len(tokens)} tokens, so its first {count} cannot be shown")
    if count == len(tokens):
        return record
    attentions = {kind: _shorter(attention, stream, count) for kind, attention in record.attentions.items()}
    streams = {**record.streams, stream: tokens.part(slice(0, count))}
    return replace(record, streams=streams, attentions=attentions)


def _shorter(attention: Attention, stream: str, count: int) -> Attention:
    if stream not in (attention.query_stream, attention.key_stream):
        return attention
    queries = count if attention.query_stream == stream else attention.queries
    keys = count if attention.key_stream == stream else attention.keys
    layers = [None if layer is None else Dense(_First(layer, queries, keys)) for layer in attention.layers]
    return replace(attention, layers=tuple(layers))


class _First:
    """A source of the weights of a layer's first queries and keys."""

    def __init__(self, layer: Layer, queries: int, keys: int):
        self._layer, self._shape = layer, (layer.heads, queries, keys)

    def arrays(self) -> tuple[str, ...]:
        """Names that can be read: the weights."""
        return ("weights",)

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of the weights."""
        return self._shape

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of the weights."""
        bounded = (slice(*s.indices(size)[:2]) for s, size in zip(slices, self._shape, strict=True))
        return self._layer.read(array, tuple(bounded))
