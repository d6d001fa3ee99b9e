"""What the sweep found out about one model type: one JSON line, one row of the table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

CAPTURED, NO_ATTENTION, NOT_CAPTURED, NOT_RUN = "captured", "no attention", "not captured", "not run"
STATES = (CAPTURED, NO_ATTENTION, NOT_CAPTURED, NOT_RUN)

EXACT = 1e-5
"""Largest difference of a weight that counts as the same in float32."""

OTHERS = "others on its eager kernel"
"""Noted where the model's eager weights are not those that its kernel in use computes, with which these agree."""

OWN_SOFTMAX = "own softmax"
"""Noted where weights were compared with the softmax in the model's modules, as it does not return them."""

SIZES = "sizes differ by layer"
"""Noted where layers of other sizes than most had to be captured apart, with ``layers=[...]``."""

MARKS = (OTHERS, OWN_SOFTMAX, SIZES)


@dataclass
class Finding:
    """One model type.

    ``kinds`` holds [layer, head, query, key] of the record's attention by kind, ``routes`` how many layers came which
    way, ``error`` the largest difference from the model's own eager weights (``None`` where it gives none),
    ``unchanged`` whether the output was bit for bit the same with capture, and ``edits`` what experiments on each kind
    came to (:mod:`models.edited`).
    """

    model_type: str
    model_class: str = ""
    state: str = NOT_RUN
    kinds: dict[str, list[int]] = field(default_factory=dict)
    routes: dict[str, int] = field(default_factory=dict)
    error: float | None = None
    unchanged: bool | None = None
    edits: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def factored(self) -> bool:
        """Whether no layer had to be kept as finished weights."""
        return self.state == CAPTURED and "eager fallback" not in self.routes

    @property
    def in_part(self) -> bool:
        """Whether attention of some layers is not in the record."""
        return any("not in the record" in note for note in self.notes)

    @property
    def exact(self) -> bool:
        """Whether it was compared and is the same."""
        return self.error is not None and self.error <= EXACT

    @property
    def fine(self) -> bool:
        """Whether it was captured whole and exactly."""
        return self.state == CAPTURED and self.exact and not self.in_part

    def line(self) -> dict[str, Any]:
        """As it is written to the file of findings."""
        return asdict(self)
