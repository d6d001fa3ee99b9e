"""How the axes before [query, key] of a module's own tensors are read as [batch, head], and back."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from regard.capture.families import HEAD_COUNTS


@dataclass(frozen=True)
class Leading:
    """Leading axes ``lead`` of tensors [*lead, row, column], which read as ``shape`` [batch, head].

    ``heads_second``: the heads are the second of more than two axes, and are brought to the end first.
    """

    lead: torch.Size
    shape: tuple[int, int]
    heads_second: bool

    @classmethod
    def of(cls, lead: torch.Size, module: nn.Module) -> Leading:
        """The reading of leading axes in this module, by how many heads it says it has."""
        heads, second = heads_of(module), False
        order = lead
        if len(lead) > 2 and lead[1] == heads:
            order, second = torch.Size((lead[0], *lead[2:], heads)), True
        return cls(lead, _batch_and_heads(order, heads), second)

    @property
    def moved(self) -> torch.Size:
        """The leading axes with heads at the end."""
        return torch.Size((self.lead[0], *self.lead[2:], self.lead[1])) if self.heads_second else self.lead

    def four(self, tensor: Tensor) -> Tensor:
        """A tensor [*lead, row, column] as [batch, head, row, column]."""
        found = tensor.movedim(1, -3) if self.heads_second else tensor
        return found.reshape(*self.shape, *tensor.shape[-2:])

    def back(self, tensor: Tensor) -> Tensor:
        """A tensor [batch, head, row, column] as [*lead, row, column]."""
        found = tensor.reshape(*self.moved, *tensor.shape[-2:])
        return found.movedim(-3, 1) if self.heads_second else found

    def regrouped(self, lead: torch.Size) -> Leading | None:
        """The reading once the leading axes were split or joined to ``lead``; ``None`` where that is not known."""
        if lead == self.lead:
            return self
        return None if self.heads_second or lead.numel() != self.lead.numel() else Leading(lead, self.shape, False)


def heads_of(module: nn.Module) -> int | None:
    """How many heads a module says it has."""
    found = (getattr(module, name, None) for name in HEAD_COUNTS)
    return next((count for count in found if isinstance(count, int)), None)


def _batch_and_heads(lead: torch.Size, heads: int | None) -> tuple[int, int]:
    """The leading axes of scores as [batch, head]: batch first, heads (also in groups) last."""
    for first in range(len(lead) + 1):
        if prod(lead[first:]) == heads:
            return prod(lead[:first]), heads
    if len(lead) == 1:
        return (lead[0] // heads, heads) if heads and lead[0] % heads == 0 else (lead[0], 1)
    return lead[0], prod(lead[1:])
