"""What is found for a state of the workbench on request, as data: near states, projections, near words, word links."""

from __future__ import annotations

from dataclasses import dataclass

from regard.view.state_spec import SequenceSpec, Side


@dataclass(frozen=True)
class NeighboursOfferSpec:
    """What states can be asked for: their kinds with their layers, how many texts and states are indexed to be near to
    (none: only the answer's own), what distances are, and methods of projection (those that are not installed with how
    to get them)."""

    streams: dict[str, list[int]]
    texts: int
    states: int
    metric: str
    methods: dict[str, str | None]


@dataclass(frozen=True)
class NeighbourSpec:
    """A state of another text: which text, the position in which of its sides, how far it is, and the text itself.

    ``near`` are the positions of the state's own that it is near to, ``distances`` how far it is from each.
    """

    text: int
    side: Side
    position: int
    distance: float
    near: list[int]
    distances: list[float]
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
    in the plane mean, ``search`` how exact the neighbours are.
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
    search: str


@dataclass(frozen=True)
class ComponentsSpec:
    """The numbers of some ``dimensions`` of a state's vectors (of ``width`` numbers) at every position, ``values``
    [dimension, position]; those that ``change`` most come first.

    Between two ``positions``; from those of the state ``beside`` (``others``, [dimension, its position]), at the
    position named or over all; or, where neither is, over all positions.
    """

    state: int
    stream: str
    layer: int
    positions: list[int]
    dimensions: list[int]
    values: list[list[float]]
    change: list[float]
    width: int
    beside: int | None
    others: list[list[float]] | None


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
class ReplacementSpec:
    """A word tried in the place of a source token, the answer held: how much the attention of its steps changes (total
    variation distance, 0 to 1, of each of ``steps`` and as the mean), the ``step`` where it does most, and what it adds
    to the answer's log p (nothing: it becomes impossible)."""

    word: WordSpec
    attention: float
    step: int
    steps: list[float]
    total: float | None


@dataclass(frozen=True)
class ReplacementsSpec:
    """Words tried in the place of the source token at ``position``, by the change of attention of these ``heads``
    ([layer, head]; nothing: all), the largest first."""

    state: int
    position: int
    heads: list[list[int]] | None
    tried: list[ReplacementSpec]


@dataclass(frozen=True)
class AlignmentErrorSpec:
    """Links against gold ones (Och & Ney 2003): how many were found and are sure in gold; of the found ones, how many
    are sure, and sure or possible; ``rate`` is ``1 - (found_sure + found_possible) / (found + sure)``."""

    found: int
    sure: int
    found_sure: int
    found_possible: int
    rate: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class LinksSpec:
    """Word alignment read off cross attention: [source word, target word] numbers, also in the Pharaoh format.

    ``source_words`` and ``target_words`` are the positions of each word's tokens in ``source`` and ``target``;
    ``heads`` [layer, head] are those it was read off. ``words``: between words, not tokens. ``error`` is how far it is
    from the state's gold, where that is between the same.
    """

    state: int
    links: list[list[int]]
    source_words: list[list[int]]
    target_words: list[list[int]]
    heads: list[list[int]]
    how: str
    words: bool
    pharaoh: str
    error: AlignmentErrorSpec | None


@dataclass(frozen=True)
class FoundSpec:
    """What was computed of any state when somebody asked, the latest last."""

    words: list[WordsSpec]
    links: list[LinksSpec]
    neighbours: list[NeighboursSpec]
    projections: list[ProjectionSpec]
    components: list[ComponentsSpec]
    replacements: list[ReplacementsSpec]
