"""One call of a model's attention function, as it was received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.families import KERNELS, SINK_KEYWORDS, Kernel

POSITIONAL = ("module", "query", "key", "value", "attention_mask")


@dataclass(frozen=True, eq=False)
class Call:
    """What an attention function of transformers was called with.

    ``query`` is [batch, head, query, d_head] and ``key`` [batch, kv_head, key, d_head], after rotary embedding and
    normalisation, kv_heads not expanded. ``path`` is the module's place in the model, ``kernel`` the name of the
    implementation (``"eager"`` for the model's own function), ``keywords`` the rest (scaling, softcap, …).
    """

    path: str
    module: nn.Module
    kernel: str
    query: Tensor
    key: Tensor
    mask: Any
    keywords: Mapping[str, Any]

    @property
    def rules(self) -> Kernel:
        """What this implementation does with its arguments."""
        return KERNELS.get(self.kernel.removeprefix("paged|"), KERNELS["sdpa"])

    @property
    def scale(self) -> float:
        """Factor of query · key: the keyword ``scaling``, else ``d_head ** -0.5`` as every kernel assumes."""
        scaling = self.keywords.get("scaling")
        return float(self.query.shape[-1] ** -0.5 if scaling is None else scaling)

    @property
    def softcap(self) -> float | None:
        """The cap c of ``c · tanh(score / c)``, where there is one."""
        cap = self.keywords.get("softcap")
        return None if cap is None else float(cap)

    @property
    def sink(self) -> Tensor | None:
        """One extra score per head that takes mass without being a key (gpt-oss)."""
        found = next((self.keywords[name] for name in SINK_KEYWORDS if self.keywords.get(name) is not None), None)
        return found.reshape(-1) if isinstance(found, Tensor) else None

    @property
    def position_bias(self) -> Tensor | None:
        """Bias added to the scores, [1 or batch, head, query, key] (T5)."""
        bias = self.keywords.get("position_bias")
        return bias if isinstance(bias, Tensor) else None

    @property
    def is_causal(self) -> bool:
        """Whether the caller means causal attention: its keyword, else its module, else the kernel's default."""
        said = self.keywords.get("is_causal")
        if said is None:
            said = getattr(self.module, "is_causal", None)
        if said is None:
            config = getattr(self.module, "config", None)
            said = getattr(config, "is_decoder", self.mask is None and self.rules.causal_without_mask)
        return bool(said)


def call_of(path: str, kernel: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
    """The call that these arguments make, given by position or by name."""
    given = {**dict(zip(POSITIONAL, args, strict=False)), **kwargs}
    rest = {name: value for name, value in given.items() if name not in POSITIONAL}
    mask = given.get("attention_mask")
    if mask is not None and not isinstance(mask, Tensor) and hasattr(mask, "mask_mod"):
        mask = _dense(mask, given["query"], given["key"])
    return Call(path, given["module"], kernel, given["query"], given["key"], mask, rest)


def _dense(block_mask: Any, query: Tensor, key: Tensor) -> Tensor:
    """FlexAttention's mask as a boolean tensor [batch, head, query, key]."""
    from torch.nn.attention.flex_attention import create_mask

    with torch.no_grad():
        return create_mask(
            block_mask.mask_mod, query.shape[0], 1, query.shape[2], key.shape[2], device=str(query.device)
        )
