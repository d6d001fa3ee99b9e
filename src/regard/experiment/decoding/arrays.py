"""Sources that are no words (sound, pictures) as plain data, to be kept in a file: what a processor made, as text."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.errors import ArgumentError


def as_data(arguments: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Tensors by name as ``{dtype, shape, base64}``, little-endian; raises ``ArgumentError`` for what is no tensor.

    >>> as_data({"pixel_values": torch.zeros(1, 2)})
    {'pixel_values': {'dtype': 'float32', 'shape': [1, 2], 'base64': 'AAAAAAAAAAA='}}
    """
    wrong = next((name for name, value in arguments.items() if not isinstance(value, Tensor)), None)
    if wrong is not None:
        raise ArgumentError(f"{wrong} of the source is no tensor but {type(arguments[wrong]).__name__}")
    return {name: _data(value.detach().cpu()) for name, value in arguments.items()}


def from_data(data: Mapping[str, Mapping[str, Any]]) -> dict[str, Tensor]:
    """The tensors again."""
    return {name: _tensor(value) for name, value in data.items()}


def _data(tensor: Tensor) -> dict[str, Any]:
    dtype = str(tensor.dtype).removeprefix("torch.")
    plain = tensor.float() if dtype == "bfloat16" else tensor
    found = plain.contiguous().numpy()
    raw = found.astype(found.dtype.newbyteorder("<")).tobytes()
    return {"dtype": dtype, "shape": list(tensor.shape), "base64": b64encode(raw).decode("ascii")}


def _tensor(data: Mapping[str, Any]) -> Tensor:
    dtype = getattr(torch, data["dtype"])
    stored = np.dtype("float32" if dtype == torch.bfloat16 else data["dtype"]).newbyteorder("<")
    found = np.frombuffer(b64decode(data["base64"]), stored).reshape(data["shape"])
    return torch.from_numpy(found.astype(found.dtype.newbyteorder("="))).to(dtype)
