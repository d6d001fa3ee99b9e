"""Which part of a record is exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from regard.axes import Kind
from regard.errors import not_one_of
from regard.record.attention import Layer

if TYPE_CHECKING:
    from regard.record.record import Record


class Place(NamedTuple):
    """One layer of one kind of attention."""

    kind: Kind
    number: int
    layer: Layer


@dataclass(frozen=True)
class Part:
    """Kinds of attention, layers and heads by number; ``None``: all."""

    kinds: Sequence[Kind] | None = None
    layers: Sequence[int] | None = None
    heads: Sequence[int] | None = None

    def of(self, record: Record) -> Iterator[Place]:
        """The layers of the record that are meant; raises ``ArgumentError`` for what does not exist."""
        for kind in record.kinds if self.kinds is None else self.kinds:
            attention = record.attention(kind)
            for number in attention.present if self.layers is None else self.layers:
                yield Place(kind, number, attention.layer(number))

    def heads_of(self, layer: Layer) -> list[int]:
        """The heads that are meant."""
        for head in self.heads or ():
            if head not in layer.present:
                raise not_one_of("head", head, layer.present)
        return list(layer.present if self.heads is None else self.heads)
