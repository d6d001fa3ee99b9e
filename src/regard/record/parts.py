"""One query's weights taken apart: every term from queries and keys to the weight, so that the picture adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from regard.errors import ArgumentError, not_one_of
from regard.record.attention import Layer
from regard.record.dense import Dense
from regard.record.factored import Factored

PerKey = Float[np.ndarray, " key"]


@dataclass(frozen=True, eq=False)
class Parts:
    """What the weights of one query on chosen ``keys`` are made from, in float64.

    ``products = query * key``, ``dot = Σ products``, ``scaled = scale · dot``, ``capped = softcap · tanh(scaled /
    softcap)`` (``scaled`` without a soft-cap), ``scores = capped + distance_bias + bias`` (``-inf`` where ``visible``
    is false) and ``weights = exp(scores - lse)``. A ``sink`` is one more score in the log-sum-exp ``lse`` that belongs
    to no key: it takes ``sink_weight`` of the row.

    Where it is known how rotary embedding (Su et al. 2021) turned queries and keys, ``rotary`` [pair, 3] holds its
    pairs of dimensions and the radians by which each token turned them further, and ``dot = content + turned``: the
    product as it would be at distance zero, and what the ``distance`` between query and key changes.

    Where values were captured, ``value_norm`` is ‖v‖ of each key and ``write_norm`` the length of what the head writes
    of it into the residual stream at a weight of 1, so that ``weights * write_norm`` is what it writes (Kobayashi et
    al. 2020, "Attention is Not Only a Weight").

    ``kv_head`` is the key head that serves query head ``head`` (several share one in grouped-query attention);
    ``position`` the number of the query.
    """

    head: int
    kv_head: int
    position: int
    keys: Int[np.ndarray, " key"]
    query: Float[np.ndarray, " d_head"]
    key: Float[np.ndarray, "key d_head"]
    scale: float
    softcap: float | None
    distance_bias: PerKey | None
    bias: PerKey | None
    visible: Bool[np.ndarray, " key"]
    sink: float | None
    lse: float
    rotary: Float[np.ndarray, "pair 3"] | None
    distance: Int[np.ndarray, " key"]
    value_norm: PerKey | None
    write_norm: PerKey | None

    @property
    def products(self) -> Float[np.ndarray, "key d_head"]:
        """Elementwise ``query × key``."""
        return np.asarray(self.query * self.key)

    @property
    def dot(self) -> PerKey:
        """``query · key``."""
        return np.asarray(self.products.sum(axis=-1))

    @property
    def content(self) -> PerKey | None:
        """``query · key`` with every pair turned back by its angle at this distance; ``None`` where not known."""
        if self.rotary is None:
            return None
        first, second = self.rotary[:, 0].astype(int), self.rotary[:, 1].astype(int)
        angle = self.distance[:, None] * self.rotary[:, 2]
        query, key = (vector[..., first] + 1j * vector[..., second] for vector in (self.query, self.key))
        pairs = query * key.conj()
        return np.asarray(self.dot + (pairs * np.exp(-1j * angle) - pairs).real.sum(axis=-1))

    @property
    def turned(self) -> PerKey | None:
        """What the distance adds to ``content``: ``dot - content``."""
        content = self.content
        return None if content is None else self.dot - content

    @property
    def scaled(self) -> PerKey:
        """``scale · query · key``."""
        return self.dot * self.scale

    @property
    def capped(self) -> PerKey:
        """``softcap · tanh(scaled / softcap)``; without a soft-cap ``scaled`` itself."""
        return self.scaled if self.softcap is None else self.softcap * np.tanh(self.scaled / self.softcap)

    @property
    def scores(self) -> PerKey:
        """What enters the softmax; ``-inf`` for a hidden key."""
        found = self.capped
        for term in (self.distance_bias, self.bias):
            found = found if term is None else found + term
        return np.where(self.visible, found, -np.inf)

    @property
    def weights(self) -> PerKey:
        """``exp(scores - lse)``; zeros where the query sees no key at all."""
        return np.exp(self.scores - self.lse) if np.isfinite(self.lse) else np.zeros(len(self.keys))

    @property
    def sink_weight(self) -> float:
        """The share of the row that the sink takes; 0 without one."""
        return 0.0 if self.sink is None else float(np.exp(self.sink - self.lse))

    def columns(self) -> Mapping[str, PerKey]:
        """The terms that this attention has, in the order in which they come in, each one number a key.

        ``content`` and ``turned`` (of rotary embedding), ``dot``, ``scaled``, ``capped`` (with a soft-cap),
        ``distance_bias``, ``bias``, ``mask`` (0 or ``-inf``, where a key is hidden), ``scores``, ``weights``; and where
        values were captured ``value_norm``, ``weighted_value`` (``weights * value_norm``) and ``written`` (``weights *
        write_norm``).
        """
        mask = np.where(self.visible, 0.0, -np.inf)
        terms = {
            "content": self.content,
            "turned": self.turned,
            "dot": self.dot,
            "scaled": self.scaled,
            "capped": None if self.softcap is None else self.capped,
            "distance_bias": self.distance_bias,
            "bias": self.bias,
            "mask": None if self.visible.all() else mask,
            "scores": self.scores,
            "weights": self.weights,
            "value_norm": self.value_norm,
            "weighted_value": None if self.value_norm is None else self.weights * self.value_norm,
            "written": None if self.write_norm is None else self.weights * self.write_norm,
        }
        return {name: column for name, column in terms.items() if column is not None}


def parts(layer: Layer, head: int, query: int, keys: Sequence[int] | Any = None) -> Parts:
    """The parts of one query's weights on ``keys`` (all of them unless given), by their numbers in any order.

    Cost is O(keys · d_head), and one row of scores where the log-sum-exp is not known yet. Raises ``ArgumentError``
    for a head, query or key that does not exist, and for a layer that holds finished weights.

    >>> import regard
    >>> layer = regard.from_qk(np.ones((1, 2, 3, 4)), np.ones((1, 1, 3, 4)), causal=True).attention().layer(0)
    >>> found = parts(layer, head=1, query=1, keys=[0, 2])
    >>> found.kv_head, found.dot, found.scaled, found.scores, found.weights
    (0, array([4., 4.]), array([2., 2.]), array([  2., -inf]), array([0.5, 0. ]))
    """
    if isinstance(layer, Dense):
        raise ArgumentError(
            "this layer holds finished weights, which cannot be taken apart into queries and keys; capture the model "
            "with regard.capture(model, ...), or give queries and keys with regard.from_qk(query, key)"
        )
    for name, place, size in (("head", head, layer.heads), ("query", query, layer.queries)):
        if not 0 <= place < size:
            raise not_one_of(name, place, range(size))
    chosen = _chosen(keys, layer.keys)
    kv_head = head // (layer.heads // layer.kv_heads)
    row, width = slice(query, query + 1), slice(0, layer.d_head)
    sink = layer.source.read("sink", (slice(head, head + 1),)) if "sink" in layer.source.arrays() else None
    return Parts(
        head=head,
        kv_head=kv_head,
        position=query,
        keys=chosen,
        query=layer.source.read("query", (slice(head, head + 1), row, width))[0, 0].astype(np.float64),
        key=_key_rows(layer, kv_head, chosen),
        scale=layer.scale,
        softcap=layer.softcap,
        distance_bias=_distance_bias(layer, head, query, chosen),
        bias=_stored(layer, "bias", head, query, chosen),
        visible=_visible(layer, head, query, chosen),
        sink=None if sink is None else float(sink[0]),
        lse=float(layer.rows_lse(slice(head, head + 1), row)[0, 0]),
        rotary=_rotary(layer),
        distance=query + layer.mask.offset - chosen,
        value_norm=_per_key(layer, "value_norm", kv_head, chosen),
        write_norm=_per_key(layer, "write_norm", head, chosen),
    )


def _chosen(keys: Any, count: int) -> np.ndarray:
    chosen = np.arange(count) if keys is None else np.asarray(keys, dtype=np.int64).reshape(-1)
    missing = chosen[(chosen < 0) | (chosen >= count)]
    if len(missing):
        raise not_one_of("key", int(missing[0]), range(count))
    return chosen


def _key_rows(layer: Factored, kv_head: int, keys: np.ndarray) -> np.ndarray:
    """Those rows of the key head [key, d_head], read in runs so that far ones cost nothing in between."""
    found = np.zeros((len(keys), layer.d_head))
    order = np.argsort(keys, kind="stable")
    for run in _runs(keys[order]):
        places = order[run]
        first, last = int(keys[places[0]]), int(keys[places[-1]])
        at = (slice(kv_head, kv_head + 1), slice(first, last + 1), slice(0, layer.d_head))
        found[places] = layer.source.read("key", at)[0][keys[places] - first]
    return found


def _runs(numbers: np.ndarray) -> Iterator[slice]:
    """Where in rising numbers consecutive ones stand together."""
    borders = np.flatnonzero(np.diff(numbers) > 1) + 1
    for start, stop in zip([0, *borders], [*borders, len(numbers)], strict=True):
        if stop > start:
            yield slice(int(start), int(stop))


def _distance_bias(layer: Factored, head: int, query: int, keys: np.ndarray) -> np.ndarray | None:
    if "distance_bias" not in layer.source.arrays():
        return None
    heads, width = layer.source.shape("distance_bias")
    line = layer.source.read("distance_bias", (_own(head, heads), slice(0, width)))[0]
    found: np.ndarray = line[keys - query + layer.queries - 1].astype(np.float64)
    return found


def _visible(layer: Factored, head: int, query: int, keys: np.ndarray) -> np.ndarray:
    stored = _stored(layer, "visible", head, query, keys)
    seen: np.ndarray = ~layer.mask.hidden(np.array([[query]]), keys[None])[0]
    return seen if stored is None else seen & stored.astype(bool)


def _stored(layer: Factored, array: str, head: int, query: int, keys: np.ndarray) -> np.ndarray | None:
    """One row of an array [head or 1, query or 1, key or 1], where the layer has it."""
    if array not in layer.source.arrays():
        return None
    heads, rows, columns = layer.source.shape(array)
    at = slice(query, query + 1) if rows > 1 else slice(0, 1)
    row = layer.source.read(array, (_own(head, heads), at, slice(0, columns)))[0, 0]
    found: np.ndarray = np.broadcast_to(row, layer.keys)[keys].astype(np.float64)
    return found


def _rotary(layer: Factored) -> np.ndarray | None:
    if "rotary" not in layer.source.arrays():
        return None
    pairs = layer.source.shape("rotary")[0]
    found: np.ndarray = layer.source.read("rotary", (slice(0, pairs), slice(0, 3)))
    if len(found) and not (found[:, :2].min() >= 0 and found[:, :2].max() < layer.d_head):
        raise ArgumentError(
            f"rotary pairs must be dimensions from 0 to {layer.d_head - 1}; got {found[:, :2].tolist()}"
        )
    return found.astype(np.float64)


def _per_key(layer: Factored, array: str, head: int, keys: np.ndarray) -> np.ndarray | None:
    """One head's row of an array [head, key], where the layer has it."""
    if array not in layer.source.arrays():
        return None
    row: np.ndarray = layer.source.read(array, (slice(head, head + 1), slice(0, layer.keys)))[0]
    found: np.ndarray = row[keys].astype(np.float64)
    return found


def _own(head: int, heads: int) -> slice:
    """That head, or the only entry when all heads share it."""
    return slice(head, head + 1) if heads > 1 else slice(0, 1)
