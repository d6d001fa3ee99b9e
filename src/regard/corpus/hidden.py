"""The hidden states of every position of a batch of texts, from the model's own forward pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from regard.capture.arrays import kept
from regard.capture.inputs import Inputs, accepts
from regard.errors import ArgumentError, not_one_of

Stream = Literal["encoder", "decoder", "context"]
STREAMS: tuple[Stream, ...] = ("encoder", "decoder", "context")
Layers = Sequence[Tensor | None]
"""What each layer number holds, [batch, token, d_model]; ``None`` where there is no such state."""

CROSS = r"(?:^|\.)(?:encoder_attn|encoder_attention|cross_attn|EncDecAttention|encoder_decoder_attention)$"
"""Paths of cross-attention modules that return what they write into the residual stream and nothing else."""

_FIELDS: dict[Stream, str] = {"encoder": "encoder_hidden_states", "decoder": "decoder_hidden_states"}


def hidden_states(model: nn.Module, inputs: Inputs, streams: Sequence[Stream]) -> dict[Stream, Layers]:
    """States by stream and layer of one call of the model, [batch, token, d_model].

    Layer 0 is what enters the first layer (the embeddings) and layer ``l`` what leaves the ``l``-th one, as
    transformers' ``hidden_states`` count; the last is after the final normalisation where the model has one.
    ``"context"`` is what the cross-attention of the ``l``-th decoder layer writes. A model of one sequence has its
    states under the stream that is asked for. Raises ``ArgumentError`` where the model does not return its states.
    """
    more: dict[str, Any] = {"output_hidden_states": True, "return_dict": True}
    if accepts(model, "logits_to_keep") and not inputs.encoder_decoder:
        more["logits_to_keep"] = 1
    with torch.no_grad(), _contexts(model, "context" in streams) as contexts:
        output = model(**inputs.arguments, **more)
    found: dict[Stream, Layers] = {"context": [None, *contexts]}
    for stream in streams:
        if stream != "context":
            name = _FIELDS[stream] if inputs.encoder_decoder else "hidden_states"
            found[stream] = _checked(model, getattr(output, name, None), name)
    return {stream: found[stream] for stream in streams}


def row_of(states: Tensor | None, inputs: Inputs, number: int, stream: Stream) -> Tensor:
    """A row's states without padding, [token, d_model]."""
    assert states is not None, "chosen_layers leaves out layers without states"
    row = "decoder" if stream == "context" else stream
    found = states[number][kept(inputs.rows[number].masks.get(row), states.shape[1])]
    count = len(inputs.rows[number].tokens[row])
    if found.ndim != 2 or len(found) != count:
        raise ArgumentError(
            f"the {stream}'s states of a text of {count} tokens have shape {list(found.shape)} instead of "
            f"[{count}, d_model]; a corpus is of models with one state per token"
        )
    return found


def chosen_layers(layers: object, count: int, stream: Stream) -> tuple[int, ...]:
    """Layer numbers of a stream that has states 0 … ``count`` - 1: the last for ``None``, all for ``"all"``.

    Negative numbers count from the end. Raises ``ArgumentError`` for numbers that do not exist.
    """
    first = 1 if stream == "context" else 0
    if layers is None:
        return (count - 1,)
    if isinstance(layers, str):
        if layers != "all":
            raise not_one_of("layers", layers, ("all",))
        return tuple(range(first, count))
    numbers = [layers] if isinstance(layers, int) else list(layers)  # type: ignore[call-overload]
    for layer in numbers:
        if isinstance(layer, bool) or not isinstance(layer, int) or not -count <= layer < count:
            raise ArgumentError(f"no layer {layer!r}: the {stream} has states {first} to {count - 1}")
    found = sorted({layer % count for layer in numbers} - set(range(first)))
    if not found:
        raise ArgumentError(f"no layers are asked for: the {stream} has states {first} to {count - 1}")
    return tuple(found)


def _checked(model: nn.Module, found: Any, name: str) -> Layers:
    if not found or not all(isinstance(layer, Tensor) for layer in found):
        raise ArgumentError(
            f"{type(model).__name__} returns no {name} when it is called with output_hidden_states=True, so its "
            "states are not known"
        )
    return list(found)


@contextmanager
def _contexts(model: nn.Module, wanted: bool) -> Iterator[list[Tensor]]:
    """What each cross-attention returns while the model runs, by layer."""
    seen: list[Tensor] = []
    modules = [module for path, module in model.named_modules() if re.search(CROSS, path)] if wanted else []
    if wanted and not modules:
        raise ArgumentError(
            f"{type(model).__name__} has no cross-attention module that returns its context vectors alone, so the "
            "stream 'context' is not known for it; there are: 'encoder', 'decoder'"
        )
    hooks = [module.register_forward_hook(_noting(seen)) for module in modules]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _noting(seen: list[Tensor]) -> Callable[..., None]:
    def note(_module: nn.Module, _given: Any, output: Any) -> None:
        seen.append((output if isinstance(output, Tensor) else output[0]).detach())

    return note
