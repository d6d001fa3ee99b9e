"""One call of a model's attention function, as it was received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from regard.capture.band import Band
from regard.capture.families import KERNELS, SINK_KEYWORDS, Kernel
from regard.errors import NoAttentionError

POSITIONAL = ("module", "query", "key", "value", "attention_mask")


@dataclass(frozen=True, eq=False)
class Call:
    """What an attention function of transformers was called with.

    ``query`` is [batch, head, query, d_head] and ``key`` [batch, kv_head, key, d_head], after rotary embedding and
    normalisation, kv_heads not expanded. ``path`` is the module's place in the model, ``kernel`` the name of the
    implementation (``"eager"`` for the model's own function, ``"written out"`` for code of the module itself),
    ``keywords`` the rest (scaling, softcap, …). ``added`` are further masks and biases beside ``mask``.
    ``windows`` are the lengths of the sequences that make up each row, where it is not one (see
    :mod:`regard.capture.windows`).
    ``layer`` is the number of the module's layer in the model, and how many there are, where it is in one list of them.
    ``value`` is [batch, kv_head, key, d_value] where it was seen, ``output`` the module that its weighted sums go to
    (:mod:`regard.capture.values`), ``rotary`` how positions turned queries and keys (:mod:`regard.capture.rotary`).
    ``band`` holds scores that are no queries times keys, where the module has sliding windows; ``query`` and ``key``
    are then only as large as they would be.
    """

    path: str
    module: nn.Module
    kernel: str
    query: Tensor
    key: Tensor
    mask: Any
    keywords: Mapping[str, Any]
    added: tuple[Tensor, ...] = ()
    windows: tuple[int, ...] = ()
    layer: tuple[int, int] | None = None
    value: Tensor | None = None
    output: nn.Module | None = None
    rotary: np.ndarray | None = None
    band: Band | None = None

    @property
    def terms(self) -> tuple[Tensor, ...]:
        """All that is added to the scores or hides keys: [batch or 1, head or 1, query or 1, key], or [batch, key]."""
        given = (self.mask, self.position_bias, *self.added, self._sink_by_query)
        return tuple(term for term in given if term is not None)

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
        """One extra score per head that takes mass without being a key (gpt-oss).

        A sink that depends on the query (Inkling 2) is subtracted from that query's scores instead, which leaves a
        sink of zero.
        """
        found = self._given_sink
        if found is None or found.numel() == self.query.shape[1]:
            return None if found is None else found.reshape(-1)
        return torch.zeros(self.query.shape[1], dtype=found.dtype)

    @property
    def _sink_by_query(self) -> Tensor | None:
        found = self._given_sink
        return None if found is None or found.numel() == self.query.shape[1] else -found

    @property
    def _given_sink(self) -> Tensor | None:
        found = next((self.keywords[name] for name in SINK_KEYWORDS if self.keywords.get(name) is not None), None)
        return found if isinstance(found, Tensor) else None

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
    """The call that these arguments make, given by position or by name; raises ``NoAttentionError`` for others."""
    given = {**dict(zip(POSITIONAL, args, strict=False)), **kwargs}
    _check_signature(path, kernel, given)
    rest = {name: value for name, value in given.items() if name not in POSITIONAL}
    mask = given.get("attention_mask")
    if mask is not None and not isinstance(mask, Tensor) and hasattr(mask, "mask_mod"):
        mask = _dense(mask, given["query"], given["key"])
    return Call(path, given["module"], kernel, given["query"], given["key"], mask, rest, value=given.get("value"))


def _check_signature(path: str, kernel: str, given: Mapping[str, Any]) -> None:
    states = [given.get(name) for name in ("query", "key")]
    fits = all(isinstance(one, Tensor) and one.ndim == 4 for one in states)
    scaling = given.get("scaling")
    if fits and (scaling is None or isinstance(scaling, (int, float)) or getattr(scaling, "numel", int)() == 1):
        return
    found = ", ".join(f"{name} {_shown(value)}" for name, value in given.items() if name != "module")
    raise NoAttentionError(
        f"{path}: the attention function {kernel!r} was called with an unknown signature ({found or 'nothing'}); "
        "regard knows query [batch, head, query, d_head], key [batch, kv_head, key, d_head] and a number as scaling. "
        "regard.capture_calls sees what torch computes inside; or pass finished weights to regard.from_weights"
    )


def _shown(value: Any) -> str:
    return str(list(value.shape)) if isinstance(value, Tensor) else type(value).__name__


def _dense(block_mask: Any, query: Tensor, key: Tensor) -> Tensor:
    """FlexAttention's mask as a boolean tensor [batch, head, query, key]."""
    from torch.nn.attention.flex_attention import create_mask

    with torch.no_grad():
        return create_mask(
            block_mask.mask_mod, query.shape[0], 1, query.shape[2], key.shape[2], device=str(query.device)
        )
