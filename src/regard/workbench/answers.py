"""What a request is answered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.view.found_spec import (
    LinksSpec,
    NeighboursOfferSpec,
    NeighbourSpec,
    NeighboursSpec,
    PointSpec,
    ProjectionSpec,
    WordSpec,
    WordsSpec,
)
from regard.view.state_spec import SequenceSpec
from regard.view.workbench_spec import AnswerSpec, WorkbenchSpec
from regard.workbench.backend import NearState
from regard.workbench.specs import branch_spec, comparison_spec, history_spec, state_spec

if TYPE_CHECKING:
    from regard.workbench.session import Workbench


class Answers:
    """Makes answers from a workbench; whole states are only in it where they were asked for."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._whole: list[int] = []

    def whole(self, *states: int) -> None:
        """Let the answer hold these states as a whole."""
        self._whole += [state for state in states if state not in self._whole]

    def session(self, *, live: bool = True, comparisons: bool = False) -> WorkbenchSpec:
        """The session as it is now; with ``comparisons``, of every pair of whole states."""
        bench = self._bench
        pairs = [(a, b) for a in self._whole for b in self._whole if a != b] if comparisons else []
        found = bench.comparison
        return WorkbenchSpec(
            history=[history_spec(state, bench.backend.text) for state in bench.states],
            current=bench.state.id,
            pinned=None if bench.pinned is None else bench.pinned.id,
            comparison=None if found is None else comparison_spec(found),
            can_undo=bench.can_undo,
            can_redo=bench.can_redo,
            live=live,
            can_edit_source=isinstance(bench.state.source, tuple),
            family=bench.backend.family,
            encoder_decoder=bench.backend.encoder_decoder,
            states=[state_spec(bench.states[i], bench.record(i), bench.backend.text) for i in self._whole],
            comparisons=[comparison_spec(bench.compare(a, b)) for a, b in pairs],
            neighbours=self._offer(),
        )

    def comparison(self, first: int, second: int) -> AnswerSpec:
        """Two states beside each other."""
        found = comparison_spec(self._bench.compare(first, second))
        self.whole(first, second)
        return AnswerSpec(0, None, False, comparison=found)

    def branch(self, state: int, node: int) -> AnswerSpec:
        """Another hypothesis of a state's tree."""
        record = self._bench.record(state, node)
        return AnswerSpec(
            0, None, False, branch=branch_spec(self._bench.states[state], node, record, self._bench.backend.text)
        )

    def words(self, state: int, side: str, position: int, k: int) -> AnswerSpec:
        """The words nearest to one."""
        found = self._bench.words(position, side=side, state=state, k=k)
        words = [WordSpec(w.id, w.label, w.piece, w.similarity, w.x, w.y) for w in found]
        return AnswerSpec(0, None, False, words=WordsSpec(state, side, position, words))  # type: ignore[arg-type]

    def links(self, state: int, heads: Any, how: str | None, words: bool | None) -> AnswerSpec:
        """Word alignment."""
        found = self._bench.alignment(state, heads=heads, how=how or "argmax", words=bool(words))
        start = len(self._bench.states[state].decoding.start)
        spec = LinksSpec(
            state=state,
            links=[list(link) for link in found.links],
            source_words=[list(word.tokens) for word in found.source],
            target_words=[[token - start for token in word.tokens] for word in found.target],
            heads=[list(head) for head in found.heads],
            how=found.how,
            pharaoh=found.pharaoh(),
        )
        return AnswerSpec(0, links=spec)

    def neighbours(self, state: int, stream: str, layer: int, position: int, k: int) -> AnswerSpec:
        """The states of other texts nearest to one."""
        found = self._bench.near(position, stream=stream, layer=layer, state=state, k=k)
        near = [_near(one) for one in found.found]
        return AnswerSpec(0, neighbours=NeighboursSpec(state, stream, layer, position, near, found.note))

    def projection(self, state: int, stream: str, layer: int, method: str, k: int) -> AnswerSpec:
        """States and neighbours in two dimensions."""
        found = self._bench.plane(stream=stream, layer=layer, state=state, method=method, k=k)
        points = [PointSpec(x, y, n, None) for n, (x, y) in enumerate(found.own)]
        points += [PointSpec(x, y, None, n) for n, (x, y) in enumerate(found.places)]
        spec = ProjectionSpec(
            state=state,
            stream=stream,
            layer=layer,
            method=method,
            points=points,
            found=[_near(one) for one in found.found],
            labels=list(found.labels),
            explained=None if found.explained is None else list(found.explained),
            note=found.note,
        )
        return AnswerSpec(0, projection=spec)

    def _offer(self) -> NeighboursOfferSpec | None:
        found = self._bench.neighbours
        if found is None:
            return None
        texts, states = found.sizes()
        streams = {name: list(layers) for name, layers in found.streams().items()}
        return NeighboursOfferSpec(streams, texts, states, found.metric)


def _near(found: NearState) -> NeighbourSpec:
    return NeighbourSpec(
        text=found.text,
        side=found.side,
        position=found.position,
        distance=found.distance,
        near=list(found.near),
        source=_labelled(found.source, found.source_text),
        target=None if found.target is None else _labelled(found.target, found.target_text or ""),
    )


def _labelled(labels: tuple[str, ...], text: str) -> SequenceSpec:
    """Tokens of which only the labels are known."""
    return SequenceSpec(None, list(labels), list(labels), [], None, None, text)
