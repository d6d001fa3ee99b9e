"""The vocabulary: axis names and shape aliases, one spelling each.

Axis order is always ``batch layer head query key``. ``scores`` are what enters the softmax, ``weights``
what leaves it. ``head`` counts query heads; ``kv_head`` counts the key heads that grouped-query attention
(Ainslie et al. 2023) shares between ``head // kv_head`` query heads each.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

Kind = Literal["encoder", "decoder", "cross", "vision", "audio"]
KINDS: tuple[Kind, ...] = ("encoder", "decoder", "cross", "vision", "audio")

Weights = Float[np.ndarray, "head query key"]
LayerWeights = Float[np.ndarray, "layer head query key"]
Scores = Float[np.ndarray, "head query key"]
Queries = Float[np.ndarray, "head query d_head"]
Keys = Float[np.ndarray, "kv_head key d_head"]
LogSumExp = Float[np.ndarray, "head query"]
Visible = Bool[np.ndarray, "query key"]
TokenIds = Int[np.ndarray, " token"]
Offsets = Int[np.ndarray, "token 2"]

__all__ = [
    "KINDS",
    "Keys",
    "Kind",
    "LayerWeights",
    "LogSumExp",
    "Offsets",
    "Queries",
    "Scores",
    "TokenIds",
    "Visible",
    "Weights",
]
