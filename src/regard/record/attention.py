"""One kind of attention through all layers, read as if it were one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record.dense import Dense
from regard.record.factored import Factored

Layer = Factored | Dense


@dataclass(frozen=True, eq=False)
class Attention:
    """Attention of one kind: its layers, and which sequences its queries and keys are.

    ``query_stream`` and ``key_stream`` name entries of ``Record.streams`` (the same one for self-attention). A
    layer without an attention matrix (a state-space or linear layer of a hybrid model) is ``None``, so that layer
    numbers stay the model's own.
    """

    kind: Kind
    layers: tuple[Layer | None, ...]
    query_stream: str
    key_stream: str

    def __post_init__(self) -> None:
        shapes = {(layer.queries, layer.keys) for layer in self.layers if layer is not None}
        if len(shapes) != 1:
            raise ArgumentError(f"{self.kind} attention: layers differ in [query, key] size: {sorted(shapes)}")

    @property
    def present(self) -> tuple[int, ...]:
        """Numbers of the layers that have attention."""
        return tuple(i for i, layer in enumerate(self.layers) if layer is not None)

    @property
    def heads(self) -> int:
        """Query heads per layer (the most, where layers differ)."""
        return max(self.layer(i).heads for i in self.present)

    @property
    def kv_heads(self) -> int:
        """Key heads per layer (the most, where layers differ)."""
        return max(self.layer(i).kv_heads for i in self.present)

    @property
    def queries(self) -> int:
        """Number of query positions."""
        return self.layer(self.present[0]).queries

    @property
    def keys(self) -> int:
        """Number of key positions."""
        return self.layer(self.present[0]).keys

    @property
    def nbytes(self) -> int:
        """Bytes held by all layers."""
        return sum(self.layer(i).nbytes for i in self.present)

    @property
    def is_self(self) -> bool:
        """Whether queries and keys are the same sequence."""
        return self.query_stream == self.key_stream

    def layer(self, number: int) -> Layer:
        """The layer of that number; raises ``ArgumentError`` when it has no attention or does not exist."""
        if not 0 <= number < len(self.layers):
            raise not_one_of(f"layer in {self.kind} attention", number, self.present)
        found = self.layers[number]
        if found is None:
            raise ArgumentError(f"layer {number} has no attention matrix; layers that have one: {list(self.present)}")
        return found

    @property
    def weights(self) -> LazyArray:
        """Weights after the softmax, [layer, head, query, key], computed where read."""
        return LazyArray(self, "weights")

    @property
    def scores(self) -> LazyArray:
        """Scores before the softmax, [layer, head, query, key]; only of factored attention."""
        if any(isinstance(layer, Dense) for layer in self.layers):
            raise ArgumentError("scores are not known: this attention was given as finished weights")
        return LazyArray(self, "scores")


class LazyArray:
    """An array [layer, head, query, key] that is computed where it is indexed.

    Index it as numpy does with integers and slices: ``weights[4, 3, :, :]`` is [query, key]. ``np.asarray`` of it
    computes everything.
    """

    def __init__(self, attention: Attention, array: str):
        self._attention = attention
        self._array = array

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """[layer, head, query, key]."""
        a = self._attention
        return (len(a.layers), a.heads, a.queries, a.keys)

    @property
    def ndim(self) -> int:
        """Always 4."""
        return 4

    @property
    def dtype(self) -> np.dtype:
        """Type of the numbers."""
        return self._attention.layer(self._attention.present[0]).dtype

    def __repr__(self) -> str:
        return f"<{self._array} [layer head query key] = {list(self.shape)}, {self.dtype}, computed where indexed>"

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:, :, :, :], dtype or self.dtype)

    def __getitem__(self, index: object) -> Any:
        places = _normalise(index, self.shape)
        wanted = [places[0]] if isinstance(places[0], int) else list(range(*places[0].indices(self.shape[0])))
        rest = [p if isinstance(p, slice) else slice(p, p + 1) for p in places[1:]]
        parts = [self._read(layer, rest) for layer in wanted]
        if len({part.shape for part in parts}) > 1:
            raise ArgumentError("the layers asked for differ in their number of heads; read them one by one")
        shape = tuple(len(range(*r.indices(n))) for r, n in zip(rest, self.shape[1:], strict=True))
        out = np.stack(parts) if parts else np.zeros((0, *shape), self.dtype)
        return out[tuple(0 if isinstance(p, int) else slice(None) for p in places)]

    def _read(self, number: int, rest: Sequence[slice]) -> np.ndarray:
        layer = self._attention.layer(number)
        bounds = [r.indices(n) for r, n in zip(rest, layer.shape("weights"), strict=True)]
        whole = [slice(b, max(b, e)) if s > 0 else slice(e + 1, max(e, b) + 1) for b, e, s in bounds]
        steps = tuple(slice(None, None, s) for _, _, s in bounds)
        return layer.read(self._array, whole)[steps]


def _normalise(index: object, shape: tuple[int, ...]) -> list[int | slice]:
    """One integer or slice per axis; raises ``IndexError`` as numpy does, naming the axis."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    if len(parts) > len(shape):
        raise IndexError(f"too many indices: the axes are [layer, head, query, key], got {len(parts)}")
    parts += [slice(None)] * (len(shape) - len(parts))
    return [_place(part, size, name) for part, size, name in zip(parts, shape, _AXES, strict=True)]


_AXES = ("layer", "head", "query", "key")


def _place(part: object, size: int, name: str) -> int | slice:
    if isinstance(part, slice):
        return part
    if not isinstance(part, (int, np.integer)) or isinstance(part, bool):
        raise IndexError(f"{name}: index with an integer or a slice, not {part!r}")
    if not -size <= part < size:
        raise IndexError(f"{name} {part} does not exist; there are {size} (0 to {size - 1})")
    return int(part) % size
