"""Capture: run a model once, as it always runs, and record its attention."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import nn

from regard.capture.assembly import Assembly
from regard.capture.compiled import as_written, original
from regard.capture.copies import Unembedding
from regard.capture.fallback import dense_records, joined, only_returned
from regard.capture.inputs import Inputs, from_arguments
from regard.capture.kernel_lse import giving
from regard.capture.located import Located
from regard.capture.part import Part, Values
from regard.capture.registry import recording
from regard.capture.routing import Routers, of_row
from regard.capture.store import Store, opened, path_of
from regard.capture.targets import needs_target, with_target
from regard.capture.texts import encode, passages
from regard.capture.values import warn_without_values
from regard.errors import ArgumentError
from regard.record.file import open, save
from regard.record.record import ModelInfo, Record


def capture(
    model: nn.Module,
    tokenizer: Any = None,
    text: Any = None,
    text_pair: Any = None,
    *,
    target: Any = None,
    layers: Iterable[int] | None = None,
    heads: Iterable[int] | None = None,
    positions: slice | None = None,
    values: Values = False,
    copying: bool = False,
    store: str | Path = "memory",
    **model_inputs: Any,
) -> Record | list[Record]:
    """Run ``model`` once and record its attention.

    Give text and a tokenizer, or the model's own inputs by name (the tokenizer then only names the tokens)::

        capture(model, tokenizer, "The cat sat on the mat")
        capture(model, tokenizer, "Is it a cat?", "It is a cat.")                # a pair: segments 0 and 1
        capture(model, tokenizer, ["one text", "another"])                       # a batch: a list of records
        capture(model, tokenizer, [{"role": "user", "content": "Hello"}])        # chat messages
        capture(model, input_ids=ids, attention_mask=mask)                       # ids and mask [batch, token]
        capture(model, processor, **processor(text=text, images=image, return_tensors="pt"))  # pictures, sounds

    Returns one :class:`~regard.record.record.Record`, or a list with one per row for a list of texts and for inputs
    of several rows. Padding is left out of queries, keys and tokens. Texts are never truncated.

    An encoder-decoder that is given nothing for its decoder first writes its own greedy answer (as its
    ``generation_config`` says, but without sampling and beams), and the record is of one full forward pass over it;
    ``target="…"`` (one text per row) puts a text there instead.

    Towers that see pictures or hear sound are kinds of attention of their own (``"vision"``, ``"audio"``); patches know
    their place and frames their time (:class:`~regard.record.tokens.Tokens`). ``record.routing`` holds the experts that
    each token was sent to.

    ``layers``, ``heads`` (their numbers) and ``positions`` (a slice of the queries, padding not counted) say what to
    keep when not all is needed: memory is then only of that. Numbers stay the model's own; other layers read as layers
    without attention, and other heads raise ``ArgumentError``.

    ``values=True`` also keeps, for each key, the length of its value vector and of what each head writes of it into the
    residual stream (Kobayashi et al. 2020), two numbers a key: see :func:`regard.neuron_view`. ``values="vectors"``
    keeps the values themselves as well, as much again as the keys, for :func:`regard.measure.effective_attention` and
    :func:`regard.measure.coherence`. ``copying=True`` keeps, of a language model, how far what each head writes of a
    token speaks for that very token, one number a key, for :func:`regard.measure.copying`.

    ``store="disk"`` streams queries and keys to a file while the model runs, so that memory does not grow with the
    text; the file goes with the record. ``store="a/path.regard"`` makes it a record file, whole or not at all.

    The model runs on its own kernel, dtype and device, in its own train or eval mode, without gradients, and is left
    as it was whatever is raised; what torch.compile has compiled of it runs uncompiled this once. The record holds
    queries, keys and masks, from which weights are recomputed; in train mode these are the weights before dropout. A
    model that computes attention outside transformers' attention functions is recorded through the finished weights it
    returns, which costs n² memory and, where it does not return them by itself, a second run.

    Raises ``ArgumentError`` for arguments that cannot be used, ``NoAttentionError`` for a model whose attention is not
    seen, and ``OSError`` for a disk that is full.
    """
    check_model(model)
    model = original(model)
    part, path = Part.of(layers, heads, positions, values=values), path_of(store)
    part = replace(part, unembedding=Unembedding.of(model)) if copying else part
    inputs, single = _inputs(model, tokenizer, text, text_pair, model_inputs)
    if target is not None and not inputs.encoder_decoder:
        raise ArgumentError(f"target is the text of a decoder, but {type(model).__name__} is no encoder-decoder")
    if target is not None or needs_target(inputs):
        inputs = with_target(model, tokenizer, inputs, target)
    if path is not None and not single:
        raise ArgumentError(f"store={str(path)!r} holds one record; for a batch use store='disk' and save each record")
    with opened(store) as kept:
        records = _run(Located.of(model, inputs, tokenizer), kept, part)
        warn_without_values(records, values=values, copying=part.unembedding is not None)
        if path is not None:
            return open(save(records[0], path))
    return records[0] if single else records


def _run(located: Located, store: Store, part: Part) -> list[Record]:
    model, inputs = located.model, located.inputs
    assembly = Assembly(located, store, part)
    routers, kept = Routers(model, part), recording(model, assembly.take)
    routed, seen = routers.watched(), located.fronts.watched()
    with torch.no_grad(), as_written(model), kept, routed, seen, giving(assembly.take_lse):
        output = model(**inputs.arguments)
    routers.warn()
    info = info_of(model)
    found = assembly.records(info) if assembly.found else []
    if not found or only_returned(model):
        returned = dense_records(model, inputs, output, info, part)
        found = [joined(*pair) for pair in zip(returned, found, strict=True)] if found else returned
    rows = enumerate(zip(found, inputs.rows, strict=True))
    return [routers.added(record, of_row(row, number, len(found))) for number, (record, row) in rows]


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


def check_model(model: object) -> None:
    """Raises ``ArgumentError`` for what is no module."""
    if not isinstance(model, nn.Module):
        hint = "; load it first with AutoModel.from_pretrained(...)" if isinstance(model, str) else ""
        raise ArgumentError(f"model must be a torch.nn.Module; got {type(model).__name__} {model!r:.40}{hint}")


def info_of(model: nn.Module) -> ModelInfo:
    """What a model says of itself (an adapted one, of the model it adapts)."""
    model = getattr(model, "get_base_model", lambda: model)()
    config = getattr(model, "config", None)
    path = str(getattr(model, "name_or_path", "") or getattr(config, "_name_or_path", "") or "")
    architecture = type(model).__name__
    name = PurePosixPath(path.replace("\\", "/")).name or architecture
    return ModelInfo(name, str(getattr(config, "model_type", "") or ""), architecture)
