"""What stands behind a key: its value, and what a head writes of it, as lengths (Kobayashi et al. 2020) or vectors."""

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
    maps = by_head(output, heads, states.shape[-1])
    if maps is not None:
        each = states.repeat_interleave(heads // states.shape[0], dim=0)
        gram = maps.transpose(1, 2) @ maps
        found["write_norm"] = torch.einsum("hkd,hde,hke->hk", each, gram, each).clamp(min=0).sqrt()
    return found


def vectors(value: Tensor, heads: int, output: nn.Module | None) -> Mapping[str, Tensor]:
    """``value`` [kv_head, key, d_value] themselves, and ``output_root`` [head, rank, d_value] of what heads write.

    With W [d_model, d_value] a head's part of the output map and ``W = Q R`` (Q orthonormal), R is its root: ``R v``
    has the lengths, sums and angles of ``W v``, in d_value numbers instead of d_model. Missing where W is not known.
    """
    maps = by_head(output, heads, value.shape[-1])
    found = {"value": value}
    return found if maps is None else {**found, "output_root": torch.linalg.qr(maps, mode="r").R}


def warn_without_values(records: Sequence[Record], *, values: bool | str, copying: bool) -> None:
    """Warn where values were asked for and none were seen."""
    if values and not _any_has("value_norm", records):
        warnings.warn(
            f"values={values!r}: this model's attention is computed where regard sees no values, so the record "
            "has none",
            stacklevel=3,
        )
    if copying and not _any_has("copy_rank", records):
        warnings.warn(
            "copying=True: the values of this model's heads, or the map they go through, were not seen, so the record "
            "has nothing for regard.measure.copying",
            stacklevel=3,
        )


def _any_has(array: str, records: Sequence[Record]) -> bool:
    layers = (layer for record in records for attention in record.attentions.values() for layer in attention.layers)
    return any(layer is not None and array in layer.source.arrays() for layer in layers)


def by_head(output: nn.Module | None, heads: int, width: int) -> Tensor | None:
    """The output map as [head, d_model, d_value]; a linear layer's rows are outputs, GPT-2's are inputs."""
    weight = getattr(output, "weight", None)
    if not isinstance(weight, Tensor) or weight.ndim != 2:
        return None
    weight = weight.detach().float()
    weight = weight if isinstance(output, nn.Linear) else weight.T
    if weight.shape[1] != heads * width:
        return None
    return weight.reshape(-1, heads, width).transpose(0, 1)
