"""The input of an experiment: one text, up to the position that is asked about, checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from regard.capture.inputs import Inputs, accepts, from_arguments, parameters
from regard.capture.targets import needs_target, with_target
from regard.capture.texts import encode, passages
from regard.errors import ArgumentError
from regard.record import Record


def prepared(
    model: nn.Module, tokenizer: Any, text: Any, text_pair: Any, answer: Any, given: Mapping[str, Any]
) -> Inputs:
    """The inputs of one text; raises ``ArgumentError`` for a batch, for padding and for a model in train mode."""
    check_eval(model)
    inputs = _inputs(model, tokenizer, text, text_pair, given)
    if len(inputs.rows) != 1:
        raise ArgumentError(f"experiments are on one text at a time; got a batch of {len(inputs.rows)}")
    for stream, mask in inputs.rows[0].masks.items():
        if not bool(mask.bool().all()):
            raise ArgumentError(f"the {stream}'s attention_mask hides padding; pass the text without padding")
    if answer is not None and not inputs.encoder_decoder:
        raise ArgumentError(f"answer is the text of a decoder, but {type(model).__name__} is no encoder-decoder")
    if answer is not None or needs_target(inputs):
        inputs = with_target(model, tokenizer, inputs, answer)
    return inputs


def without_cache(model: nn.Module, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a run that keeps no keys and values, where the model knows ``use_cache``."""
    named = "use_cache" in parameters(model)
    through = accepts(model, "use_cache") and getattr(model, "can_generate", lambda: False)()
    return {**arguments, "use_cache": False} if named or through else arguments


def check_eval(model: object) -> None:
    """Raises ``ArgumentError`` for what is no model, and for one whose dropout would be mistaken for an effect."""
    if isinstance(model, Record):
        raise ArgumentError(
            f"an experiment runs the model again, but a record holds only what was seen of it; pass the model "
            f"({model.model.name or 'the one that was captured'}) and the text"
        )
    if not isinstance(model, nn.Module):
        raise ArgumentError(
            f"an experiment runs the model again, so it needs the model, a torch.nn.Module; got {type(model).__name__}"
        )
    training = next((path or type(model).__name__ for path, module in model.named_modules() if module.training), None)
    if training is not None:
        raise ArgumentError(f"{training} is in train mode, where dropout changes every run; call model.eval() first")


def up_to(model: nn.Module, inputs: Inputs, position: int | None) -> tuple[Inputs, int]:
    """The inputs of a causal model without what comes after the token asked about, and that token's position.

    Raises ``ArgumentError`` for a position outside the text.
    """
    name = "decoder_input_ids" if inputs.encoder_decoder else "input_ids"
    ids = inputs.arguments.get(name)
    if not isinstance(ids, Tensor):
        raise ArgumentError(f"to ask for a token's probability, pass text or {name}; got {', '.join(inputs.arguments)}")
    place = position_in(position, ids.shape[1])
    same = (name, f"{name.removesuffix('input_ids')}attention_mask")
    cut = {key: value[:, : place + 1] if key in same else value for key, value in inputs.arguments.items()}
    if accepts(model, "logits_to_keep") and not inputs.encoder_decoder:
        cut["logits_to_keep"] = 1
    return replace(inputs, arguments=cut), place


def position_in(position: int | None, count: int) -> int:
    """The position that is meant, the last one for ``None``; raises ``ArgumentError``."""
    place = -1 if position is None else position
    if isinstance(place, bool) or not isinstance(place, int) or not -count <= place < count:
        raise ArgumentError(f"position {position!r} does not exist; there are {count} tokens (0 to {count - 1})")
    return place % count


def _inputs(model: nn.Module, tokenizer: Any, text: Any, text_pair: Any, given: Mapping[str, Any]) -> Inputs:
    if text is None:
        if not given:
            raise ArgumentError("nothing to run the model on; pass a tokenizer and text, or input_ids=ids [1, token]")
        return from_arguments(model, given, tokenizer)
    if tokenizer is None:
        raise ArgumentError("text needs a tokenizer; without one, pass input_ids=ids [1, token]")
    if "input_ids" in given or "inputs_embeds" in given:
        raise ArgumentError("got both text and input_ids; pass one of them")
    rows, _ = passages(tokenizer, text, text_pair)
    arguments, tokens = encode(model, tokenizer, rows)
    return from_arguments(model, {**arguments, **given}, tokenizer).with_tokens(tokens)
