"""From calls to a record's attention: one factored layer per call and batch row, padding left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.draft import Draft
from regard.capture.families import kind_of
from regard.capture.inputs import Row
from regard.capture.kernel_lse import fitting
from regard.capture.located import Located
from regard.capture.main_size import of_main_size
from regard.capture.masks import Masks
from regard.capture.numbering import Layers, Numbering
from regard.capture.part import Part
from regard.capture.store import MemoryStore, Store
from regard.capture.towers import TOWERS, Towers
from regard.capture.windows import Pieces, side_by_side
from regard.errors import NoAttentionError, not_one_of
from regard.record.attention import Attention, Layer
from regard.record.record import ModelInfo, Record
from regard.record.tokens import Tokens

STREAMS: Mapping[Kind, tuple[str, str]] = {
    "encoder": ("encoder", "encoder"),
    "decoder": ("decoder", "decoder"),
    "cross": ("decoder", "encoder"),
    "vision": ("vision", "vision"),
    "audio": ("audio", "audio"),
}
"""Which sequences the queries and the keys of each kind are."""


class Assembly:
    """Takes the calls of one run in order and makes one record per batch row.

    Layers have the numbers that they have in the model (see :mod:`regard.capture.numbering`); windows are laid side by
    side (:mod:`regard.capture.windows`); towers are apart (:mod:`regard.capture.towers`).
    """

    def __init__(self, located: Located, store: Store | None = None, part: Part | None = None) -> None:
        self._located, self._inputs = located, located.inputs
        self._store = store or MemoryStore()
        self._part = part or Part()
        self._masks = Masks()
        self._numbering = Numbering()
        self._layers: tuple[dict[Kind, Layers], ...] = tuple({} for _ in self._inputs.rows)
        self._towers = Towers(located, self._store, self._part)
        self._pieces = Pieces()
        self._kind: Kind | None = None
        self._latest: tuple[Call, list[tuple[Layers, Draft]]] | None = None

    @property
    def found(self) -> bool:
        """Whether any call has been seen that a record can hold."""
        return any(self._layers)

    def take(self, call: Call) -> None:
        """Keep what this call's weights are made from."""
        kind = kind_of(
            path=call.path,
            encoder_decoder=self._inputs.encoder_decoder,
            cross=bool(getattr(call.module, "is_cross_attention", False)),
            causal=call.is_causal,
            text=self._inputs.has_text,
        )
        if kind is None:
            self._towers.skip(call)
            return
        self._located.fronts.mark(kind)
        if kind in TOWERS:
            self._towers.take(call, kind)
            return
        if self._pieces.goes_on(call):
            return
        self._join_pieces()
        self._pieces.begin(call)
        self._kind = kind
        call = side_by_side(call, len(self._inputs.rows))
        if call.windows or self._inputs.arguments.get("position_ids") is not None:
            call = replace(call, rotary=None)
        self._check(call, kind)
        drafts = []
        for number, row in enumerate(self._inputs.rows):
            layers = self._layers[number].setdefault(kind, [])
            if not self._part.has_layer(self._numbering.make_room(layers, kind, call)):
                layers.append(None)
                continue
            draft = self._draft(call, kind, number, row)
            layers.append(draft.layer())
            drafts.append((layers, draft))
        self._latest = None if call.windows else (call, drafts)

    def _join_pieces(self) -> None:
        """Replace the latest layer by one of all the calls that went on with it."""
        call, kind = self._pieces.joined(), self._kind
        if call is None or kind is None:
            return
        for number, row in enumerate(self._inputs.rows):
            layers = self._layers[number][kind]
            if layers[-1] is not None:
                layers[-1] = self._draft(call, kind, number, row).layer()

    def _check(self, call: Call, kind: Kind) -> None:
        """Raises ``NoAttentionError`` for what a record cannot hold."""
        rows, (batch, _, queries, _), keys = len(self._inputs.rows), call.query.shape, call.key.shape[2]
        if batch != rows:
            raise NoAttentionError(
                f"{call.path}: attention over {batch} sequences for a batch of {rows}, which a record cannot hold. "
                "Capture that part of the model alone"
            )
        of_query, of_key = STREAMS[kind]
        if of_query == of_key and queries < keys and self._inputs.arguments.get("past_key_values") is not None:
            raise NoAttentionError(
                f"{call.path}: {queries} queries see {keys} keys, so the run continues a cache. Pass the whole "
                "sequence without past_key_values"
            )

    def take_lse(self, query: Tensor, lse: Tensor) -> None:
        """The log-sum-exp that a kernel returned for these queries: kept when they are those of the latest call."""
        latest, self._latest = self._latest, None
        if latest is None or latest[0].query.data_ptr() != query.data_ptr():
            return
        call, drafts = latest
        found = fitting(lse, *call.query.shape[:3]) if call.softcap is None and call.sink is None else None
        if found is not None:
            for row, (layers, draft) in enumerate(drafts):
                layers[-1] = draft.with_lse(found[row]).layer()

    def _draft(self, call: Call, kind: Kind, number: int, row: Row) -> Draft:
        of_query, of_key = STREAMS[kind]
        queries, keys = row.kept(of_query, call.query.shape[2]), row.kept(of_key, call.key.shape[2])
        tokens = row.tokens.get(of_key) if kind == "decoder" else None
        ids = None if tokens is None else tokens.ids
        return Draft.of(call, number, queries, keys, self._masks, self._store, self._part, ids)

    def records(self, info: ModelInfo) -> list[Record]:
        """One record per row."""
        self._join_pieces()
        self._towers.join()
        self._towers.warn(stacklevel=4)
        for kinds in self._layers:
            for kind, layers in kinds.items():
                self._numbering.complete(layers, kind)
        return [self._record(number, info) for number in range(len(self._layers))]

    def _record(self, number: int, info: ModelInfo) -> Record:
        """The record of one row, whose tokens know their places."""
        layers = {**self._layers[number], **self._towers.layers(number)}
        return record(layers, self._located.row(number, self._inputs.rows[number], layers), info, self._part)


def record(
    layers: Mapping[Kind, Sequence[Layer | None]], row: Row, info: ModelInfo, part: Part | None = None
) -> Record:
    """The record of one row.

    Where ``part`` keeps a run of the queries only, they are a stream of their own (``"decoder queries"``), and so are
    keys that are not the sequence itself but as many of it as there are (``"encoder keys"``: pooled, or joined with
    another sequence).
    """
    attentions: dict[Kind, Attention] = {}
    streams: dict[str, Tokens] = {}
    for kind, found in _asked(layers, part).items():
        of_query, of_key = STREAMS[kind]
        (queries, keys), kept = of_main_size(kind, found, len(row.tokens.get(of_key) or ()))
        if part is not None and part.positions is not None and kind not in TOWERS:
            of_query = _query_stream(of_query, keys, row, part, streams)
        elif of_query == of_key and queries != keys:
            of_key = f"{of_key} keys"
        names = (_named(streams, row, of_query, queries), _named(streams, row, of_key, keys))
        attentions[kind] = Attention(kind, kept, *names)
    return Record(streams, attentions, info)


def _named(streams: dict[str, Tokens], row: Row, name: str, count: int) -> str:
    """The name of the stream of so many tokens, which is added to ``streams``."""
    if name in streams and len(streams[name]) != count:
        name = f"{name} ({count})"
    streams.setdefault(name, row.tokens_of(name, count))
    return name


def _asked(layers: Mapping[Kind, Sequence[Layer | None]], part: Part | None) -> Mapping[Kind, Sequence[Layer | None]]:
    """The kinds that have any of the layers asked for."""
    found = {kind: kept for kind, kept in layers.items() if any(layer is not None for layer in kept)}
    if part is not None and part.layers is not None:
        count = max(len(kept) for kept in layers.values())
        missing = [number for number in part.layers if number >= count]
        if missing:
            raise not_one_of("layer", missing[0], range(count))
    return found


def _query_stream(stream: str, count: int, row: Row, part: Part, streams: dict[str, Tokens]) -> str:
    """The name of the stream of the kept queries, which is added to ``streams``."""
    known = row.tokens.get(stream)
    whole = row.tokens_of(stream, count if known is None else len(known))
    streams.setdefault(f"{stream} queries", whole.part(part.queries(len(whole))))
    return f"{stream} queries"
