"""The prompt as the inputs of ``generate``: text, chats or ids; padded on the left where the answer follows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.generation.followed import inner
from regard.capture.inputs import Inputs, from_arguments, parameters
from regard.capture.texts import encode, passages
from regard.errors import ArgumentError

_MODEL_INPUTS = ("input_ids", "attention_mask", "input_features", "input_values", "pixel_values")


def prompt_inputs(
    model: nn.Module, tokenizer: Any, prompt: Any, given: Mapping[str, Any]
) -> tuple[Inputs, bool, dict[str, Any]]:
    """The inputs, whether one prompt is meant rather than a list, and the rest of the arguments given.

    Raises ``ArgumentError`` for a prompt that cannot be used.
    """
    arguments, rest = _divided(model, given)
    if any(given.get(name) is not None for name in ("inputs", "inputs_embeds")):
        raise ArgumentError("the prompt must be text or token ids: pass prompt=…, or input_ids=ids [batch, token]")
    if prompt is None:
        if not arguments:
            raise ArgumentError("nothing to answer; pass a tokenizer and a prompt, or input_ids=ids [batch, token]")
        inputs = from_arguments(model, arguments, tokenizer)
        return inputs, len(inputs.rows) == 1, rest
    if tokenizer is None or isinstance(tokenizer, str):
        raise ArgumentError(
            f"a prompt needs a tokenizer: capture_generation(model, tokenizer, {prompt!r:.40}); got {tokenizer!r:.40}"
        )
    if "input_ids" in arguments:
        raise ArgumentError("got both a prompt and input_ids; pass one of them")
    rows, single = passages(tokenizer, prompt)
    encoded, tokens = encode(model, tokenizer, rows)
    inputs = from_arguments(model, {**encoded, **arguments}, tokenizer)
    if not inputs.encoder_decoder:
        inputs = from_arguments(model, {**_left_padded(encoded), **arguments}, tokenizer)
    return inputs.with_tokens(tokens), single, rest


def _divided(model: nn.Module, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model's inputs, token ids first, and what else is meant for ``generate``."""
    known = parameters(inner(model))
    names = [name for name in given if name in known and isinstance(given[name], Tensor)]
    inputs = {name: given[name] for name in (*_MODEL_INPUTS, *names) if given.get(name) is not None}
    return inputs, {name: value for name, value in given.items() if name not in inputs}


def _left_padded(encoded: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every row moved to the end of its width, so that what follows it follows its last token."""
    mask = encoded.get("attention_mask")
    if mask is None or bool(mask.all()):
        return dict(encoded)
    padding = (mask.shape[1] - mask.sum(dim=1)).tolist()
    return {
        name: torch.stack([row.roll(shift) for row, shift in zip(rows, padding, strict=True)])
        for name, rows in encoded.items()
    }
