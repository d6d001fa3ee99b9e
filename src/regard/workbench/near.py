"""The states of an answer, as the model had them while it wrote, and those of a corpus that are nearest to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.errors import ArgumentError, not_one_of
from regard.experiment import editing
from regard.experiment.decoding.given import source_inputs
from regard.experiment.decoding.reading import reading_inputs
from regard.workbench.backend import Near, NearState, Neighbours, Plane
from regard.workbench.hugging_face import HuggingFace

if TYPE_CHECKING:
    from regard.corpus import Corpus, Neighbour, States
    from regard.record.record import Record
    from regard.workbench.state import State


class OwnStates:
    """The states of a workbench's answers in two dimensions, of any layer, where there is no corpus to compare with.

    The states are those of the model over the source and the tokens of the answer that it read, with the state's edits
    of attention in place. ``record()`` is an answer's attention, which has the layers' numbers.
    """

    metric = "cosine"
    corpus: Corpus | None = None

    def __init__(self, backend: HuggingFace, record: Callable[[], Record]) -> None:
        self._backend, self._record = backend, record
        self._states: dict[tuple[int, str], States] = {}

    def streams(self) -> dict[str, tuple[int, ...]]:
        """Kinds of state, each with its layers: 0 is the embeddings; of cross-attention, what each layer writes."""
        counts = {kind: len(attention.layers) for kind, attention in self._record().attentions.items()}
        found = {kind: tuple(range(counts[kind] + 1)) for kind in ("encoder", "decoder") if kind in counts}
        return found | ({"context": tuple(range(1, counts["cross"] + 1))} if "cross" in counts else {})

    def sizes(self) -> tuple[int, int]:
        """No texts and no states."""
        return 0, 0

    def nearest(self, state: State, *, stream: str, layer: int, position: int, k: int) -> Near:
        """Raises ``ArgumentError``: there is nothing to look in."""
        raise ArgumentError(
            "this workbench was made without a corpus to look for neighbours in: Workbench(..., neighbours=corpus) "
            "with one of regard.corpus.index"
        )

    def methods(self) -> dict[str, str | None]:
        """Methods of projection by name, and of those that are not installed how to get them."""
        from regard.corpus.plane import METHODS, missing

        return {method: missing(method) for method in METHODS}

    def vectors(self, state: State, *, stream: str, layer: int) -> np.ndarray:
        """The state's own states, [position, d_model]."""
        return self._checked(state, stream, layer).of(stream, layer)  # type: ignore[arg-type]

    def projected(
        self,
        state: State,
        *,
        stream: str,
        layer: int,
        method: str,
        k: int,
        progress: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Plane:
        """The state's states and the ``k`` nearest to each, in two dimensions; see :func:`regard.corpus.project`."""
        from regard.corpus import project

        own = self._checked(state, stream, layer)
        asked: dict[str, Any] = {"stream": stream, "layer": layer, "method": method}
        found = project(own, self.corpus, k=k, progress=progress, stop=stop, **asked)
        return Plane(
            own=tuple(_place(point) for point in found.points),
            found=tuple(_near(one.neighbour, one.positions, one.distances) for one in found.near),
            places=tuple(_place(one.point) for one in found.near),
            labels=found.labels,
            explained=found.explained,
            note=found.note,
            search=found.search,
        )

    def _checked(self, state: State, stream: str, layer: int) -> States:
        """The states of that kind and layer; raises ``ArgumentError`` for what there is not."""
        offer, whose = self.streams(), "here" if self.corpus is None else "in the corpus"
        if stream not in offer:
            raise not_one_of(f"kind of state {whose}", stream, offer)
        if layer not in offer[stream]:
            raise not_one_of(f"layer of the {stream} {whose}", layer, offer[stream])
        return self._kept(state, self._wanted(stream, layer))

    def _wanted(self, stream: str, layer: int) -> Mapping[Any, tuple[int, ...]]:
        """The layers that are read together."""
        return {stream: (layer,)}

    def _kept(self, state: State, layers: Mapping[Any, tuple[int, ...]]) -> States:
        """The hidden states of these layers of one state, which are read once."""
        with self._backend.lock:
            key = state.id, str(layers)
            if key not in self._states:
                self._states[key] = self._read(state, layers)
            return self._states[key]

    def _read(self, state: State, layers: Mapping[Any, tuple[int, ...]]) -> States:
        from regard.corpus.one_input import states_of

        model, tokenizer = self._backend.model, self._backend.tokenizer
        source = list(state.source) if isinstance(state.source, tuple) else state.source
        given = source_inputs(model, tokenizer, source)
        inputs = reading_inputs(model, tokenizer, given, state.decoding.start, state.target)
        edits = [edit for n, edit in enumerate(state.edits) if n not in state.decoding.unreached]
        changed = self._backend.edits(edits, state.source)
        with editing(model, *changed) if changed else nullcontext():
            return states_of(model, inputs, layers, tuple(layers))


class NearStates(OwnStates):
    """Finds the states of a corpus near to those of a workbench's state."""

    corpus: Corpus

    def __init__(self, corpus: Corpus, backend: HuggingFace, record: Callable[[], Record]) -> None:
        from regard.corpus.identity import Identity

        super().__init__(backend, record)
        corpus.model.check(Identity.of(backend.model, backend.tokenizer), corpus.path)
        self.corpus, self.metric = corpus, str(corpus.metric)

    def streams(self) -> dict[str, tuple[int, ...]]:
        """Kinds of state that are indexed, each with its layers."""
        return {str(stream): tuple(layers) for stream, layers in self.corpus.layers.items()}

    def sizes(self) -> tuple[int, int]:
        """How many texts and how many states are indexed."""
        return len(self.corpus.texts), len(self.corpus)

    def nearest(self, state: State, *, stream: str, layer: int, position: int, k: int) -> Near:
        """The ``k`` states nearest to one of the state's."""
        vectors = self.vectors(state, stream=stream, layer=layer)
        if not -len(vectors) <= position < len(vectors):
            raise ArgumentError(f"{stream} position {position} does not exist; there are {len(vectors)} tokens read")
        found = self.corpus.nearest(vectors[position], k, layer=layer, stream=stream)  # type: ignore[arg-type]
        own = (position % len(vectors),)
        return Near(tuple(_near(one, own, (one.distance,)) for one in found), found.note)

    def states(self, state: State) -> States:
        """The hidden states of one state, in the layers of the corpus."""
        return self._kept(state, self.corpus.layers)

    def _wanted(self, stream: str, layer: int) -> Mapping[Any, tuple[int, ...]]:
        return self.corpus.layers  # all in one pass


def near_states(neighbours: Any, backend: Any, record: Callable[[], Record]) -> Neighbours | None:
    """What finds neighbours, of a corpus of this model or of something that does it itself; without either the states
    of the answer alone, where the back end has states."""
    if neighbours is None:
        return OwnStates(backend, record) if isinstance(backend, HuggingFace) else None
    if isinstance(neighbours, Neighbours) and not hasattr(neighbours, "texts"):
        return neighbours
    if not hasattr(neighbours, "texts") or not isinstance(backend, HuggingFace):
        raise ArgumentError(
            f"neighbours must be a corpus (regard.corpus.open) of this model; got {type(neighbours).__name__}"
        )
    return NearStates(neighbours, backend, record)


def _near(found: Neighbour, own: Sequence[int], far: Sequence[float]) -> NearState:
    text, is_source = found.text, found.stream == "encoder"
    target = None if text.target is None else tuple(text.labels["decoder"])
    return NearState(
        text=text.number,
        side="source" if is_source or text.target is None else "target",
        position=found.position,
        distance=found.distance,
        source=tuple(text.labels["encoder" if text.target is not None else found.stream]),
        target=target,
        source_text=text.source,
        target_text=text.target,
        near=tuple(own),
        distances=tuple(far),
    )


def _place(point: Any) -> tuple[float, float]:
    return float(point[0]), float(point[1])
