"""The relevance of Chefer, Gur & Wolf 2021 for self-attention."""

from __future__ import annotations

import numpy as np

from regard.experiment import Question, gradient_rows


def chefer(asked: Question) -> np.ndarray:
    """The last token's row of R, [key], where ``R ← R + mean over heads of (∂y/∂A ∘ A)⁺ · R`` in each layer, from I."""
    layers = np.nan_to_num(gradient_rows(asked, query=None).values)
    relevance = np.eye(layers.shape[-1])
    for layer in layers:
        relevance = relevance + np.maximum(layer, 0).mean(0) @ relevance
    return relevance[-1]
