"""The generation view of a workbench: an answer step by step, with the search behind it and what-ifs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from regard.record import Slices
from regard.view.generation_view import GenerationView
from regard.view.session import WithSession


@dataclass(frozen=True, eq=False, repr=False)
class LiveGenerationView(WithSession, GenerationView):
    """A generation view of one state of a workbench; see :meth:`regard.Workbench.generation_view`.

    The spec holds the session under ``"workbench"``, as that of :class:`regard.view.Seq2SeqView` does: the tree, forced
    tokens, and the history; and requests are answered. ``record`` stays that of the state it was made of, so that
    arrays keep their shapes; those of states tried since are read by their names.
    """

    def spec(self) -> dict[str, Any]:
        """The declaration, with the session."""
        return {**super().spec(), "workbench": asdict(self.session.spec())}

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that the spec may refer to."""
        return (*super().arrays(), *self.session_arrays())

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        return self.session_attention(array).weights.shape if ":" in array else super().shape(array)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        return self.read_session(array, slices) if ":" in array else super().read(array, slices)
