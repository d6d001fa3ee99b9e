"""What a request is answered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.record.sound import Sound
from regard.view.found_spec import NeighboursOfferSpec
from regard.view.workbench_spec import AnswerSpec, WorkbenchSpec
from regard.workbench.found import (
    MAKERS,
    components_spec,
    links_spec,
    neighbours_spec,
    projection_spec,
    replacements_spec,
    words_spec,
)
from regard.workbench.specs import branch_spec, comparison_spec, history_spec, state_spec
from regard.workbench.state import State

if TYPE_CHECKING:
    from regard.workbench.session import Workbench


class Answers:
    """Makes answers from a workbench; whole states are only in it where they were asked for."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._whole: list[int] = []

    def whole(self, *states: int) -> None:
        """Let the answer hold these states as a whole."""
        self._whole = list(dict.fromkeys((*self._whole, *states)))

    def shown(self) -> None:
        """Let the answer hold the state that is shown, and the pinned one."""
        self.whole(*(state.id for state in (self._bench.state, self._bench.pinned) if state is not None))

    def session(self, *, live: bool = True, found: bool = False) -> WorkbenchSpec:
        """The session as it is now; with what was ``found`` of any state."""
        bench = self._bench
        compared = bench.comparison
        prompt = None if bench.backend.encoder_decoder else getattr(bench.backend, "prompt", None)
        return WorkbenchSpec(
            changes=bench.changes,
            history=[history_spec(state, bench.backend.text) for state in bench.states],
            current=bench.state.id,
            pinned=None if bench.pinned is None else bench.pinned.id,
            comparison=None if compared is None else comparison_spec(compared),
            can_undo=bench.can_undo,
            can_redo=bench.can_redo,
            live=live,
            can_edit_source=isinstance(bench.state.source, tuple),
            can_edit_sound=isinstance(bench.state.source, Sound),
            family=bench.backend.family,
            encoder_decoder=bench.backend.encoder_decoder,
            states=[state_spec(bench.states[i], bench.shown(i), bench.backend.text, prompt) for i in self._whole],
            neighbours=self._offer(),
            found=self._bench.kept.spec(MAKERS, bench.states) if found else None,
        )

    def comparison(self, first: int, second: int) -> AnswerSpec:
        """Two states beside each other."""
        found = comparison_spec(self._bench.compare(first, second))
        self.whole(first, second)
        return AnswerSpec(0, None, False, comparison=found)

    def branch(self, state: int, node: int) -> AnswerSpec:
        """Another hypothesis of a state's tree."""
        record = self._bench.shown(state, node)
        return AnswerSpec(
            0, None, False, branch=branch_spec(self._bench.states[state], node, record, self._bench.backend.text)
        )

    def words(self, state: int, **fields: Any) -> AnswerSpec:
        """The words nearest to one."""
        found = self._bench.words(state=state, **fields)
        return AnswerSpec(0, words=words_spec(self._at(state), fields, found))

    def links(self, state: int, heads: Any, how: str | None, words: bool | None) -> AnswerSpec:
        """Word alignment; of the unit that the state's gold is of, where none is named."""
        gold = self._at(state).gold
        joined = gold is not None and gold.words if words is None else words
        found = self._bench.alignment(state, heads=heads, how=how or "argmax", words=joined)
        return AnswerSpec(0, links=links_spec(self._at(state), {"words": joined}, found))

    def neighbours(self, state: int, **fields: Any) -> AnswerSpec:
        """The states of other texts nearest to one."""
        found = self._bench.near(state=state, **fields)
        return AnswerSpec(0, neighbours=neighbours_spec(self._at(state), fields, found))

    def projection(self, state: int, **fields: Any) -> AnswerSpec:
        """States and neighbours in two dimensions."""
        found = self._bench.plane(state=state, **fields)
        return AnswerSpec(0, projection=projection_spec(self._at(state), fields, found))

    def components(self, state: int, positions: Any, **fields: Any) -> AnswerSpec:
        """Components of the states over positions."""
        found = self._bench.components(state=state, positions=positions or (), **fields)
        return AnswerSpec(0, components=components_spec(self._at(state), fields, found))

    def replacements(self, state: int, **fields: Any) -> AnswerSpec:
        """Near words tried in a source token's place."""
        found = self._bench.replacements(state=state, **fields)
        return AnswerSpec(0, replacements=replacements_spec(self._at(state), fields, found))

    def _at(self, state: int) -> State:
        return self._bench.at(state)

    def _offer(self) -> NeighboursOfferSpec | None:
        found = self._bench.neighbours
        if found is None:
            return None
        texts, states = found.sizes()
        streams = {name: list(layers) for name, layers in found.streams().items()}
        return NeighboursOfferSpec(streams, texts, states, found.metric, found.methods())
