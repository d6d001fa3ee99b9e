"""Whose states these are: a model and a tokenizer, told apart from all others."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.pieces import text_tokenizer
from regard.errors import ArgumentError

_TENSORS, _NUMBERS = 64, 1024
_PASSING = {"_name_or_path", "transformers_version", "dtype", "torch_dtype", "output_hidden_states", "use_cache"}
"""Settings of a configuration that leave states as they are, or that the weights' digest sees."""


@dataclass(frozen=True)
class Identity:
    """A model and its tokenizer by name and by digest.

    ``config`` is of all settings that change states, ``weights`` of 1,024 numbers of each of 64 parameters, evenly
    spread, and ``tokenizer`` of the vocabulary. The name is for people and decides nothing.
    """

    name: str
    architecture: str
    config: str
    weights: str
    tokenizer: str

    @classmethod
    def of(cls, model: nn.Module, tokenizer: Any) -> Identity:
        """Of a model and its tokenizer; raises ``ArgumentError`` for what is neither."""
        if not isinstance(model, nn.Module):
            raise ArgumentError(f"a corpus needs a model, a torch.nn.Module; got {type(model).__name__}")
        if tokenizer is None:
            raise ArgumentError("a corpus is of texts, so it needs the model's tokenizer; got None")
        config = getattr(model, "config", None)
        name = str(getattr(config, "_name_or_path", "") or "")
        return cls(name, type(model).__name__, _config(config), _weights(model), _vocabulary(tokenizer))

    def check(self, other: Identity, path: object) -> None:
        """Raises ``ArgumentError`` when the states at ``path``, which are of ``self``, cannot be of ``other``."""
        mine, theirs = asdict(self), asdict(other)
        wrong = [part for part in ("architecture", "config", "weights", "tokenizer") if mine[part] != theirs[part]]
        if wrong:
            raise ArgumentError(
                f"the corpus at {path} holds states of {self}, but this is {other} with another "
                f"{' and another '.join(wrong)}; states of two models cannot be compared: use that model, or another "
                "path for this one"
            )

    def __str__(self) -> str:
        return f"{self.architecture} {self.name!r}" if self.name else self.architecture


def _config(config: Any) -> str:
    if not hasattr(config, "to_dict"):
        return ""
    kept = {name: value for name, value in config.to_dict().items() if name not in _PASSING}
    return _digest(json.dumps(kept, sort_keys=True, default=str).encode())


def _weights(model: nn.Module) -> str:
    named = sorted(model.named_parameters(), key=lambda item: item[0])
    count = min(_TENSORS, len(named))
    chosen = [named[i * len(named) // count] for i in range(count)]
    return _digest(*(name.encode() + _sample(tensor) for name, tensor in chosen))


def _sample(tensor: Tensor) -> bytes:
    flat = tensor.detach().reshape(-1)
    step = max(1, flat.numel() // _NUMBERS)
    return flat[::step][:_NUMBERS].to("cpu", torch.float32).numpy().tobytes()


def _vocabulary(tokenizer: Any) -> str:
    found = text_tokenizer(tokenizer)
    words: dict[str, int] = getattr(found, "get_vocab", dict)()
    return _digest(json.dumps(sorted(map(list, words.items()), key=str), default=str).encode())


def _digest(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "little") + part)
    return found.hexdigest()
