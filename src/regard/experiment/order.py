"""The kind and layer of every attention call of a run, numbered as records number them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.families import kind_of
from regard.capture.numbering import Layers, Numbering
from regard.capture.windows import Pieces


class Order:
    """Numbers the calls of one run.

    ``known`` maps module paths to the (kind, layer) that they had in an earlier whole run, for runs that leave out
    some layers; ``counts`` says how many layers of each kind there were.
    """

    def __init__(
        self,
        encoder_decoder: bool,
        text: bool,
        known: Mapping[str, tuple[Kind | None, int]] | None = None,
        counts: Mapping[Kind, int] | None = None,
    ) -> None:
        self._encoder_decoder, self._text = encoder_decoder, text
        self._known, self._counts = known, counts or {}
        self._numbering, self._pieces = Numbering(), Pieces()
        self._layers: dict[Kind, Layers] = {}
        self._latest: tuple[Kind | None, int, int | None] = (None, 0, None)
        self._begun = 0
        self.turn = 0
        """How many calls of its layer the latest one goes on from, as it has the same queries and keys (LiLT)."""
        self.begins = 0
        """The place of its first query, where a packed sequence comes in several calls."""

    def number(self, call: Call) -> tuple[Kind | None, int, int | None]:
        """The call's kind (``None``: one that records do not hold), layer, and number of layers where it is known."""
        offset = int(call.query.storage_offset())
        if self._pieces.goes_on(call):
            self.turn += 1
            self.begins = (offset - self._begun) // max(1, call.query.stride(2))
            return self._latest
        self._pieces.begin(call)
        self._begun, self.turn, self.begins = offset, 0, 0
        self._latest = self._numbered(call)
        return self._latest

    def _numbered(self, call: Call) -> tuple[Kind | None, int, int | None]:
        if self._known is not None:
            kind, layer = self._known.get(call.path) or self._known[_related(call.path, self._known)]
            return kind, layer, None if kind is None else self._counts.get(kind)
        kind = self.kind(call)
        if kind is None:
            return None, 0, None
        layers = self._layers.setdefault(kind, [])
        layer = self._numbering.make_room(layers, kind, call)
        layers.append(None)
        return kind, layer, self._counts.get(kind) or (call.layer[1] if call.layer else None)

    def kind(self, call: Call) -> Kind | None:
        """The kind of attention, as capture tells it."""
        return kind_of(
            path=call.path,
            encoder_decoder=self._encoder_decoder,
            cross=bool(getattr(call.module, "is_cross_attention", False)),
            causal=call.is_causal,
            text=self._text,
        )


def _related(path: str, known: Iterable[str]) -> str:
    """The known module that is part of the one at ``path``, or that it is part of: torch's fused encoder layers attend
    where their ``self_attn`` does when hooks keep the fused kernel away."""
    return next(one for one in known if one.startswith(f"{path}.") or path.startswith(f"{one}."))
