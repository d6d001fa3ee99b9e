"""Whether what a head writes of a token speaks for that very token: its direct path to the vocabulary."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from regard.capture.calls import Call
from regard.capture.values import by_head

OTHERS = 256
"""How many other tokens each token is ranked among."""

NORMS = ("norm", "ln_f", "final_layer_norm", "final_layernorm", "norm_f", "final_norm", "layer_norm")
"""What decoders call the normalisation before the vocabulary; those without one have none of these."""


@dataclass(frozen=True, eq=False)
class Unembedding:
    """The way from the residual stream to the vocabulary: the last normalisation (if any), then ``logits``' matrix.

    ``others`` are the numbers of the tokens that a token is compared with, drawn once from the whole vocabulary.
    """

    norm: nn.Module | None
    weight: Tensor
    others: Tensor

    @classmethod
    def of(cls, model: Any) -> Unembedding | None:
        """That of a language model; ``None``, with a warning, where there is none that is read directly."""
        head = getattr(model, "get_output_embeddings", lambda: None)()
        weight = getattr(head, "weight", None)
        direct = any(child is head for child in model.children())
        if not isinstance(weight, Tensor) or weight.ndim != 2 or not direct:
            warnings.warn(
                f"copying=True: {type(model).__name__} has no vocabulary that its residual stream goes to directly, so "
                "the record has nothing for regard.measure.copying",
                stacklevel=3,
            )
            return None
        decoder = getattr(model, "get_decoder", lambda: None)() or getattr(model, "base_model", model)
        found = (getattr(decoder, name, None) for name in NORMS)
        norm = next((one for one in found if isinstance(one, nn.Module)), None)
        drawn = np.random.default_rng(0).choice(len(weight), min(OTHERS, len(weight)), replace=False)
        return cls(norm, weight.detach(), torch.as_tensor(drawn, device=weight.device))

    def ranks(self, call: Call, row: int, ids: Tensor, heads: int) -> Mapping[str, Tensor]:
        """``copy_rank`` [head, key] of a call's values: the share of ``others`` whose logits rise less than its own.

        1: of all, the head's write of this token raises that very token's logit most. Half a place for equals. A
        normalisation scales each vector by a positive number, which leaves ranks as they are.
        """
        assert call.value is not None
        value = call.value[row]
        maps = by_head(call.output, heads, value.shape[-1])
        if maps is None or maps.shape[1] != self.weight.shape[1]:
            return {}
        group = heads // len(value)
        written = (value[head // group] @ maps[head].T.to(value) for head in range(heads))
        return {"copy_rank": torch.stack([self._ranks(one, ids) for one in written])}

    def _ranks(self, written: Tensor, ids: Tensor) -> Tensor:
        """Of vectors [key, d_model], for tokens ``ids`` [key]."""
        states = written.to(self.weight)
        if self.norm is not None:
            states = self.norm(states) - self.norm(torch.zeros_like(states[:1]))
        own = (states * self.weight[ids]).sum(-1, keepdim=True).float()
        rest = (states @ self.weight[self.others].T).float()
        another = self.others[None] != ids[:, None]
        less = ((rest < own) + 0.5 * (rest == own)) * another
        return less.sum(-1) / another.sum(-1).clamp(min=1)
