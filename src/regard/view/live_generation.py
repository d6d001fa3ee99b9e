"""The generation view of a workbench: whichever answer is shown, step by step, with its search and what-ifs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from regard.errors import ArgumentError, not_one_of
from regard.record import Record, Slices
from regard.view.generation_view import GenerationView
from regard.view.session import WithSession
from regard.view.view import Part


@dataclass(frozen=True, eq=False, repr=False)
class LiveGenerationView(WithSession, GenerationView):
    """A generation view of whichever state of a workbench is shown; see :meth:`regard.Workbench.generation_view`.

    The spec holds the session under ``"workbench"``, as that of :class:`regard.view.Seq2SeqView` does, and requests are
    answered. ``record`` is the attention of the state that is shown, and follows the session, at the step at which it
    was. Beside the arrays of that state's generation view it is a source of those of every state, under
    ``"<state>:<array>"`` (``"3:decoder.matrix"``), and of hypotheses that were looked at, ``"<state>-<node>:<array>"``.
    A page without Python carries every state.
    """

    _known: dict[str, GenerationView] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.color is not None:
            raise ArgumentError(
                "effects are of one answer, and a workbench shows one after another: colour the view of a state, "
                "regard.generation_view(bench.record(), color=...)"
            )
        super().__post_init__()
        self.session.observe(self._follow)

    def _follow(self) -> None:
        """Be of the state that is shown now, at the step at which the one before was."""
        record = self.session.record()
        if record is self.record:
            return
        query = self.selection.query
        step = 0 if query is None else query - self.answer.border + 1
        object.__setattr__(self, "record", record)
        self.selection.offer(self.attentions())
        last = len(self.answer.answer) - 1
        self.selection.update(query=self.answer.query(max(0, min(step, last))))

    def scripts(self) -> tuple[str, ...]:
        """Names of the views whose scripts draw this one: the workbench's frame is around the picture of an answer."""
        return (self.name, "seq2seq_view")

    def spec(self) -> dict[str, Any]:
        """The declaration, with the session."""
        return {**super().spec(), "workbench": asdict(self.session.spec())}

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that the spec may refer to."""
        states = self.session.records().items()
        return (*super().arrays(), *(f"{n}:{array}" for n, record in states for array in self._of(n, record).arrays()))

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        name, colon, own = array.partition(":")
        return self._at(name, array).shape(own) if colon else super().shape(array)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        name, colon, own = array.partition(":")
        return self._at(name, array).read(own, slices) if colon else super().read(array, slices)

    def parts(self) -> Iterator[Part]:
        """What the generation view of every state needs."""
        for name, record in self.session.records().items():
            for array, slices in self._of(name, record).parts():
                yield f"{name}:{array}", slices

    def _at(self, name: str, array: str) -> GenerationView:
        record = self.session.record_of(name)
        if record is None:
            raise not_one_of("array", array, self.arrays())
        return self._of(name, record)

    def _of(self, name: str, record: Record) -> GenerationView:
        """The generation view of a state, which never changes, made once."""
        known = self._known.get(name)
        if known is None:
            limits: dict[str, Any] = {"include_layers": self.include_layers, "include_heads": self.include_heads}
            known = self._known[name] = GenerationView(record, pool=self.pool, **limits)
        return known
