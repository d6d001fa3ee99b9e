"""Views that show attention at power-of-two levels, and what of it a page without Python carries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.record import Slices
from regard.record.engine.machine import Pool
from regard.view.pyramid import Level, top_level
from regard.view.spec import AttentionSpec
from regard.view.view import Part, View

TILE = 256
TOKENS_UP_TO = 1024
"""Up to so many tokens each has a place of its own in lines and matrices; beyond, runs of tokens share one."""


@dataclass(frozen=True, eq=False, repr=False)
class LevelsView(View):
    """A view that is also a source of :class:`regard.view.pyramid.Level` arrays."""

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        level = Level.of(array)
        if level is not None and level.kind in self.record.attentions:
            return level.shape(self.record.attentions[level.kind])
        return super().shape(array)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        *_, (found, _) = self.refine(array, slices)
        return found

    def refine(self, array: str, slices: Slices) -> Iterator[tuple[np.ndarray, float]]:
        """The rectangle as it gets better, and the share of the queries read for it; the last one is exact."""
        level = Level.of(array)
        if level is None:
            yield super().read(array, slices), 1.0
            return
        number, _, rows, columns = slices
        attention = self.record.attentions[level.kind]
        if number.stop - number.start != 1:
            raise ArgumentError(f"a level of a map is read one layer at a time; got {number.start}:{number.stop}")
        for found, share in level.pictures(attention.layer(number.start), rows, columns):
            yield found[None, None], share

    def whole(self, kind: Kind, layer: int, heads: tuple[int, ...], pool: Pool = "max") -> Part:
        """All of an attention in one tile."""
        attention = self.record.attentions[kind]
        found = Level(kind, pool, top_level(max(attention.queries, attention.keys), TILE), heads)
        _, _, rows, columns = found.shape(attention)
        return found.name, (slice(layer, layer + 1), slice(0, 1), slice(0, rows), slice(0, columns))

    def heads_in_full(self, offer: AttentionSpec) -> Iterator[Part]:
        """What shows each head at full size: its weights, or of a long text the largest weight of each block."""
        if max(offer.queries, offer.keys) <= TOKENS_UP_TO:
            yield from self._parts(offer, f"{offer.kind}.weights")
            return
        for layer, heads in zip(offer.layers, offer.layer_heads, strict=True):
            for head in heads:
                yield self.whole(offer.kind, layer, (head,))
