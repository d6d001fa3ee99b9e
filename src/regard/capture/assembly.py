"""From calls to a record's attention: one factored layer per call and batch row, padding left out."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence

from regard.axes import Kind
from regard.capture.arrays import to_numpy
from regard.capture.calls import Call
from regard.capture.families import kind_of
from regard.capture.inputs import Inputs, Row
from regard.capture.masks import Masks
from regard.errors import NoAttentionError
from regard.record.attention import Attention, Layer
from regard.record.factored import Factored
from regard.record.record import ModelInfo, Record
from regard.record.tokens import Tokens

STREAMS: Mapping[Kind, tuple[str, str]] = {
    "encoder": ("encoder", "encoder"),
    "decoder": ("decoder", "decoder"),
    "cross": ("decoder", "encoder"),
}
"""Which sequences the queries and the keys of each kind are."""


class Assembly:
    """Takes the calls of one run in order and makes one record per batch row.

    Layers are numbered by the order of the calls of a kind, so a layer that is used many times (ALBERT) is as many
    layers.
    """

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._masks = Masks()
        self._layers: tuple[dict[Kind, list[Layer]], ...] = tuple({} for _ in inputs.rows)
        self._towers: Counter[str] = Counter()

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
            self._towers[call.path.split(".")[0]] += 1
            return
        if call.query.shape[0] != len(self._inputs.rows):
            raise NoAttentionError(
                f"{call.path}: attention over {call.query.shape[0]} sequences for a batch of {len(self._inputs.rows)} "
                "(windows or packed sequences), which a record cannot hold. Capture the text part of the model alone"
            )
        for number, row in enumerate(self._inputs.rows):
            self._layers[number].setdefault(kind, []).append(self._factor(call, kind, number, row))

    def _factor(self, call: Call, kind: Kind, number: int, row: Row) -> Factored:
        of_query, of_key = STREAMS[kind]
        queries, keys = row.kept(of_query, call.query.shape[2]), row.kept(of_key, call.key.shape[2])
        mask = self._masks.of(call, number, queries, keys)
        sink = {} if call.sink is None else {"sink": to_numpy(call.sink)}
        return Factored.of(
            to_numpy(call.query[number][:, queries]),
            to_numpy(call.key[number][:, keys]),
            scale=call.scale,
            mask=mask.rule,
            softcap=call.softcap,
            **mask.arrays,
            **sink,
        )

    def records(self, info: ModelInfo) -> list[Record]:
        """One record per row."""
        if self._towers:
            warnings.warn(
                f"{sum(self._towers.values())} attention calls of {', '.join(self._towers)} (image or sound) are not "
                "in the record; capture that part of the model alone to see them",
                stacklevel=4,
            )
        return [record(layers, row, info) for layers, row in zip(self._layers, self._inputs.rows, strict=True)]


def record(layers: Mapping[Kind, Sequence[Layer | None]], row: Row, info: ModelInfo) -> Record:
    """The record of one row; raises ``NoAttentionError`` when its layers are not of one size."""
    attentions: dict[Kind, Attention] = {}
    streams: dict[str, Tokens] = {}
    for kind, found in layers.items():
        sizes = sorted({(layer.queries, layer.keys) for layer in found if layer is not None})
        of_query, of_key = STREAMS[kind]
        if len(sizes) != 1 or (of_query == of_key and sizes[0][0] != sizes[0][1]):
            raise NoAttentionError(_sizes_message(kind, sizes, info))
        for stream, count in zip((of_query, of_key), sizes[0], strict=True):
            streams.setdefault(stream, row.tokens_of(stream, count))
        attentions[kind] = Attention(kind, tuple(found), of_query, of_key)
    return Record(streams, attentions, info)


def _sizes_message(kind: Kind, sizes: list[tuple[int, int]], info: ModelInfo) -> str:
    if len(sizes) == 1:
        queries, keys = sizes[0]
        return (
            f"{kind} attention of {info.architecture}: {queries} queries see {keys} keys, so the run continues a "
            "cache. Pass the whole sequence without past_key_values"
        )
    return (
        f"{kind} attention of {info.architecture} ({info.family}): layers differ in [query, key] size: {sizes}. A "
        "record holds one sequence per kind; models that shorten the sequence between layers are not supported"
    )
