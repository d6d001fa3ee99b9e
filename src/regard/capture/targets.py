"""What an encoder-decoder's decoder is given: a target text, or the model's own greedy answer."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.inputs import Inputs, Row, accepts, device_of
from regard.capture.pieces import text_tokenizer, tokens_from_ids
from regard.capture.readable import tokenizing
from regard.errors import ArgumentError

MAX_NEW_TOKENS = 256


def needs_target(inputs: Inputs) -> bool:
    """Whether the model has a decoder that was given nothing."""
    given = ("decoder_input_ids", "decoder_inputs_embeds", "labels")
    return inputs.encoder_decoder and not any(name in inputs.arguments for name in given)


def with_target(model: nn.Module, tokenizer: Any, inputs: Inputs, target: Any) -> Inputs:
    """The same inputs, with ``decoder_input_ids`` made of ``target`` (one text per row) or of the greedy answer.

    Both begin with the decoder's start token and leave out the end token that is only predicted, never read.
    """
    if target is None:
        rows = _answers(model, inputs)
    else:
        rows = [_shifted(model, tokenizer, text) for text in _texts(target, len(inputs.rows), tokenizer)]
    width = max(map(len, rows))
    real = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device_of(model))
    pad = getattr(getattr(model, "config", None), "pad_token_id", None) or 0
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=device_of(model))
    arguments = {**inputs.arguments, "decoder_input_ids": ids}
    if not bool(real.all()) and accepts(model, "decoder_attention_mask"):
        arguments["decoder_attention_mask"] = real
    made = (
        Row(
            {**row.tokens, "decoder": tokens_from_ids(tokenizer, ids)},
            {**row.masks, "decoder": mask},
        )
        for row, ids, mask in zip(inputs.rows, rows, real, strict=True)
    )
    return Inputs(arguments, tuple(made), inputs.encoder_decoder)


def _texts(target: Any, count: int, tokenizer: Any) -> Sequence[str]:
    if tokenizer is None:
        raise ArgumentError(
            "target is text, which needs a tokenizer; pass one, or decoder_input_ids=ids [batch, token]"
        )
    texts = [target] if isinstance(target, str) else target
    if len(texts) != count or not all(isinstance(text, str) and text for text in texts):
        raise ArgumentError(f"target must be one text that is not empty per row ({count}); got {target!r:.60}")
    return list(texts)


def _shifted(model: nn.Module, tokenizer: Any, target: str) -> list[int]:
    """Decoder inputs of a target text: its labels, moved one to the right as in training."""
    with tokenizing(target):
        labels = list(text_tokenizer(tokenizer)(text_target=target)["input_ids"])
    labels = labels[1:] if labels[:1] == _starts(model)[:1] else labels
    shift = getattr(model, "prepare_decoder_input_ids_from_labels", None)
    if shift is not None:
        return [int(i) for i in shift(labels=torch.tensor([labels], device=device_of(model)))[0]]
    return [_start(model), *labels[:-1]]


def _starts(model: nn.Module) -> list[int]:
    """The token that a decoder's text starts with, and others that it may start with, as far as the model says."""
    config = getattr(model, "config", None)
    names = ("decoder_start_token_id", "bos_token_id")
    return [int(i) for i in (getattr(config, name, None) for name in names) if i is not None]


def _start(model: nn.Module) -> int:
    starts = _starts(model)
    if not starts:
        raise ArgumentError(
            "the model's config names no decoder_start_token_id; pass decoder_input_ids=ids [batch, token]"
        )
    return starts[0]


def _answers(model: Any, inputs: Inputs) -> list[list[int]]:
    """What the model itself writes, greedily, up to its end token."""
    if not (hasattr(model, "generate") and getattr(model, "can_generate", lambda: False)()):
        raise ArgumentError(
            f"{type(model).__name__} is an encoder-decoder without a language-model head, so it cannot write the "
            "decoder's text itself; pass target='…' or decoder_input_ids=ids [batch, token]"
        )
    config = copy.deepcopy(model.generation_config)
    config.update(
        do_sample=False, num_beams=1, max_length=None, max_new_tokens=_room(model), return_dict_in_generate=False
    )
    read: list[Tensor] = []
    with torch.no_grad(), model.register_forward_pre_hook(_reading(read), with_kwargs=True):
        found: Tensor = model.generate(**inputs.arguments, generation_config=config)
    ends = config.eos_token_id if isinstance(config.eos_token_id, (list, tuple)) else [config.eos_token_id]
    if any(row[0] != _start(model) for row in found.tolist()):
        found = _joined(read, len(found), ends[0] if len(read) < _room(model) else None)
    if not len(found):
        raise ArgumentError(
            f"{type(model).__name__}.generate returns its answer without the prompt it began with, so the decoder's "
            "text is not known; pass decoder_input_ids=ids [batch, token]"
        )
    return [_until_end(row, set(ends), number) for number, row in enumerate(found.tolist())]


def _reading(read: list[Tensor]) -> Callable[..., None]:
    """A hook that notes the decoder's ids of each pass."""

    def note(_module: nn.Module, _args: object, given: dict[str, Any]) -> None:
        ids = given.get("decoder_input_ids")
        if isinstance(ids, Tensor):
            read.append(ids.detach().clone())

    return note


def _joined(read: Sequence[Tensor], rows: int, end: int | None) -> Tensor:
    """What a decoder read, a prompt and then token by token, and the ``end`` where it chose that (Whisper returns only
    what is between); empty where the passes were not of that kind.

    One token before the prompt is Whisper looking for the language.
    """
    if len(read) > 1 and read[0].shape[1] == 1 < read[1].shape[1]:
        read = read[1:]
    if not read or any(len(ids) != rows for ids in read) or any(ids.shape[1] != 1 for ids in read[1:]):
        return torch.zeros(0, 0)
    return torch.cat([*read, *([] if end is None else [torch.full_like(read[0][:, :1], end)])], dim=1)


def _room(model: Any) -> int:
    """How many tokens fit the decoder's positions, at most ``MAX_NEW_TOKENS``."""
    limit = getattr(model.config, "max_position_embeddings", None) or getattr(
        model.config, "max_target_positions", None
    )
    return min(MAX_NEW_TOKENS, limit - 2) if limit else MAX_NEW_TOKENS


def _until_end(row: list[int], ends: set[int], number: int) -> list[int]:
    for place, token in enumerate(row[1:], start=1):
        if token in ends:
            return row[:place]
    warnings.warn(
        f"the model did not end its answer to row {number} within {len(row)} tokens, so it is cut there; "
        "pass target='…' to look at a text of your own",
        stacklevel=6,
    )
    return row
