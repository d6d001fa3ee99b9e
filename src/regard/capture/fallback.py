"""For models that compute attention in their own code: finished weights, when the model returns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.arrays import to_numpy
from regard.capture.assembly import STREAMS, record
from regard.capture.families import OUTPUT_FIELDS
from regard.capture.inputs import Inputs, Row, accepts
from regard.errors import NoAttentionError
from regard.record.attention import Layer
from regard.record.dense import Dense
from regard.record.record import ModelInfo, Record

Weights = dict[Kind, Sequence[Tensor | None]]


def dense_records(model: nn.Module, inputs: Inputs, output: Any, info: ModelInfo) -> list[Record]:
    """Records of the weights that the model returns, running it again with ``output_attentions=True`` if needed.

    Raises ``NoAttentionError`` when it returns none.
    """
    weights = returned_weights(model, output)
    if not weights and accepts(model, "output_attentions"):
        with torch.no_grad():
            weights = returned_weights(model, model(**{**inputs.arguments, "output_attentions": True}))
    if not weights:
        raise NoAttentionError(_message(model, info))
    made = []
    for number, row in enumerate(inputs.rows):
        layers = {kind: _layers(found, kind, number, row, info) for kind, found in weights.items()}
        made.append(record(layers, row, info))
    return made


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


def _is_causal(model: nn.Module) -> bool:
    return any(getattr(module, "is_causal", False) for module in model.modules())


def _layers(found: Sequence[Tensor | None], kind: Kind, number: int, row: Row, info: ModelInfo) -> list[Layer | None]:
    return [None if weights is None else _dense(weights, kind, number, row, info) for weights in found]


def _dense(weights: Tensor, kind: Kind, number: int, row: Row, info: ModelInfo) -> Dense:
    of_query, of_key = STREAMS[kind]
    shape: tuple[int, ...] = tuple(getattr(weights, "shape", ()))
    if len(shape) != 4 or number >= shape[0] or (of_query == of_key and shape[2] != shape[3]):
        raise NoAttentionError(
            f"{info.architecture} ({info.family}) returns {kind} attention of shape {list(shape)}, not weights "
            "[batch, head, query, key]; pass finished weights to regard.from_weights"
        )
    queries, keys = row.kept(of_query, shape[2]), row.kept(of_key, shape[3])
    return Dense.of(to_numpy(weights[number][:, queries][:, :, keys]))


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
