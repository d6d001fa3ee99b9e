"""Tensors as numpy can hold them without a change of precision."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from regard.record.bfloat16 import Bfloat16

_KNOWN = (torch.float16, torch.float32, torch.float64, torch.bool)


def plain(tensor: Tensor) -> Tensor:
    """The tensor in a type that numpy has: bfloat16 as its bits in uint16, smaller floats as float32."""
    found = tensor.detach()
    if found.dtype == torch.bfloat16:
        return (found if found.stride(-1) == 1 else found.contiguous()).view(torch.uint16)
    return found if found.dtype in _KNOWN else found.to(torch.float32)


def readable(array: Any, tensor: Tensor) -> Any:
    """The array of ``plain(tensor)`` as it is to be read: as the numbers that the tensor holds."""
    return Bfloat16(array) if tensor.dtype == torch.bfloat16 else array
