"""Scores of one head, a tile at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.record.engine.bias import distance_bias, stored_part
from regard.record.engine.blocks import Rows, count, numbers, span
from regard.record.engine.machine import Machine

if TYPE_CHECKING:
    from regard.record.factored import Factored


class ScoreTiles:
    """The scores of one head against a run of its keys, [query, key] or [key, query] as the caller sums.

    Keys are brought to the machine once, queries block by block. Where ``out`` is given (the tile's place in a larger
    array, or a flat buffer of at least its size) the tile is written there.
    """

    def __init__(self, layer: Factored, head: int, keys: slice, machine: Machine):
        self.layer, self.head, self.keys, self.machine = layer, head, keys, machine
        self.dtype = layer.dtype
        self._held = frozenset(layer.source.arrays())
        kv_head = head // (layer.heads // layer.kv_heads)
        key = layer.source.read("key", (slice(kv_head, kv_head + 1), keys, slice(0, layer.d_head)))[0]
        self._key = machine.place(key, self.dtype)

    @property
    def sink(self) -> float | None:
        """The score that takes mass from every row without being a key."""
        if "sink" not in self._held:
            return None
        return float(self.layer.source.read("sink", (slice(self.head, self.head + 1),))[0])

    def by_query(self, queries: Rows, keys: slice, out: Any = None) -> Any:
        """Tile [query, key]."""
        tile = self._product(self._query(queries), self._keys(keys).T, out)
        return self._finished(tile, queries, keys, by_key=False)

    def by_key(self, queries: Rows, keys: slice, out: Any = None) -> Any:
        """Tile [key, query]: sums and maxima over keys then run along whole cache lines."""
        tile = self._product(self._keys(keys), self._query(queries).T, out)
        return self._finished(tile, queries, keys, by_key=True)

    def _keys(self, keys: slice) -> Any:
        return self._key[keys.start - self.keys.start : keys.stop - self.keys.start]

    def _query(self, queries: Rows) -> Any:
        rows = span(queries)
        at = (slice(self.head, self.head + 1), rows, slice(0, self.layer.d_head))
        query = self.layer.source.read("query", at)[0]
        query = query if isinstance(queries, slice) else query[queries - rows.start]
        return self.machine.place(query.astype(self.dtype, copy=False) * self.dtype.type(self.layer.scale))

    def _product(self, first: Any, second: Any, out: Any) -> Any:
        shape = (len(first), second.shape[1])
        into = out if out is None or out.ndim == 2 else out[: shape[0] * shape[1]].reshape(shape)
        return self.machine.xp.matmul(first, second, out=into)

    def _finished(self, tile: Any, queries: Rows, keys: slice, *, by_key: bool) -> Any:
        if self.layer.softcap is not None:
            tile /= self.layer.softcap
            self.machine.xp.tanh(tile, out=tile)
            tile *= self.layer.softcap
        if "bias" in self._held:
            bias = stored_part(self.layer.source, "bias", self.head, queries, keys)
            tile += self.machine.place(bias.T if by_key else bias, self.dtype)
        if "distance_bias" in self._held:
            tile += distance_bias(self.layer, self.head, queries, keys, self.machine, by_key=by_key)
        self._hide(tile, queries, keys, by_key)
        return tile

    def _hide(self, tile: Any, queries: Rows, keys: slice, by_key: bool) -> None:
        rule = self.layer.mask
        if count(queries) and not rule.is_full:
            core = rule.core(span(queries), keys)
            for part in (slice(keys.start, core.start), slice(core.stop, keys.stop)):
                here = slice(part.start - keys.start, part.stop - keys.start)
                query, key = numbers(queries), numbers(part)
                axes = (query[None, :], key[:, None]) if by_key else (query[:, None], key[None, :])
                self.machine.hide(tile[here] if by_key else tile[:, here], rule.hidden(*axes))
        if "visible" in self._held:
            hidden = ~stored_part(self.layer.source, "visible", self.head, queries, keys)
            self.machine.hide(tile, hidden.T if by_key else hidden)
