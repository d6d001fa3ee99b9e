"""What a model is given to see again what a record saw."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.inputs import accepts
from regard.errors import ArgumentError
from regard.record import Record
from regard.record.tokens import Tokens


def inputs_of(record: Record, model: nn.Module) -> dict[str, Tensor]:
    """The model's arguments: the token ids of the record's sequences.

    Raises ``ArgumentError`` for records whose tokens have no ids, and of pictures or sounds.
    """
    other = set(record.streams) - {"encoder", "decoder"}
    if other:
        raise ArgumentError(
            f"the record has {', '.join(sorted(other))} tokens, from which inputs cannot be made again; pass the "
            "model's own inputs beside view="
        )
    streams = dict(record.streams)
    device = next(model.parameters(), torch.zeros(0)).device
    if len(streams) == 2:
        return {
            "input_ids": _ids("encoder", streams["encoder"], device),
            "decoder_input_ids": _ids("decoder", streams["decoder"], device),
        }
    name, tokens = next(iter(streams.items()))
    found = {"input_ids": _ids(name, tokens, device)}
    if accepts(model, "attention_mask"):
        found["attention_mask"] = torch.ones_like(found["input_ids"])
    if tokens.segments is not None and accepts(model, "token_type_ids"):
        found["token_type_ids"] = torch.tensor([_types(tokens)], device=device)
    return found


def _ids(stream: str, tokens: Tokens, device: Any) -> Tensor:
    if tokens.ids is None:
        raise ArgumentError(
            f"the record's {stream} tokens have no ids, so the model cannot be run on them again; pass the text, or "
            "the model's own inputs, beside view="
        )
    return torch.as_tensor(tokens.ids, device=device)[None]


def _types(tokens: Tokens) -> list[int]:
    """Segments as a model's token types; a token of neither text is counted with the one before it."""
    found, last = [], 0
    for segment in tokens.segments or ():
        last = segment if segment >= 0 else last
        found.append(last)
    return found
