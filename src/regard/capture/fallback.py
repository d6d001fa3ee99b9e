"""For models whose attention is seen nowhere: finished weights, when the model returns them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.arrays import Keep, to_numpy
from regard.capture.assembly import STREAMS, record
from regard.capture.families import OUTPUT_FIELDS, RETURNED, SLIDING
from regard.capture.inputs import Inputs, Row, accepts
from regard.capture.part import Part
from regard.capture.sliding import SlidingWeights
from regard.errors import NoAttentionError
from regard.record.attention import Layer
from regard.record.dense import Dense
from regard.record.lazy import LazySource
from regard.record.record import ModelInfo, Record

Weights = dict[Kind, Sequence[Tensor | None]]


@dataclass(frozen=True, eq=False)
class _Returned:
    """What a model gave for one kind: its weights, and those of global tokens where it has such."""

    model: nn.Module
    kind: Kind
    weights: Sequence[Tensor | None]
    of_global: Sequence[Tensor | None]
    global_mask: Tensor | None
    info: ModelInfo
    rows: int

    def layers(self, number: int, row: Row, part: Part) -> list[Layer | None]:
        """The layers of one batch row that ``part`` keeps, without its padding."""
        return [
            self._layer(layer, number, row) if part.has_layer(layer) else None for layer in range(len(self.weights))
        ]

    def _layer(self, layer: int, number: int, row: Row) -> Layer | None:
        weights = self.weights[layer]
        if weights is None:
            return None
        of_query, of_key = STREAMS[self.kind]
        shape: tuple[int, ...] = tuple(getattr(weights, "shape", ()))
        if len(shape) == 4 and shape[0] == self.rows:
            queries, keys = row.kept(of_query, shape[2]), row.kept(of_key, shape[3])
            if self.info.family in SLIDING and self.kind == "encoder":
                return self._sliding(layer, number, queries)
            if of_query != of_key or shape[2] == shape[3]:
                return Dense.of(to_numpy(weights[number][:, queries][:, :, keys]))
        raise NoAttentionError(
            f"{self.info.architecture} ({self.info.family}) returns {self.kind} attention of shape {list(shape)}, not "
            f"weights [batch, head, query, key] of {self.rows} row{'s' * (self.rows > 1)}; pass finished weights to "
            "regard.from_weights"
        )

    def _sliding(self, layer: int, number: int, tokens: Keep) -> Layer:
        if not isinstance(tokens, slice):
            raise NoAttentionError(
                f"{self.info.architecture}: the padding of row {number} lies between its tokens, which sliding windows "
                "cannot be cut out of. Pad at one end"
            )
        sizes: Any = getattr(self.model.config, SLIDING[self.info.family])
        reach = (sizes if isinstance(sizes, int) else sizes[layer]) // 2
        rows = self.of_global[layer] if layer < len(self.of_global) else None
        mask = None if self.global_mask is None else self.global_mask[number]
        weights: Any = self.weights[layer]
        held = SlidingWeights.of(weights[number], None if rows is None else rows[number], reach, mask)
        return Dense(LazySource({"weights": held.cut(tokens.start, tokens.stop)}))


def dense_records(model: nn.Module, inputs: Inputs, output: Any, info: ModelInfo, part: Part) -> list[Record]:
    """Records of the weights that the model returns, running it again with ``output_attentions=True`` if needed.

    Raises ``NoAttentionError`` when it returns none, and ``ArgumentError`` where ``part`` keeps less than whole layers.
    """
    weights = returned_weights(model, output)
    if not weights and accepts(model, "output_attentions"):
        with torch.no_grad():
            output = model(**{**inputs.arguments, "output_attentions": True})
        weights = returned_weights(model, output)
    if not weights:
        raise NoAttentionError(_message(model, info))
    part.check_whole(info.architecture)
    mask = inputs.arguments.get("global_attention_mask")
    of_global, rows = _of_global(output), len(inputs.rows)
    found = {kind: _Returned(model, kind, layers, of_global, mask, info, rows) for kind, layers in weights.items()}
    return [
        record({kind: returned.layers(number, row, part) for kind, returned in found.items()}, row, info, part)
        for number, row in enumerate(inputs.rows)
    ]


def only_returned(model: nn.Module) -> bool:
    """Whether a model has attention that only itself can put together (see
    :data:`~regard.capture.families.RETURNED`)."""
    return any(re.search(RETURNED, type(module).__name__) for module in model.modules())


def joined(returned: Record, seen: Record) -> Record:
    """A record of the attention that was seen, with the kinds of another one that was not."""
    return replace(
        seen,
        streams={**returned.streams, **seen.streams},
        attentions={**returned.attentions, **seen.attentions},
    )


def returned_weights(model: nn.Module, output: Any) -> Weights:
    """Weights in a model's output by kind, each one tensor [batch, head, query, key] a layer."""
    config = getattr(model, "config", None)
    causal = getattr(config, "is_decoder", False) or "CausalLM" in type(model).__name__ or _is_causal(model)
    found: Weights = {}
    for name, kind in OUTPUT_FIELDS:
        layers = getattr(output, name, None)
        if isinstance(layers, (tuple, list)) and any(layer is not None for layer in layers):
            found.setdefault(kind or ("decoder" if causal else "encoder"), layers)
    return found


def _of_global(output: Any) -> Sequence[Tensor | None]:
    found: Mapping[str, Any] = {name: getattr(output, name, None) for name in _GLOBAL_FIELDS}
    return next((layers for layers in found.values() if layers), ())


_GLOBAL_FIELDS = ("global_attentions", "encoder_global_attentions")


def _is_causal(model: nn.Module) -> bool:
    return any(getattr(module, "is_causal", False) for module in model.modules())


def _message(model: nn.Module, info: ModelInfo) -> str:
    what = f"{info.architecture} ({info.family})" if info.family else info.architecture
    if not info.family:
        return (
            f"{what} ran, but it called no attention function of transformers and is no Hugging Face model; "
            "pass weights or queries and keys that you have to regard.from_weights or regard.from_qk"
        )
    used = getattr(getattr(model, "config", None), "_attn_implementation", None)
    return (
        f"{what} ran with attn_implementation={used!r}, but it called no attention function of transformers and "
        "returned no weights. If it computes attention in its own code, load it with attn_implementation='eager'; "
        "a model without softmax attention has none to show"
    )
