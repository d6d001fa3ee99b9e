"""Hypothesis strategies: attention of every form that a record can hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from regard.axes import LayerWeights
from regard.record.factored import Factored
from regard.record.mask import MaskRule

Draw = Callable[[SearchStrategy[Any]], Any]


def mask_rules(max_tokens: int = 12) -> SearchStrategy[MaskRule]:
    """Full, causal, windowed and chunked rules; every query sees at least itself."""
    reach = st.none() | st.integers(0, max_tokens)
    chunk = st.none() | st.integers(1, max_tokens)
    return st.builds(MaskRule, before=reach, after=reach, chunk=chunk)


@st.composite
def factored_layers(draw: Draw, max_tokens: int = 12, max_heads: int = 4) -> Factored:
    """Self-attention of one layer from random queries and keys: any mask rule, grouped heads, and now and then a
    soft-cap, a sink, a bias or a bias by distance."""
    tokens = draw(st.integers(1, max_tokens))
    kv_heads = draw(st.integers(1, max_heads))
    heads, width = kv_heads * draw(st.integers(1, 3)), draw(st.sampled_from([1, 4, 8]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def normal(*shape: int) -> Any:
        return rng.standard_normal(shape, dtype=np.float32)

    extra = {
        "sink": (heads,),
        "bias": (draw(st.sampled_from([1, heads])), tokens, tokens),
        "distance_bias": (heads, 2 * tokens - 1),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(extra))))
    return Factored.of(
        normal(heads, tokens, width),
        normal(kv_heads, tokens, width),
        scale=draw(st.sampled_from([1.0, 0.125, width**-0.5])),
        mask=draw(mask_rules(max_tokens)),
        softcap=draw(st.none() | st.sampled_from([1.0, 30.0])),
        **{name: normal(*extra[name]) for name in sorted(chosen)},
    )


@st.composite
def weights(
    draw: Draw, max_layers: int = 3, max_heads: int = 4, max_tokens: int = 12, causal: bool | None = None
) -> LayerWeights:
    """Self-attention weights [layer, head, query, key] whose rows sum to one, from flat to sharp."""
    layers, heads = draw(st.integers(1, max_layers)), draw(st.integers(1, max_heads))
    tokens = draw(st.integers(1, max_tokens))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = draw(st.sampled_from([0.0, 1.0, 20.0])) * rng.standard_normal((layers, heads, tokens, tokens))
    if draw(st.booleans()) if causal is None else causal:
        scores[..., ~np.tri(tokens, dtype=bool)] = -np.inf
    found = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(found / found.sum(axis=-1, keepdims=True), dtype=np.float32)
