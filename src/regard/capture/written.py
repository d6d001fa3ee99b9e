"""What attention that a module writes out in its own code is answered with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from regard.capture.calls import Call

Change = Callable[[Tensor], Tensor]
"""What becomes of what heads give, [batch, query, head, d_value]."""

AS_IS = object()
"""The answer that leaves a call as it is."""


@dataclass(frozen=True, eq=False)
class Written:
    """The answer to a call that a module writes out: its weights [batch, head, query, key], and what is to become of
    the heads' outputs [batch, query, head, d_value] that it computes of them (``None``: nothing)."""

    weights: Tensor
    outputs: Change | None = None


Answer = Callable[[Call, Callable[[], Any]], Any]
"""As for calls of the registry, but a call whose kernel is ``"written out"`` runs to, and is answered by,
:class:`Written`; where it was run and is given back as it is, nothing is touched."""
