"""The size of what stands behind a key: its value, and what a head writes of it (Kobayashi et al. 2020)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from regard.capture.calls import Call
from regard.record.record import Record

OUTPUTS = ("o_proj", "out_proj", "c_proj", "dense", "o", "wo", "out_lin")
"""What attention modules call the map from their heads to the residual stream."""

BESIDE = ("output.dense", "out_proj")
"""Where it stands beside the module, when it is none of its own (BERT)."""


def output_of(model: nn.Module, call: Call) -> nn.Module | None:
    """The map from all heads' values to the residual stream; ``None`` where there is none of a known name."""
    for name in OUTPUTS:
        if isinstance(found := getattr(call.module, name, None), nn.Module):
            return found
    around = model.get_submodule(call.path.rpartition(".")[0]) if "." in call.path else model
    for path in BESIDE:
        try:
            return around.get_submodule(path)
        except AttributeError:
            continue
    return None


def norms(value: Tensor, heads: int, output: nn.Module | None) -> Mapping[str, Tensor]:
    """``value_norm`` [kv_head, key], ‖v‖, and ``write_norm`` [head, key], ‖W v‖, of values [kv_head, key, d_value].

    W [d_model, d_value] is a head's part of the output map. ``‖W v‖² = vᵀ (Wᵀ W) v``: no vector of d_model is formed.
    ``write_norm`` is missing where the output map is not known.
    """
    states = value.detach().float()
    found = {"value_norm": states.norm(dim=-1)}
    maps = _by_head(output, heads, states.shape[-1])
    if maps is not None:
        each = states.repeat_interleave(heads // states.shape[0], dim=0)
        gram = maps.transpose(1, 2) @ maps
        found["write_norm"] = torch.einsum("hkd,hde,hke->hk", each, gram, each).clamp(min=0).sqrt()
    return found


def warn_without_values(records: Sequence[Record]) -> None:
    """Warn where values were asked for and none were seen."""
    layers = [layer for record in records for attention in record.attentions.values() for layer in attention.layers]
    if not any(layer is not None and "value_norm" in layer.source.arrays() for layer in layers):
        warnings.warn(
            "values=True: this model's attention is computed where regard sees no values, so the record has none",
            stacklevel=3,
        )


def _by_head(output: nn.Module | None, heads: int, width: int) -> Tensor | None:
    """The output map as [head, d_model, d_value]; a linear layer's rows are outputs, GPT-2's are inputs."""
    weight = getattr(output, "weight", None)
    if not isinstance(weight, Tensor) or weight.ndim != 2:
        return None
    weight = weight.detach().float()
    weight = weight if isinstance(output, nn.Linear) else weight.T
    if weight.shape[1] != heads * width:
        return None
    return weight.reshape(-1, heads, width).transpose(0, 1)
