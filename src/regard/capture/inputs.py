"""What the model is called with, and what is known of each batch row: its tokens and its padding."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.arrays import Keep, kept
from regard.capture.pieces import tokens_from_ids
from regard.errors import ArgumentError
from regard.record.tokens import Tokens


@dataclass(frozen=True, eq=False)
class Row:
    """One sequence of the batch: its tokens by stream (without padding) and its padding masks by stream [token]."""

    tokens: Mapping[str, Tokens] = field(default_factory=dict)
    masks: Mapping[str, Tensor] = field(default_factory=dict)

    def kept(self, stream: str, count: int) -> Keep:
        """Which of ``count`` positions of a stream are no padding."""
        return kept(self.masks.get(stream), count)

    def tokens_of(self, stream: str, count: int) -> Tokens:
        """The stream's tokens where they are one per position; numbered ones where the model makes its own."""
        found = self.tokens.get(stream)
        return Tokens.of(found if found is not None and len(found) == count else None, count)


@dataclass(frozen=True, eq=False)
class Inputs:
    """The keyword arguments of one call of the model, and its batch rows."""

    arguments: Mapping[str, Any]
    rows: tuple[Row, ...]
    encoder_decoder: bool

    @property
    def has_text(self) -> bool:
        """Whether the model is given token ids."""
        return "input_ids" in self.arguments

    def with_tokens(self, tokens: Sequence[Tokens]) -> Inputs:
        """The same, with the tokens of ``input_ids`` known better (offsets, segments): one per row."""
        streams = ("encoder",) if self.encoder_decoder else ("encoder", "decoder")
        rows = (
            Row({**row.tokens, **dict.fromkeys(streams, found)}, row.masks)
            for row, found in zip(self.rows, tokens, strict=True)
        )
        return Inputs(self.arguments, tuple(rows), self.encoder_decoder)


def parameters(model: nn.Module) -> Mapping[str, inspect.Parameter]:
    """Named parameters of the model's forward pass."""
    return inspect.signature(model.forward).parameters


def accepts(model: nn.Module, name: str) -> bool:
    """Whether the model's forward pass takes this argument, by name or among ``**kwargs``."""
    found = parameters(model)
    return name in found or any(p.kind is p.VAR_KEYWORD for p in found.values())


def is_encoder_decoder(model: nn.Module) -> bool:
    """Whether the model has an encoder and a decoder, each with its own sequence."""
    config = getattr(model, "config", None)
    return bool(getattr(config, "is_encoder_decoder", False)) and "decoder_input_ids" in parameters(model)


def from_arguments(model: nn.Module, arguments: Mapping[str, Any], tokenizer: Any = None) -> Inputs:
    """Inputs from the model's own arguments, checked before they are used."""
    given = {name: value for name, value in arguments.items() if value is not None}
    _check_ids(given)
    _check_device(model, given)
    _check_padding(model, given, tokenizer)
    streams = _streams(model, given)
    rows = tuple(_row(streams, given, number, tokenizer) for number in range(rows_of(given)))
    return Inputs(given, rows, is_encoder_decoder(model))


def _streams(model: nn.Module, given: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Names of (ids, mask) of each stream; a model with one sequence has it under both names."""
    if is_encoder_decoder(model):
        return {"encoder": ("input_ids", "attention_mask"), "decoder": ("decoder_input_ids", "decoder_attention_mask")}
    if "encoder_hidden_states" in given:
        return {"encoder": ("", "encoder_attention_mask"), "decoder": ("input_ids", "attention_mask")}
    return {"encoder": ("input_ids", "attention_mask"), "decoder": ("input_ids", "attention_mask")}


def _row(streams: Mapping[str, tuple[str, str]], given: Mapping[str, Any], number: int, tokenizer: Any) -> Row:
    tokens, masks, known = {}, {}, {}
    for stream, (ids_name, mask_name) in streams.items():
        ids, mask = given.get(ids_name), given.get(mask_name)
        if isinstance(mask, Tensor) and mask.ndim == 2:
            masks[stream] = mask[number]
            if not bool(mask[number].any()):
                raise ArgumentError(f"{mask_name}: row {number} is all padding; drop it from the batch")
        if isinstance(ids, Tensor) and ids.ndim == 2:
            if ids_name not in known:
                keep = kept(masks.get(stream), ids.shape[1])
                types = given.get("token_type_ids") if ids_name == "input_ids" else None
                known[ids_name] = tokens_from_ids(
                    tokenizer, ids[number][keep].tolist(), None if types is None else types[number][keep].tolist()
                )
            tokens[stream] = known[ids_name]
    return Row(tokens, masks)


_PACKED = ("grid_thw", "feature_lens")
"""How arguments are called that tell the parts of a packed sequence."""


def rows_of(given: Mapping[str, Any]) -> int:
    """How many rows there are; pictures or sounds packed into one sequence of patches or frames are one row."""
    if "input_ids" not in given and any(name.endswith(_PACKED) for name in given):
        return 1
    texts = [given[name] for name in ("input_ids", "inputs_embeds", "decoder_input_ids") if name in given]
    for value in (*texts, *given.values()):
        if isinstance(value, Tensor) and value.ndim:
            return int(value.shape[0])
    raise ArgumentError(
        f"no tensor among the model inputs ({', '.join(given) or 'none'}); pass for example "
        "input_ids=ids [batch, token]"
    )


def _check_ids(given: Mapping[str, Any]) -> None:
    for name in ("input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask"):
        value = given.get(name)
        if value is None:
            continue
        if not isinstance(value, Tensor):
            raise ArgumentError(f"{name} must be a torch tensor [batch, token]; got {type(value).__name__}")
        if name.endswith("input_ids") and value.ndim not in (2, 3):
            raise ArgumentError(
                f"{name} must be [batch, token], or [batch, token, codebook] of sounds; got shape {list(value.shape)}"
            )
        if not value.numel():
            raise ArgumentError(f"{name} is empty: shape {list(value.shape)}; there must be at least one token")


def _check_device(model: nn.Module, given: Mapping[str, Any]) -> None:
    """The model's inputs must be where the model is (a model spread by accelerate moves them itself)."""
    home = device_of(model)
    if home is None or hasattr(model, "hf_device_map"):
        return
    for name, value in given.items():
        if isinstance(value, Tensor) and value.device != home:
            raise ArgumentError(
                f"{name} is on {value.device} but the model is on {home}; pass {name}.to({str(home)!r}), or the text "
                "itself, which is put where the model is"
            )


def device_of(model: nn.Module) -> torch.device | None:
    """Where the model's first parameter lies."""
    return next((parameter.device for parameter in model.parameters()), None)


def _check_padding(model: nn.Module, given: Mapping[str, Any], tokenizer: Any) -> None:
    """Padding without a mask would be attended to: almost surely not what was meant."""
    ids = given.get("input_ids")
    pad = getattr(tokenizer, "pad_token_id", None)
    if pad is None:
        pad = getattr(getattr(model, "config", None), "pad_token_id", None)
    if ids is None or pad is None or "attention_mask" in given or pad == getattr(tokenizer, "eos_token_id", None):
        return
    for number, row in enumerate(ids.tolist()):
        run = max(_run(row, pad), _run(row[::-1], pad))
        if run > 1 or (run and len(ids) > 1):
            raise ArgumentError(
                f"row {number} of input_ids begins or ends with {run} padding token{'s' * (run > 1)} (id {pad}) but "
                "there is no attention_mask, so the model would attend to padding; pass attention_mask (1 token, 0 pad)"
            )


def _run(row: Sequence[int], pad: int) -> int:
    """Length of the run of padding that a row begins with."""
    return next((i for i, value in enumerate(row) if value != pad), len(row))
