"""What is found for a state of the workbench on request, as data: near states, a projection, near words, word links."""

from __future__ import annotations

from dataclasses import dataclass

from regard.view.state_spec import SequenceSpec, Side


@dataclass(frozen=True)
class NeighboursOfferSpec:
    """What nearest states can be asked for: kinds of state with their layers, how many texts and states are indexed,
    and what distances are."""

    streams: dict[str, list[int]]
    texts: int
    states: int
    metric: str


@dataclass(frozen=True)
class NeighbourSpec:
    """A state of another text: which text, the position in which of its sides, how far it is, and the text itself.

    ``near`` are the positions of the state's own that it is near to.
    """

    text: int
    side: Side
    position: int
    distance: float
    near: list[int]
    source: SequenceSpec
    target: SequenceSpec | None


@dataclass(frozen=True)
class NeighboursSpec:
    """The states nearest to one of a state's own, the nearest first. ``position`` counts the tokens read: of the
    decoder, ``start`` and then the answer's. ``note`` says in words how exact this is."""

    state: int
    stream: str
    layer: int
    position: int
    found: list[NeighbourSpec]
    note: str


@dataclass(frozen=True)
class PointSpec:
    """A point of a projection: the state's own at a position (``own``), or a neighbour (its place in ``found``)."""

    x: float
    y: float
    own: int | None
    neighbour: int | None


@dataclass(frozen=True)
class ProjectionSpec:
    """States and their neighbours in two dimensions; the points with ``own`` in order are the trajectory.

    ``explained`` is the share of the variance along each axis, where the method knows it; ``note`` says what distances
    in the plane mean.
    """

    state: int
    stream: str
    layer: int
    method: str
    points: list[PointSpec]
    found: list[NeighbourSpec]
    labels: list[str]
    explained: list[float] | None
    note: str


@dataclass(frozen=True)
class WordSpec:
    """A word of the vocabulary near another: cosine similarity of their embeddings, and a place on a small map."""

    id: int
    label: str
    piece: str
    similarity: float
    x: float
    y: float


@dataclass(frozen=True)
class WordsSpec:
    """The words nearest to the token at ``position`` of one side of a state."""

    state: int
    side: Side
    position: int
    words: list[WordSpec]


@dataclass(frozen=True)
class LinksSpec:
    """Word alignment read off cross attention: [source word, target word] numbers, also in the Pharaoh format.

    ``source_words`` and ``target_words`` are the positions of each word's tokens in ``source`` and ``target``;
    ``heads`` [layer, head] are those it was read off.
    """

    state: int
    links: list[list[int]]
    source_words: list[list[int]]
    target_words: list[list[int]]
    heads: list[list[int]]
    how: str
    pharaoh: str
