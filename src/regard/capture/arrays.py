"""Tensors to numpy: always a copy that owns its memory, on the CPU, in a type that numpy knows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

Keep = slice | Tensor
"""Positions that are no padding: a slice where they are a run, else their indices."""

_KNOWN = (torch.float16, torch.float32, torch.float64, torch.bool)


def to_numpy(tensor: Tensor) -> np.ndarray:
    """A contiguous numpy copy; bfloat16 and smaller floats become float32, the rest keeps its type."""
    found = tensor.detach()
    if found.dtype.is_floating_point and found.dtype not in _KNOWN:
        found = found.to(torch.float32)
    return np.array(found.cpu().numpy(), order="C")


def kept(mask: Tensor | None, count: int) -> Keep:
    """Positions where a row's mask [token] is not zero; all where there is no mask of that length."""
    if mask is None or mask.shape != (count,):
        return slice(0, count)
    places = mask.detach().cpu().nonzero()[:, 0]
    if len(places) and int(places[-1] - places[0]) == len(places) - 1:
        return slice(int(places[0]), int(places[-1]) + 1)
    return places
