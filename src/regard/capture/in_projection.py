"""Queries and keys of ``nn.MultiheadAttention``, which projects and attends inside one function.

They are projected once more from that function's arguments (a third of its cost at most, half with values); the
function itself runs as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear, multi_head_attention_forward

from regard.capture.calls import Call
from regard.capture.torch_masks import hidden_to_visible
from regard.errors import NoAttentionError

_torch: Any = torch
_PACKED = ("embed_dim", "num_heads", "in_proj_weight", "in_proj_bias", "proj_weight", "proj_bias")
_NORMS = ("eps", "norm_weight_1", "norm_bias_1", "norm_weight_2", "norm_bias_2")
_FFN = ("ffn_weight_1", "ffn_bias_1", "ffn_weight_2", "ffn_bias_2")
_NATIVE = ("query", "key", "value", *_PACKED, "mask", "need_weights", "average_attn_weights", "mask_type")
_ENCODER_LAYER = ("src", *_PACKED, "use_gelu", "norm_first", *_NORMS, *_FFN, "mask", "mask_type")
_FORWARD = multi_head_attention_forward.__code__.co_varnames[: multi_head_attention_forward.__code__.co_argcount]

Given = Mapping[str, Any]


def projected_call(function: Any, path: str, module: nn.Module, args: tuple[Any, ...], kwargs: Given) -> Call:
    """The attention inside one of :data:`PROJECTING` when it is called with these arguments, without its values."""
    _, read = PROJECTING[function]
    return read(path, module, arguments_of(function, args, kwargs))


def arguments_of(function: Any, args: tuple[Any, ...], kwargs: Given) -> Given:
    """The arguments of one of :data:`PROJECTING` by name."""
    names, _ = PROJECTING[function]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def states_of_encoder_layer(given: Given) -> Tensor:
    """What a whole encoder layer projects, [batch, token, d_model]."""
    states, _ = _padded(given["src"])
    if not given["norm_first"]:
        return states
    return layer_norm(states, (given["embed_dim"],), given["norm_weight_1"], given["norm_bias_1"], given["eps"])


def values_of(given: Given) -> Tensor:
    """The values that one of :data:`PROJECTING` makes of its arguments, [batch, head, key, d_head]."""
    if "src" in given:
        states = states_of_encoder_layer(given)
    elif "num_heads" in given and "out_proj_weight" in given:
        states = given["value"][:, None] if given["value"].ndim == 2 else given["value"]
        states = states.transpose(0, 1)
    else:
        states, _ = _padded(given["value"])
    packed, bias = given["in_proj_weight"], given.get("in_proj_bias")
    weight = given["v_proj_weight"] if given.get("use_separate_proj_weight") else packed.chunk(3)[2]
    found = linear(states, weight, None if bias is None else bias.chunk(3)[2])
    return found.view(*states.shape[:2], given["num_heads"], -1).transpose(1, 2)


def _of_forward(path: str, module: nn.Module, given: Given) -> Call:
    """``multi_head_attention_forward``; states are [token, batch, d_model], or without a batch."""
    if given.get("bias_k") is not None or given.get("static_k") is not None:
        raise NoAttentionError(
            f"{path or type(module).__name__}: MultiheadAttention with add_bias_kv=True or static keys has "
            "keys that are no tokens, which a record cannot hold"
        )
    query, key, padding = given["query"], given["key"], given.get("key_padding_mask")
    cross = query is not key
    if query.ndim == 2:
        query, key = query[:, None], key[:, None]
        padding = None if padding is None else padding[None]
    if given.get("use_separate_proj_weight"):
        weights = (given["q_proj_weight"], given["k_proj_weight"])
    else:
        weights = _parts(given["in_proj_weight"])
    mask = hidden_to_visible(given.get("attn_mask"), padding, query.shape[1])
    keywords = {"sinks": query.new_zeros(given["num_heads"])} if given.get("add_zero_attn") else {}
    states = (query.transpose(0, 1), key.transpose(0, 1))
    return _call(path, module, given, states, weights, mask, {"cross": cross, **keywords})


def _of_native(path: str, module: nn.Module, given: Given) -> Call:
    """``torch._native_multi_head_attention``; states are [batch, token, d_model], maybe nested."""
    cross = given["query"] is not given["key"]
    query, lengths = _padded(given["query"])
    key, _ = _padded(given["key"])
    mask = _native_mask(given.get("mask"), given.get("mask_type"), lengths)
    return _call(path, module, given, (query, key), _parts(given["in_proj_weight"]), mask, {"cross": cross})


def _of_encoder_layer(path: str, module: nn.Module, given: Given) -> Call:
    """``torch._transformer_encoder_layer_fwd``, a whole encoder layer; states are [batch, token, d_model]."""
    _, lengths = _padded(given["src"])
    states = states_of_encoder_layer(given)
    mask = _native_mask(given.get("mask"), given.get("mask_type"), lengths)
    return _call(path, module, given, (states, states), _parts(given["in_proj_weight"]), mask, {})


PROJECTING: dict[Any, tuple[tuple[str, ...], Callable[[str, nn.Module, Given], Call]]] = {
    multi_head_attention_forward: (_FORWARD, _of_forward),
    _torch._native_multi_head_attention: (_NATIVE, _of_native),
    _torch._transformer_encoder_layer_fwd: (_ENCODER_LAYER, _of_encoder_layer),
}
"""Functions of torch that project and attend: the names of their arguments, and how they read."""


def _call(
    path: str,
    module: nn.Module,
    given: Given,
    states: tuple[Tensor, Tensor],
    weights: tuple[Tensor, Tensor],
    mask: Tensor | None,
    keywords: Given,
) -> Call:
    bias = given.get("in_proj_bias")
    biases = (None, None) if bias is None else _parts(bias)
    heads = given["num_heads"]
    query, key = (
        linear(state, weight, bias).view(*state.shape[:2], heads, -1).transpose(1, 2)
        for state, weight, bias in zip(states, weights, biases, strict=True)
    )
    return Call(path, module, "sdpa", query, key, mask, {"is_causal": False, **keywords})


def _parts(packed: Tensor) -> tuple[Tensor, Tensor]:
    """The rows for queries and for keys of a weight or bias that holds queries, keys and values."""
    query, key, _ = packed.chunk(3)
    return query, key


def _padded(states: Tensor) -> tuple[Tensor, Tensor | None]:
    """[batch, token, d_model], and the rows' lengths where the states were nested."""
    if not states.is_nested:
        return states, None
    lengths = torch.tensor([len(row) for row in states.unbind()], device=states.device)
    return states.to_padded_tensor(0.0), lengths


def _native_mask(mask: Tensor | None, mask_type: int | None, lengths: Tensor | None) -> Tensor | None:
    """A fused kernel's mask (0: [query, key], 1: [batch, key], 2: both, expanded over heads) with ``True`` visible.

    These kernels read numbers as truth, so what is not zero is hidden.
    """
    if lengths is not None:
        return (torch.arange(int(lengths.max()), device=lengths.device) < lengths[:, None])[:, None, None]
    if mask is None:
        return None
    hidden = mask.bool()
    if mask_type == 1:
        return hidden_to_visible(None, hidden, len(hidden))
    if hidden.ndim == 4 and bool((hidden == hidden[:, :1]).all()):
        hidden = hidden[:, :1]
    return hidden_to_visible(hidden, None, len(hidden))
