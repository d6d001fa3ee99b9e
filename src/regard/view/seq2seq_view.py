"""The workbench view: an answer with its search, its attention, and every what-if that was tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from regard.record import Record, Slices
from regard.view.session import WithSession
from regard.view.spec import AttentionSpec
from regard.view.view import Part, View


@dataclass(frozen=True, eq=False, repr=False)
class Seq2SeqView(WithSession, View):
    """A workbench; see :func:`regard.seq2seq_view`.

    ``record`` is the attention of the state that is shown, and follows the session. A source of
    ``"<state>:<kind>.weights"`` [layer, head, query, key] of every state, and ``"<state>-<node>:<kind>.weights"`` of
    other hypotheses that were looked at. A page without Python carries every state.
    """

    name: ClassVar[str] = "seq2seq_view"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.session.observe(self._follow)

    def _follow(self) -> None:
        """Be of the state that is shown now."""
        object.__setattr__(self, "record", self.session.record())
        self.selection.offer(self.attentions())

    def spec(self) -> dict[str, Any]:
        """The declaration, with the session."""
        return {**super().spec(), "workbench": asdict(self.session.spec())}

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that the spec may refer to."""
        return self.session_arrays()

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        return self.session_attention(array).weights.shape

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        return self.read_session(array, slices)

    def parts(self) -> Iterator[Part]:
        """The weights of every state, one head each."""
        for name, record in self.session.records().items():
            for offer in self._offers(record):
                whole = (slice(0, offer.queries), slice(0, offer.keys))
                for layer, heads in zip(offer.layers, offer.layer_heads, strict=True):
                    for head in heads:
                        place = (slice(layer, layer + 1), slice(head, head + 1), *whole)
                        yield f"{name}:{offer.kind}.weights", place

    def first_parts(self) -> list[Part]:
        """Nothing: what is looked at is asked for."""
        return []

    def _offers(self, record: Record) -> list[AttentionSpec]:
        return [self._offer(attention) for attention in record.attentions.values()]
