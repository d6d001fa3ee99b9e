"""Other tokens for a text: what is put in a token's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Replacements:
    """What replaces the tokens of ``ids`` [token]: ``samples`` draws from ``proposal``, by ``seed`` and place.

    ``words`` says it in words.
    """

    ids: Tensor
    proposal: np.ndarray
    samples: int
    seed: int
    words: str

    def at(self, places: Sequence[int]) -> Tensor:
        """The text with other tokens in all these places at once, [sample, token]."""
        found = self.ids.repeat(self.samples, 1)
        for place in places:
            found[:, place] = torch.as_tensor(self.draw(place), device=found.device)
        return found

    def draw(self, place: int) -> np.ndarray:
        """The tokens that stand in for the one at this place, never that token itself, [sample]."""
        others = self.proposal[self.proposal != int(self.ids[place])]
        if not len(others):
            raise ArgumentError(f"the proposal has no token but the one at {place} itself; name others")
        enough = len(others) >= self.samples
        return np.random.default_rng((self.seed, place)).choice(others, size=self.samples, replace=not enough)


def sampled(
    ids: Tensor, model: Any, tokenizer: Any, proposal: Sequence[int] | None, samples: int, seed: int
) -> Replacements:
    """Replacements drawn from ``proposal``, or from the whole vocabulary without special tokens.

    Raises ``ArgumentError`` for tokens outside the vocabulary.
    """
    if samples < 1:
        raise ArgumentError(f"samples must be 1 or more; got {samples}")
    count = int(model.get_input_embeddings().num_embeddings)
    if proposal is None:
        named = len(tokenizer) if hasattr(tokenizer, "__len__") else count
        special = set(getattr(tokenizer, "all_special_ids", None) or special_ids(getattr(model, "config", None)))
        found = np.array([i for i in range(min(count, named)) if i not in special])
        words = f"mean of {samples} samples of the vocabulary (seed {seed})"
    else:
        found = np.unique(np.asarray(proposal, dtype=np.int64))
        if not len(found) or found[0] < 0 or found[-1] >= count:
            raise ArgumentError(f"proposal must be token ids from 0 to {count - 1}; got {list(proposal)[:10]}")
        words = f"mean of {samples} samples of {len(found)} proposed tokens (seed {seed})"
    return Replacements(ids, found, samples, seed, f"replaced, {words}")


def masked(ids: Tensor, tokenizer: Any) -> Replacements:
    """The tokenizer's mask token in a token's place, or its unknown token; raises ``ArgumentError`` without either."""
    for name in ("mask_token_id", "unk_token_id"):
        found = getattr(tokenizer, name, None)
        if found is not None:
            return Replacements(ids, np.array([found]), 1, 0, f"put behind {tokenizer.decode([found])!r}")
    raise ArgumentError(
        "how='mask' needs a tokenizer with a mask or an unknown token; pass one to ask(), or use how='replace'"
    )


def special_ids(config: Any) -> list[int]:
    """Ids of the special tokens that a model's configuration names."""
    names = ("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id")
    return [found for found in (getattr(config, name, None) for name in names) if isinstance(found, int)]
