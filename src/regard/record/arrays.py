"""Records from arrays that the user already has: from JAX, from another tool, from a paper's supplement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.record.attention import Attention
from regard.record.dense import Dense
from regard.record.factored import Factored
from regard.record.mask import MaskRule
from regard.record.record import ModelInfo, Record
from regard.record.tokens import Tokens

_ROW_TOLERANCE = 1e-2


def attention_from_weights(
    weights: Any, *, kind: Kind, query_stream: str, key_stream: str, unnormalized: bool = False
) -> Attention:
    """Dense attention from weights [layer, head, query, key] or a sequence of [head, query, key].

    A batch axis of one, as models return it, is dropped. Raises ``ArgumentError`` for another shape, for NaN or
    negative weights, and for rows that sum to neither one nor zero unless they may be ``unnormalized``.
    """
    layers = tuple(_layer(layer, number) for number, layer in enumerate(weights))
    if not layers:
        raise ArgumentError(
            f"{kind} attention: no layers; pass weights [layer, head, query, key], for a model outputs.attentions"
        )
    if not unnormalized:
        _check_rows(layers, kind)
    return Attention(kind, tuple(Dense.of(layer) for layer in layers), query_stream, key_stream)


def from_weights(
    weights: Any,
    *,
    tokens: Tokens | Sequence[str] | None = None,
    kind: Kind = "encoder",
    name: str = "",
    unnormalized: bool = False,
) -> Record:
    """A record from finished self-attention weights.

    ``weights`` is [layer, head, query, key]: an array of numpy, torch or JAX, or a sequence of one array a layer
    (a batch axis of one is dropped). ``tokens`` is one string a position. Rows must sum to one (or zero: a query that
    sees nothing) unless ``unnormalized``: with attention sinks or dropout they rightly do not.

    >>> from_weights(np.full((1, 2, 3, 3), 1 / 3), tokens=["a", "b", "c"]).weights[0, 1, 2, :]
    array([0.33333333, 0.33333333, 0.33333333])
    """
    attention = attention_from_weights(
        weights, kind=kind, query_stream=kind, key_stream=kind, unnormalized=unnormalized
    )
    if attention.queries != attention.keys:
        raise ArgumentError(
            f"self-attention must be square; got [query, key] = [{attention.queries}, {attention.keys}]"
        )
    return Record({kind: Tokens.of(tokens, attention.queries)}, {kind: attention}, ModelInfo(name))


def from_qk(
    query: Any,
    key: Any,
    *,
    tokens: Tokens | Sequence[str] | None = None,
    scale: float | None = None,
    causal: bool = False,
    window: int | None = None,
    kind: Kind | None = None,
    name: str = "",
) -> Record:
    """A record from queries and keys as the attention function receives them (after rotary embedding).

    ``query`` is [layer, head, token, d_head] and ``key`` [layer, kv_head, token, d_head]; ``scale`` is
    ``d_head ** -0.5`` unless given; ``window`` limits each query to that many keys up to and including itself when
    ``causal``, else to ``window // 2`` on each side.

    >>> from_qk(np.zeros((1, 2, 3, 4)), np.zeros((1, 1, 3, 4)), causal=True).weights[0, 0, 1, :]
    array([0.5, 0.5, 0. ])
    """
    query, key = _numbers(query, "query"), _numbers(key, "key")
    if query.ndim != 4 or key.ndim != 4 or len(query) != len(key) or query.shape[2] != key.shape[2]:
        raise ArgumentError(
            "query must be [layer, head, token, d_head] and key [layer, kv_head, token, d_head] with the same layers "
            f"and tokens; got {list(query.shape)} and {list(key.shape)}"
        )
    if not (np.isfinite(query).all() and np.isfinite(key).all()):
        raise ArgumentError("query and key must be finite; found NaN or infinity")
    mask = _rule(causal, window)
    scale = query.shape[3] ** -0.5 if scale is None else scale
    kind = kind or ("decoder" if causal else "encoder")
    layers = tuple(Factored.of(q, k, scale=scale, mask=mask) for q, k in zip(query, key, strict=True))
    return Record(
        {kind: Tokens.of(tokens, query.shape[2])}, {kind: Attention(kind, layers, kind, kind)}, ModelInfo(name)
    )


def _rule(causal: bool, window: int | None) -> MaskRule:
    if window is not None and window < 1:
        raise ArgumentError(f"window must be at least 1 key; got {window}")
    if causal:
        return MaskRule(before=None if window is None else window - 1, after=0)
    return MaskRule() if window is None else MaskRule(before=window // 2, after=window // 2)


def _numbers(array: Any, what: str) -> np.ndarray:
    """A floating numpy array of whatever array this is (a torch tensor may be on a GPU, in bfloat16, with grad)."""
    if hasattr(array, "detach"):
        array = array.detach().to("cpu")
        array = array.float() if "bfloat16" in str(array.dtype) else array
    found = np.asarray(array)
    if found.dtype.kind not in "fiub":
        raise ArgumentError(f"{what}: expected numbers, got an array of {found.dtype}")
    return found if found.dtype.kind == "f" else found.astype(np.float32)


def _layer(layer: Any, number: int) -> np.ndarray:
    if layer is None:
        raise ArgumentError(
            f"layer {number} of the attention is None: the model was run with a kernel that returns no weights. "
            "Use regard.capture(model, ...), which needs none, or load the model with attn_implementation='eager'"
        )
    found = _numbers(layer, f"layer {number}")
    if found.ndim == 4 and len(found) == 1:
        found = found[0]
    if found.ndim != 3:
        raise ArgumentError(
            f"layer {number}: expected weights [head, query, key] (or a batch of one of them), "
            f"got shape {list(found.shape)}"
        )
    if np.isnan(found).any():
        head, query, _ = np.argwhere(np.isnan(found))[0]
        raise ArgumentError(f"weights of layer {number} hold NaN, first at head {head}, query {query}")
    if (found < 0).any() or not np.isfinite(found).all():
        raise ArgumentError(f"weights of layer {number} must be finite and not negative; are these scores?")
    return found


def _check_rows(layers: Sequence[np.ndarray], kind: Kind) -> None:
    for number, layer in enumerate(layers):
        total = layer.sum(axis=-1, dtype=np.float64)
        off = (np.abs(total - 1) > _ROW_TOLERANCE) & (total != 0)
        if off.any():
            head, query = np.argwhere(off)[0]
            raise ArgumentError(
                f"{kind} attention: {int(off.sum())} of {off.size} rows of layer {number} do not sum to one "
                f"(head {head}, query {query} sums to {total[head, query]:.3f}). "
                "Dropout in train mode does this: call model.eval(). "
                "If the rows are right as they are (attention sinks), pass unnormalized=True to regard.from_weights"
            )
