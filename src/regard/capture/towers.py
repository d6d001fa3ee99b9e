"""The attention of towers: of the parts of a multimodal model that see pictures or hear sound."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.draft import Draft
from regard.capture.located import Located
from regard.capture.masks import Masks
from regard.capture.numbering import Layers, Numbering
from regard.capture.part import Part
from regard.capture.shares import Shares
from regard.capture.store import MemoryStore, Store
from regard.capture.windows import Pieces

TOWERS: tuple[Kind, ...] = ("vision", "audio")


class Towers:
    """Takes the calls of towers in order. What a row has several of (pictures, sounds) lies side by side.

    ``part`` chooses layers and heads; positions are those of the text, not of a picture.
    """

    def __init__(self, located: Located, store: Store | None = None, part: Part | None = None) -> None:
        inputs = located.inputs
        self._rows = len(inputs.rows)
        self._shares = {kind: Shares.of(located.model, inputs, kind) for kind in TOWERS}
        self._store, self._part = store or MemoryStore(), replace(part or Part(), positions=None)
        self._layers: tuple[dict[Kind, Layers], ...] = tuple({} for _ in inputs.rows)
        self._numbering, self._pieces, self._kind = Numbering(), Pieces(), TOWERS[0]
        self._shared: dict[Kind, bool] = {}
        self._between: Counter[str] = Counter()

    def take(self, call: Call, kind: Kind) -> None:
        """Keep what this call's weights are made from."""
        if self._pieces.goes_on(call):
            return
        self.join()
        self._pieces.begin(call)
        self._kind = kind
        for number in range(self._rows):
            layers = self._layers[number].setdefault(kind, [])
            wanted = self._part.has_layer(self._numbering.make_room(layers, kind, call))
            layers.append(None)
            if wanted:
                self._keep(call, number)

    def join(self) -> None:
        """Replace the latest layer by one of all the calls that went on with it."""
        call = self._pieces.joined()
        self._pieces = Pieces()
        for number in range(self._rows) if call is not None else ():
            wanted = self._layers[number][self._kind]
            if call is not None and self._part.has_layer(len(wanted) - 1):
                self._keep(call, number)

    def _keep(self, call: Call, number: int) -> None:
        """Put the layer of this row last of its kind, where the row's part of the call is known."""
        part = self._shares[self._kind].part(call, number)
        self._shared[self._kind] = part is not None or self._shared.get(self._kind, False)
        heads = self._part.heads and tuple(head for head in self._part.heads if head < call.query.shape[1])
        if part is None or heads == ():
            return
        every = slice(0, part.query.shape[2]), slice(0, part.key.shape[2])
        draft = Draft.of(part, 0, *every, Masks(), self._store, replace(self._part, heads=heads))
        self._layers[number][self._kind][-1] = draft.layer()

    def layers(self, row: int) -> Mapping[Kind, Layers]:
        """The layers of each tower that are of this row."""
        found = {kind: layers for kind, layers in self._layers[row].items() if any(layers)}
        for kind, layers in found.items():
            self._numbering.complete(layers, kind)
        return found

    def skip(self, call: Call) -> None:
        """Count a call of what stands between a tower and the text."""
        self._between[call.path] += 1

    def warn(self, stacklevel: int) -> None:
        """Warn of what ran and is not in the record."""
        for kind, shared in self._shared.items():
            if not shared:
                warnings.warn(
                    f"the {kind} attention is not in the record, as it cannot be told which of its pictures or sounds "
                    "belong to which row; capture the rows one by one to see it",
                    stacklevel=stacklevel + 1,
                )
        if self._between:
            warnings.warn(
                f"{sum(self._between.values())} attention calls of {next(iter(self._between))} and the like, between a "
                "tower and the text, are not in the record; capture that part of the model alone to see them",
                stacklevel=stacklevel + 1,
            )
