"""How rotary position embedding turned a call's queries and keys: which dimensions, by what angle a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from torch import Tensor, nn

from regard.capture.calls import Call

ROTATED: Mapping[str, Literal["first", "last"]] = {
    **dict.fromkeys(
        ("llama", "mistral", "mixtral", "qwen2", "qwen3", "gemma", "gemma2", "gpt_oss", "phi3", "olmo2", "gpt_neox"),
        "first",
    ),
    "deepseek_v3": "last",
}
"""Families that turn all layers' queries and keys alike, dimension i of the turned ones with i + half of them, at the
first or the last dimensions. The angle of each pair is the model's own ``rotary_emb.inv_freq``."""


def rotary_of(model: nn.Module, call: Call) -> np.ndarray | None:
    """Pairs [pair, 3]: first dimension, second dimension, radians a token; ``None`` where it is not known."""
    where = ROTATED.get(str(getattr(getattr(call.module, "config", None), "model_type", "")))
    angles = _angles(model, call.path)
    if where is None or angles is None or 2 * len(angles) > call.query.shape[-1]:
        return None
    start = 0 if where == "first" else call.query.shape[-1] - 2 * len(angles)
    first = start + np.arange(len(angles))
    return np.stack([first, first + len(angles), angles], axis=1)


def _angles(model: nn.Module, path: str) -> np.ndarray | None:
    """``inv_freq`` of the nearest module around this one that has a rotary embedding."""
    names = path.split(".")
    for length in range(len(names), -1, -1):
        found = getattr(getattr(model.get_submodule(".".join(names[:length])), "rotary_emb", None), "inv_freq", None)
        if isinstance(found, Tensor) and found.ndim == 1:
            angles: np.ndarray = found.detach().double().cpu().numpy()
            return angles
    return None
