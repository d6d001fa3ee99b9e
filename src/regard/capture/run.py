"""Capture: run a model once, as it always runs, and record its attention."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import torch
from torch import nn

from regard.capture.assembly import Assembly
from regard.capture.fallback import dense_records
from regard.capture.inputs import Inputs, from_arguments
from regard.capture.registry import recording
from regard.capture.targets import needs_target, with_target
from regard.capture.texts import encode, passages
from regard.errors import ArgumentError
from regard.record.record import ModelInfo, Record


def capture(
    model: nn.Module,
    tokenizer: Any = None,
    text: Any = None,
    text_pair: Any = None,
    *,
    target: Any = None,
    **model_inputs: Any,
) -> Record | list[Record]:
    """Run ``model`` once and record its attention.

    Give text and a tokenizer, or the model's own inputs by name (the tokenizer then only names the tokens)::

        capture(model, tokenizer, "The cat sat on the mat")
        capture(model, tokenizer, "Is it a cat?", "It is a cat.")                # a pair: segments 0 and 1
        capture(model, tokenizer, ["one text", "another"])                       # a batch: a list of records
        capture(model, tokenizer, [{"role": "user", "content": "Hello"}])        # chat messages
        capture(model, input_ids=ids, attention_mask=mask)                       # ids and mask [batch, token]

    Returns one :class:`~regard.record.record.Record`, or a list with one per row for a list of texts and for inputs
    of several rows. Padding is left out of queries, keys and tokens. Texts are never truncated.

    An encoder-decoder that is given nothing for its decoder first writes its own greedy answer (as its
    ``generation_config`` says, but without sampling and beams), and the record is of one full forward pass over it;
    ``target="…"`` (one text per row) puts a text there instead.

    The model runs on its own kernel, dtype and device, in its own train or eval mode, without gradients, and is left
    as it was whatever is raised. The record holds queries, keys and masks, from which weights are recomputed; in
    train mode these are the weights before dropout. A model that computes attention outside transformers'
    attention functions is recorded through the finished weights it returns, which costs n² memory and, where it does
    not return them by itself, a second run.

    Raises ``ArgumentError`` for arguments that cannot be used and ``NoAttentionError`` for a model whose attention is
    not seen.
    """
    _check_model(model)
    inputs, single = _inputs(model, tokenizer, text, text_pair, model_inputs)
    if target is not None and not inputs.encoder_decoder:
        raise ArgumentError(f"target is the text of a decoder, but {type(model).__name__} is no encoder-decoder")
    if target is not None or needs_target(inputs):
        inputs = with_target(model, tokenizer, inputs, target)
    records = _run(model, inputs)
    return records[0] if single else records


def _run(model: nn.Module, inputs: Inputs) -> list[Record]:
    assembly = Assembly(inputs)
    with torch.no_grad(), recording(model, assembly.take):
        output = model(**inputs.arguments)
    info = _info(model)
    return assembly.records(info) if assembly.found else dense_records(model, inputs, output, info)


def _inputs(model: nn.Module, tokenizer: Any, text: Any, text_pair: Any, given: dict[str, Any]) -> tuple[Inputs, bool]:
    """The inputs, and whether one record is meant rather than a list."""
    if isinstance(tokenizer, str):
        raise ArgumentError(f"tokenizer: got the string {tokenizer[:40]!r}; call capture(model, tokenizer, text)")
    if text is None:
        if not any(value is not None for value in given.values()):
            raise ArgumentError(
                "nothing to run the model on; pass a tokenizer and text, or the model's own inputs such as "
                "input_ids=ids [batch, token]"
            )
        inputs = from_arguments(model, given, tokenizer)
        return inputs, len(inputs.rows) == 1
    if tokenizer is None:
        raise ArgumentError(
            f"text needs a tokenizer: capture(model, tokenizer, {text!r:.40}); without one, pass input_ids=ids"
        )
    if "input_ids" in given or "inputs_embeds" in given:
        raise ArgumentError("got both text and input_ids; pass one of them")
    rows, single = passages(tokenizer, text, text_pair)
    arguments, tokens = encode(model, tokenizer, rows)
    return from_arguments(model, {**arguments, **given}, tokenizer).with_tokens(tokens), single


def _check_model(model: object) -> None:
    if not isinstance(model, nn.Module):
        hint = "; load it first with AutoModel.from_pretrained(...)" if isinstance(model, str) else ""
        raise ArgumentError(f"model must be a torch.nn.Module; got {type(model).__name__} {model!r:.40}{hint}")


def _info(model: nn.Module) -> ModelInfo:
    config = getattr(model, "config", None)
    path = str(getattr(model, "name_or_path", "") or getattr(config, "_name_or_path", "") or "")
    architecture = type(model).__name__
    name = PurePosixPath(path.replace("\\", "/")).name or architecture
    return ModelInfo(name, str(getattr(config, "model_type", "") or ""), architecture)
