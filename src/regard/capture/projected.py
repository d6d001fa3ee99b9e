"""Answering functions of torch that project and attend at once: ``nn.MultiheadAttention`` and fused encoder layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    gelu,
    layer_norm,
    linear,
    multi_head_attention_forward,
    relu,
    scaled_dot_product_attention,
)

from regard.capture.in_projection import arguments_of, projected_call, values_of
from regard.capture.written_out import with_causality

Given = Mapping[str, Any]
_torch: Any = torch
_FUSED_LAYER: Any = _torch._transformer_encoder_layer_fwd


class Projected:
    """One call of such a function, whose heads are taken apart and put together again.

    ``call`` has its values. What the heads give is computed once more, by torch's kernel, from the same queries, keys
    and values; tokens for which that is left as it is keep what the function itself gave.
    """

    def __init__(self, func: Any, path: str, module: nn.Module, args: tuple[Any, ...], kwargs: Given) -> None:
        self._func, self._given = func, arguments_of(func, args, kwargs)
        self.call = replace(
            with_causality(projected_call(func, path, module, args, kwargs)), value=values_of(self._given)
        )

    def heads(self, *, weights: bool) -> tuple[Tensor, Tensor | None]:
        """What heads give [batch, query, head, d_value], and their weights [batch, head, query, key] if asked for."""
        assert self.call.value is not None
        keys = self.call.key.shape[2]
        each = torch.eye(keys, dtype=self.call.value.dtype, device=self.call.value.device)
        found = self._attended(each.expand(*self.call.value.shape[:2], keys, keys)) if weights else None
        return self._attended(self.call.value).transpose(1, 2), found

    def _attended(self, value: Tensor) -> Tensor:
        key, mask = self.call.key, self.call.mask
        if self.call.sink is not None:  # add_zero_attn: one key of zeros more
            key, value = (nn.functional.pad(states, (0, 0, 0, 1)) for states in (key, value))
            shown = True if mask is not None and mask.dtype == torch.bool else 0.0
            mask = None if mask is None else nn.functional.pad(mask, (0, 1), value=shown)
        if mask is not None and mask.dtype != torch.bool:
            mask = mask.to(self.call.query.dtype)
        return scaled_dot_product_attention(self.call.query, key, value, mask)

    def put_together(self, output: Any, before: Tensor | None, heads: Tensor, weights: Tensor | None) -> Any:
        """The function's answer with other heads, where it gave ``output`` with those before (if it is known which)."""
        if self._func is _FUSED_LAYER:
            return self._where_changed(output, before, heads, self._layer)
        own, *_ = output
        name = "out_proj" if self._func is multi_head_attention_forward else "proj"

        def projected(joined: Tensor) -> Tensor:
            return linear(joined, self._given[f"{name}_weight"], self._given[f"{name}_bias"])

        found = self._where_changed(self._by_batch(own), before, heads, projected)
        return self._as_given(own, found), self._weights(weights)

    def _where_changed(
        self, own: Tensor, before: Tensor | None, heads: Tensor, finish: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """``own`` [batch, token, d_model], and of tokens whose heads are changed what ``finish`` makes of them."""
        found = finish(heads.flatten(2))
        if found.requires_grad:
            return found
        same = torch.zeros_like(heads, dtype=torch.bool) if before is None else heads == before
        same = same.flatten(2).all(-1, keepdim=True)
        if not own.is_nested:
            return torch.where(same, own, found)
        whole = torch.where(same, own.to_padded_tensor(0.0), found)
        rows = [row[: len(kept)] for row, kept in zip(whole, own.unbind(), strict=True)]
        return torch.nested.as_nested_tensor(rows)

    def _layer(self, joined: Tensor) -> Tensor:
        """What a whole encoder layer makes of its heads."""
        given, src = self._given, self._given["src"]
        states: Tensor = src.to_padded_tensor(0.0) if src.is_nested else src

        def normed(x: Tensor, which: int) -> Tensor:
            affine = given[f"norm_weight_{which}"], given[f"norm_bias_{which}"]
            return layer_norm(x, (given["embed_dim"],), *affine, given["eps"])

        def fed(x: Tensor) -> Tensor:
            inner = linear(x, given["ffn_weight_1"], given["ffn_bias_1"])
            return linear(gelu(inner) if given["use_gelu"] else relu(inner), given["ffn_weight_2"], given["ffn_bias_2"])

        states = states + linear(joined, given["proj_weight"], given["proj_bias"])
        if given["norm_first"]:
            return states + fed(normed(states, 2))
        states = normed(states, 1)
        return normed(states + fed(states), 2)

    def _by_batch(self, own: Tensor) -> Tensor:
        """[batch, token, d_model] of what the function gives."""
        if self._func is not multi_head_attention_forward:
            return own
        return (own[:, None] if own.ndim == 2 else own).transpose(0, 1)

    def _as_given(self, own: Tensor, found: Tensor) -> Tensor:
        if self._func is not multi_head_attention_forward:
            return found
        return found.transpose(0, 1).reshape(own.shape)

    def _weights(self, weights: Tensor | None) -> Tensor | None:
        """Weights as the function gives them: the mean of heads where that is asked for."""
        if weights is None:
            return None
        found: Tensor = weights.mean(1) if self._given.get("average_attn_weights", True) else weights
        single = self._func is multi_head_attention_forward and self._given["query"].ndim == 2
        return found.squeeze(0) if single else found
