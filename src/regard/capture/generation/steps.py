"""All calls of a generation, joined: layers by kind, and the tokens that each pass was given."""

from __future__ import annotations

import warnings
from collections import Counter

import torch
from torch import Tensor

from regard.axes import Kind
from regard.capture.assembly import STREAMS, record
from regard.capture.calls import Call
from regard.capture.families import kind_of
from regard.capture.generation.layers import LayerSteps, OtherKeysError, UnjoinableError
from regard.capture.generation.masks import Histories, Padding
from regard.capture.inputs import Row
from regard.capture.located import Located
from regard.capture.numbering import Layers, Numbering
from regard.capture.towers import TOWERS, Towers
from regard.capture.windows import Pieces
from regard.errors import ArgumentError
from regard.record.record import ModelInfo, Record


class Steps:
    """Takes the calls of prefill and cached steps in order.

    ``lost`` says why they cannot be joined, when something was seen that is neither.
    """

    def __init__(self, located: Located):
        self._located, self._inputs = located, located.inputs
        self._towers = Towers(located)
        self._layers: dict[Kind, list[LayerSteps]] = {}
        self._kinds: dict[str, Kind | None] = {}
        self._numbering, self._numbers = Numbering(), dict[Kind, list[int]]()
        self._room: dict[Kind, Layers] = {}
        self._histories = Histories()
        self._pieces = Pieces()
        self._called: Counter[Kind] = Counter()
        self._passes, self._has_cache = 0, False
        self._given: list[Tensor] = []
        self.lost = ""
        self._repeated = False

    @property
    def found(self) -> bool:
        """Whether any attention has been seen that a record can hold."""
        return bool(self._layers)

    @property
    def rows(self) -> int:
        """Rows of the batch in each pass: beams count one by one."""
        return len(self._given[0])

    def begin(self, ids: object, *, cached: bool, cache: object) -> None:
        """The model is called, with these token ids [row, token] and this cache object."""
        if not cached:
            self.lost = "the model ran without a cache"
        self._has_cache = cache is not None
        if isinstance(ids, Tensor):
            self._given.append(ids.detach().clone())
        else:
            self.lost = "the model was given no token ids"
        self._called.clear()
        self._histories.begin()
        self._pieces = Pieces()
        self._passes += 1

    def take(self, call: Call) -> None:
        """Keep what is new in this call."""
        if self.lost:
            return
        if call.path not in self._kinds:
            self._kinds[call.path] = self._kind(call)
        kind = self._kinds[call.path]
        if kind is None or kind in TOWERS:
            self._take_tower(kind, call)
            return
        self._located.fronts.mark(kind)
        if self._pieces.goes_on(call):
            self.lost = "a layer attends in parts" if self._pieces.joined() is not None else ""
            return
        self._pieces.begin(call)
        try:
            self._layer(kind, call).add(call, self._histories)
        except UnjoinableError as error:
            if isinstance(error, OtherKeysError) and self._has_cache:
                raise ArgumentError(str(error)) from error
            self.lost = str(error)

    def _take_tower(self, kind: Kind | None, call: Call) -> None:
        """Keep what pictures and sounds are looked at with: once, in the first pass."""
        if kind is None:
            self._towers.skip(call)
        elif self._passes <= 1 and (not self._given or self.rows == len(self._inputs.rows)):
            self._located.fronts.mark(kind)
            self._towers.take(call, kind)
        elif self._passes <= 1:
            self._repeated = True

    def warn(self) -> None:
        """Warn of what was seen and is not in the records."""
        self._towers.warn(stacklevel=4)
        if self._repeated:
            warnings.warn(
                "the towers saw each picture or sound once for each beam, so their attention is not in the record; "
                "generate without beams, or capture one pass, to see it",
                stacklevel=4,
            )

    def _kind(self, call: Call) -> Kind | None:
        """The kind that a module's first call shows; a model that continues its own text does not look ahead."""
        kind = kind_of(
            path=call.path,
            encoder_decoder=self._inputs.encoder_decoder,
            cross=bool(getattr(call.module, "is_cross_attention", False)),
            causal=call.is_causal,
            text=self._inputs.has_text,
        )
        return "decoder" if kind == "encoder" and not self._inputs.encoder_decoder else kind

    def _layer(self, kind: Kind, call: Call) -> LayerSteps:
        """The layer that this call is of: the next of its kind in this pass."""
        layers, number = self._layers.setdefault(kind, []), self._called[kind]
        self._called[kind] += 1
        if number < len(layers):
            if self._passes < 2:
                raise UnjoinableError(f"{call.path} ran again before the first step")
            return layers[number]
        of_query, of_key = (self._padding(stream) for stream in STREAMS[kind])
        if self._passes > 1 or call.query.shape[0] % len(of_query):
            raise UnjoinableError(f"{call.path} was called for the first time after the prompt")
        layers.append(LayerSteps(call, of_query, of_key, crosses=kind == "cross"))
        room = self._room.setdefault(kind, [])
        self._numbers.setdefault(kind, []).append(self._numbering.make_room(room, kind, call))
        room.append(None)
        return layers[-1]

    def _padding(self, stream: str) -> list[Padding]:
        return [Padding(row.masks.get(stream)) for row in self._inputs.rows]

    def was_read(self, ids: Tensor, rows: Tensor) -> bool:
        """Whether the passes were given exactly these tokens, number i in row ``rows[i]``, and perhaps more after."""
        given = torch.cat(self._given, dim=1).cpu()
        return given.shape[1] >= len(ids) and torch.equal(given[rows, torch.arange(len(ids))], ids)

    def record(self, item: int, rows: Tensor, row: Row, info: ModelInfo) -> Record:
        """The record of one sequence: ``rows`` say in which row of the batch each of its tokens was read."""
        layers: dict[Kind, Layers] = {}
        for kind, found in self._layers.items():
            whole = torch.full((found[0].count,), item) if kind == "encoder" and self._inputs.encoder_decoder else rows
            layers[kind] = list(self._room[kind])
            for number, layer in zip(self._numbers[kind], found, strict=True):
                layers[kind][number] = layer.layer(item, whole)
            self._numbering.complete(layers[kind], kind)
        self._towers.join()
        layers |= self._towers.layers(item)
        return record(layers, self._located.row(item, row, layers), info)
