"""What the windows that Longformer and LED return mean, one number after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def spelled_out(window: Tensor, of_global: Tensor | None, reach: int, places: Sequence[int]) -> Tensor:
    """The weights [head, query, key] of one row.

    ``window`` [head, query, global + 2 · reach + 1] are the weights of the global tokens at ``places`` and then of the
    keys from ``reach`` before the query to ``reach`` after it; ``of_global`` [head, key, global] those of all keys
    for each global token.
    """
    heads, tokens, _ = window.shape
    found = torch.zeros(heads, tokens, tokens)
    for query in range(tokens):
        for column in range(2 * reach + 1):
            key = query + column - reach
            if 0 <= key < tokens and query not in places:
                found[:, query, key] += window[:, query, len(places) + column]
        for number, place in enumerate(places):
            found[:, query, place] += window[:, query, number]
    for number, place in enumerate(places):
        assert of_global is not None
        found[:, place] = of_global[:, :tokens, number]
    return found


def whole(config: Any, weights: Sequence[Tensor], output: Any, places: Sequence[int]) -> list[Tensor]:
    """The weights [1, head, query, key] of all encoder layers, of what a model returned for one row."""
    of_global = next(
        (getattr(output, name) for name in ("global_attentions", "encoder_global_attentions") if hasattr(output, name)),
        None,
    )
    reaches = [size // 2 for size in config.attention_window]
    return [
        spelled_out(one[0], of_global[layer][0] if places and of_global else None, reaches[layer], places)[None]
        for layer, one in enumerate(weights)
    ]
