"""Arguments of torch's own attention functions as a :class:`~regard.capture.calls.Call`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.calls import Call
from regard.errors import NoAttentionError

_NAMES = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa")


def sdpa_call(path: str, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
    """The call of ``scaled_dot_product_attention`` with these arguments.

    All axes before [head, query, d_head] are one batch. As torch documents it, the first of three axes is the batch,
    so [batch, query, d_head] is one head.
    """
    given = {**dict(zip(_NAMES, args, strict=False)), **kwargs}
    query, key, attn_mask = given["query"], given["key"], given.get("attn_mask")
    is_causal = bool(given.get("is_causal", False))
    if query.is_nested or key.is_nested:
        raise NoAttentionError(
            f"{path or type(module).__name__}: attention over nested tensors, which a record cannot hold; "
            "pass the sequences one by one, or padded"
        )
    mask = None if attn_mask is None else _batched_mask(attn_mask, query)
    query, key = _batched(query), _batched(key)
    if is_causal and query.shape[2] == 1 < key.shape[2]:
        mask = torch.arange(key.shape[2], device=key.device)[None, None, None] == 0
    return Call(path, module, "sdpa", query, key, mask, {"scaling": given.get("scale"), "is_causal": is_causal})


def _batched(states: Tensor) -> Tensor:
    """[batch, head, token, d_head] of [head or batch, token, d_head], [token, d_head] or more axes than four."""
    if states.ndim < 4:
        states = states.reshape(-1, 1, *states.shape[-2:])
    return states.reshape(-1, *states.shape[-3:])


def _batched_mask(mask: Tensor, query: Tensor) -> Tensor:
    """[batch or 1, head or 1, query, key] of a mask that broadcasts to the scores, as ``_batched`` sees them."""
    if query.ndim == 3 and mask.ndim == 3:
        return mask[:, None]
    while mask.ndim < max(4, query.ndim):
        mask = mask[None]
    if mask.ndim == 4:
        return mask
    return mask.expand(*query.shape[:-3], *mask.shape[-3:]).reshape(-1, *mask.shape[-3:])


def hidden_to_visible(attn_mask: Tensor | None, key_padding_mask: Tensor | None, batch: int) -> Tensor | None:
    """The masks of ``nn.MultiheadAttention``, whose ``True`` means hidden, as one mask whose ``True`` means visible.

    ``attn_mask`` is [query, key], [batch · head, query, key] or [batch, head, query, key], ``key_padding_mask``
    [batch, key]; masks of floats are added to the scores in both conventions. The result has four axes.
    """
    masks = []
    if attn_mask is not None:
        if attn_mask.ndim == 3:
            attn_mask = attn_mask.reshape(batch, -1, *attn_mask.shape[1:])
        masks.append(attn_mask if attn_mask.ndim == 4 else attn_mask[None, None])
    if key_padding_mask is not None:
        masks.append(key_padding_mask[:, None, None])
    if not masks:
        return None
    if all(mask.dtype == torch.bool for mask in masks):
        return ~(masks[0] | masks[-1])
    added = [_added(mask) for mask in masks]
    return added[0] if len(added) == 1 else added[0] + added[1]


def _added(mask: Tensor) -> Tensor:
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, device=mask.device).masked_fill(mask, -torch.inf)
