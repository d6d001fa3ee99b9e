"""What is to be decoded, checked before anything runs: the source as the model's inputs, and forced tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.generation.prompt import prompt_inputs
from regard.capture.inputs import Inputs, device_of
from regard.capture.pieces import text_tokenizer
from regard.capture.readable import tokenizing
from regard.capture.texts import check_length
from regard.errors import ArgumentError
from regard.experiment.decoding.hearing import check_heard_at_once, sound_inputs
from regard.experiment.inputs import check_eval
from regard.record.sound import Sound

Token = int | str


def source_inputs(model: nn.Module, tokenizer: Any, source: Any) -> Inputs:
    """The inputs of one source: a text or chat, token ids, a sound, or what a processor makes (a mapping of tensors).

    Raises ``ArgumentError`` for an empty source, for ids outside the vocabulary and for one that is too long.
    """
    check_eval(model)
    if isinstance(source, Sound):
        source = sound_inputs(model, tokenizer, source)
    if isinstance(source, Mapping):
        inputs, _, rest = prompt_inputs(model, tokenizer, None, source)
        if rest:
            raise ArgumentError(f"{type(model).__name__} takes no {', '.join(rest)}")
    elif _are_ids(source):
        ids = torch.as_tensor([list(source)] if not isinstance(source, Tensor) else source.reshape(1, -1))
        check_ids(model, ids[0].tolist(), "source")
        ids = ids.to(device_of(model))
        arguments = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        inputs, _, _ = prompt_inputs(model, tokenizer, None, arguments)
    else:
        inputs, _, _ = prompt_inputs(model, tokenizer, source, {})
    if len(inputs.rows) != 1:
        raise ArgumentError(f"one source is decoded at a time; got {len(inputs.rows)}")
    if "input_ids" in inputs.arguments:
        check_length(model, int(inputs.arguments["input_ids"].shape[1]))
    check_heard_at_once(model, inputs)
    return inputs


def check_ids(model: nn.Module, ids: Sequence[int], what: str) -> None:
    """Raises ``ArgumentError`` for no ids and for ids outside the model's vocabulary."""
    if not len(ids):
        raise ArgumentError(f"the {what} has no tokens left; there must be at least one")
    size = vocabulary(model)
    wrong = next((i for i in ids if not 0 <= i < size), None)
    if wrong is not None:
        raise ArgumentError(f"{what} token {wrong} does not exist; the vocabulary has {size} (0 to {size - 1})")


def vocabulary(model: Any) -> int:
    """How many tokens the model can choose among."""
    out = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    weight = getattr(out, "weight", None)
    if isinstance(weight, Tensor):
        return int(weight.shape[0])
    config = getattr(model.config, "decoder", model.config)
    return int(getattr(config, "vocab_size", 1 << 31))


def forced_ids(model: nn.Module, tokenizer: Any, forced: Any) -> tuple[int, ...]:
    """The ids of a forced beginning: ids, or a text of the target's language; raises ``ArgumentError``."""
    if forced is None:
        return ()
    found = target_ids(tokenizer, forced, ended=False) if isinstance(forced, str) else [_id(one) for one in forced]
    if found:
        check_ids(model, found, "forced")
    return tuple(found)


def target_ids(tokenizer: Any, text: str, *, ended: bool, start: Sequence[int] = ()) -> list[int]:
    """The tokens of a target text, as they are chosen after the decoder's ``start``; ``ended``: with their end token.

    Raises ``ArgumentError`` without a tokenizer and for a text without tokens.
    """
    if tokenizer is None:
        raise ArgumentError(f"the target {text!r:.40} is text, which needs a tokenizer; without one, give its ids")
    tokenizer = text_tokenizer(tokenizer)
    with tokenizing(text):
        ids = [int(i) for i in tokenizer(text_target=text)["input_ids"]]
    ids = ids[_prefix(tokenizer, ids) :]
    bos, eos = (getattr(tokenizer, name, None) for name in ("bos_token_id", "eos_token_id"))
    plain = getattr(tokenizer, "cls_token_id", None), getattr(tokenizer, "sep_token_id", None)
    while ids and (ids[0] in (bos, plain[0]) or tuple(ids[:1]) == tuple(start[-1:])):
        ids = ids[1:]
    while ids and ids[-1] in (eos, plain[1]):
        ids = ids[:-1]
    if not ids:
        raise ArgumentError(f"the tokenizer makes no tokens of the target {text!r:.40}")
    return [*ids, eos] if ended and eos is not None else ids


def _prefix(tokenizer: Any, ids: Sequence[int]) -> int:
    """How many tokens at the start are those that Whisper's decoder begins with, which its tokenizer writes too."""
    prefix = list(getattr(tokenizer, "prefix_tokens", ())) if hasattr(tokenizer, "set_prefix_tokens") else []
    return len(prefix) if prefix and list(ids[: len(prefix)]) == prefix else 0


def token_ids(tokenizer: Any, token: Token, what: str = "token") -> list[int]:
    """The tokens that an id or a piece of text is, as it stands.

    Raises ``ArgumentError`` for a text without any, and for one that the vocabulary does not know.
    """
    if not isinstance(token, str):
        return [_id(token, what)]
    if tokenizer is None:
        raise ArgumentError(f"{what} {token!r:.40} is text, which needs a tokenizer; without one, give its id")
    tokenizer = text_tokenizer(tokenizer)
    vocabulary = tokenizer.get_vocab() if hasattr(tokenizer, "get_vocab") else {}
    if token in vocabulary:
        return [int(vocabulary[token])]
    with tokenizing(token):
        found = [int(i) for i in tokenizer(token, add_special_tokens=False)["input_ids"]]
    if not found:
        raise ArgumentError(f"the tokenizer makes no tokens of {what} {token!r:.40}")
    unknown = getattr(tokenizer, "unk_token_id", None)
    if unknown is not None and unknown in found:
        raise ArgumentError(
            f"{what} {token!r:.40} holds something that is not in the vocabulary; give other text, or the id of the "
            f"unknown token, {unknown}, if that is meant"
        )
    return found


def _id(value: Any, what: str = "token") -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ArgumentError(f"{what} must be the number of a token, or its text; got {value!r:.40}")
    return int(value)


def _are_ids(source: Any) -> bool:
    if isinstance(source, Tensor):
        return True
    return (
        isinstance(source, Sequence)
        and not isinstance(source, str)
        and all(hasattr(one, "__index__") and not isinstance(one, bool) for one in source)
    )
