"""Queries or keys that arrive a few tokens at a time."""

from __future__ import annotations

import torch
from torch import Tensor

_TOGETHER = 64


class Blocks:
    """Tensors [row, head, token, d_head], joined along their tokens.

    They are copied when they come. Single tokens stay on the model's device and go to the CPU many at a time, so that
    a step waits for no transfer. ``prompt`` are the first tokens, where several came together.
    """

    def __init__(self) -> None:
        self._done: list[Tensor] = []
        self._waiting: list[Tensor] = []
        self.count = 0
        self.prompt: Tensor | None = None

    def add(self, tokens: Tensor) -> None:
        """The next tokens."""
        self.count += tokens.shape[2]
        if tokens.shape[2] > 1:
            self._flush()
            self._done.append(tokens.detach().to("cpu", copy=True))
            if self.count == tokens.shape[2]:
                self.prompt = self._done[0]
            return
        self._waiting.append(tokens.detach().clone())
        if len(self._waiting) == _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._done.append(torch.cat(self._waiting, dim=2).to("cpu"))
            self._waiting = []

    def along(self, rows: Tensor) -> Tensor:
        """One sequence [head, token, d_head]: its token number i is that of row ``rows[i]``."""
        self._flush()
        parts, start = [], 0
        for block in self._done:
            here = rows[start : start + block.shape[2]]
            parts.append(block[here, :, torch.arange(len(here))])
            start += block.shape[2]
        return torch.cat(parts).transpose(0, 1)
