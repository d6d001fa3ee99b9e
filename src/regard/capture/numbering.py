"""The numbers of layers: the model's own, also where some of its layers have no attention."""

from __future__ import annotations

from regard.axes import Kind
from regard.capture.calls import Call
from regard.record.attention import Layer

Layers = list[Layer | None]


class Numbering:
    """Numbers the calls of each kind.

    A call belongs to the layer of the model that its module is in, so that in a hybrid model the layers between
    (state-space, linear attention) stay empty. A layer that calls attention again (ALBERT, which uses one layer many
    times) is one layer more.
    """

    def __init__(self) -> None:
        self._counts: dict[Kind, int | None] = {}

    def make_room(self, layers: Layers, kind: Kind, call: Call) -> int:
        """The number of this call's layer, with all layers before it present."""
        if call.layer is None or call.layer[0] < len(layers):
            self._counts[kind] = None
            return len(layers)
        number, count = call.layer
        self._counts.setdefault(kind, count)
        layers += [None] * (number - len(layers))
        return number

    def complete(self, layers: Layers, kind: Kind) -> None:
        """Add the layers that come after the last one with attention."""
        layers += [None] * ((self._counts.get(kind) or 0) - len(layers))
