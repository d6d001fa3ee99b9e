"""How many tokens an answer may have."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from regard.capture.generation.arguments import Settings
from regard.capture.inputs import Inputs
from regard.errors import ArgumentError

MOST = 256


def room_for(model: Any, inputs: Inputs, settings: Settings, asked: Any, forced: int) -> int:
    """The most tokens: those asked for, else as the model's settings say, else 256; never more than it has positions
    for. Raises ``ArgumentError`` for less than one, and where the forced tokens do not fit.
    """
    if asked is not None and (isinstance(asked, bool) or not isinstance(asked, int) or asked < 1):
        raise ArgumentError(f"max_new_tokens must be a whole number from 1 on; got {asked!r}")
    before = _before(inputs)
    limit = _positions(model)
    left = None if limit is None else limit - before
    if left is not None and left < 1:
        raise ArgumentError(f"the prompt has {before} tokens and the model {limit} positions: nothing more fits")
    most = int(asked) if asked is not None else _usual(settings, before, left)
    if left is not None and most > left:
        raise ArgumentError(f"max_new_tokens={most} after {before} tokens is more than the {limit} positions there are")
    if forced > most:
        raise ArgumentError(f"{forced} tokens are forced but at most {most} are decoded; give max_new_tokens={forced}")
    return most


def _usual(settings: Settings, before: int, left: int | None) -> int:
    own, whole = settings.get("max_new_tokens"), settings.get("max_length")
    most = int(own) if own else max(1, int(whole) - before) if whole else MOST
    return most if left is None else min(most, left)


def _before(inputs: Inputs) -> int:
    """Tokens that the decoder reads before its first choice (a little more than most start with)."""
    if inputs.encoder_decoder:
        return 4 if "input_features" in inputs.arguments else 1
    ids = inputs.arguments.get("input_ids")
    return int(ids.shape[1]) if isinstance(ids, Tensor) else 1


def _positions(model: Any) -> int | None:
    config = getattr(model.config, "decoder", None) or getattr(model.config, "text_config", None) or model.config
    if isinstance(config, dict):
        return None
    for name in ("max_target_positions", "max_position_embeddings", "n_positions"):
        found = getattr(config, name, None)
        if isinstance(found, int) and found > 0:
            return found
    return None
