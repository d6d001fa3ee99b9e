"""Hiding keys query by query: the mask of an eviction policy, a window, or any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.errors import ArgumentError
from regard.experiment.edits import Edit
from regard.experiment.frame import Box

Visible = Callable[[int], np.ndarray]
"""Of a layer, which keys each query may see: [query, key] or [head, query, key], bool."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Hide(Edit):
    """Hides keys before the softmax where ``visible`` is false, so that the other keys share their mass.

    ``visible`` is an array [query, key] or [head, query, key] of bool over all heads, queries and keys of the text, or
    a function from a layer's number to one. Keys that the model hides stay hidden, whatever it says; a query left
    without any key gives zeros.
    """

    visible: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.visible):
            found = np.asarray(self.visible)
            if found.dtype != bool or found.ndim not in (2, 3):
                raise ArgumentError(
                    f"visible must be bool, [query, key] or [head, query, key]; got {found.dtype} {list(found.shape)}"
                )
            object.__setattr__(self, "visible", found)

    def on_scores(self, scores: Tensor, box: Box) -> Tensor:
        """Minus infinity at what is hidden."""
        found = self._of(box)
        rows = found[..., box.queries, box.frame.first_key :]
        rows = rows if rows.ndim == 2 else rows[box.heads]
        return scores.masked_fill(~torch.as_tensor(rows, device=scores.device), -torch.inf)

    def _of(self, box: Box) -> np.ndarray:
        frame = box.frame
        found = np.asarray(self.visible(box.layer) if callable(self.visible) else self.visible)
        whole = (frame.heads, frame.queries, frame.keys)
        if found.dtype != bool or found.shape not in (whole, whole[1:]):
            raise ArgumentError(
                f"visible must be bool, {list(whole[1:])} or {list(whole)} in {box.kind} layer {box.layer}; got "
                f"{found.dtype} {list(found.shape)}"
            )
        return found
