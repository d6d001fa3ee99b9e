"""The workbench as data: what its pictures show, what is asked of it, and what it answers; plain JSON, no arrays.

These dataclasses are the one definition; ``make spec`` writes them into ``web/src/spec.ts`` too. Nothing in them is
particular to a model or to a library, so that any back end can answer. Attention is not in here: a state says which
arrays hold it, and these are read a rectangle at a time as those of every view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from regard.axes import Kind
from regard.view.spec import AttentionSpec, ViewSpec

Side = Literal["source", "target"]
Change = Literal["move", "scale", "pin", "zero", "hide"]
"""What is done to a row of weights: ``move`` takes weight from ``keys`` to the keys ``to``; ``scale`` multiplies that
of ``keys`` and lets the others share the rest; ``pin`` gives the whole row; ``zero`` removes what ``keys`` pass on;
``hide`` hides ``keys`` before the softmax, so that the others share their mass."""

NodeStatus = Literal["start", "given", "kept", "pruned", "finished"]
"""``given``: forced, not searched; ``kept``: the search went on from it; ``pruned``: considered and dropped, or still
open when the search stopped; ``finished``: a whole hypothesis. The ``start`` holds no token."""


@dataclass(frozen=True)
class SequenceSpec:
    """One token sequence of a state; ``times`` are [start, end] in seconds of frames of sound, ``places`` [image, row,
    column] of patches of pictures (nothing where the tokens are words). ``special`` are positions."""

    ids: list[int] | None
    labels: list[str]
    pieces: list[str]
    special: list[int]
    times: list[list[float]] | None
    places: list[list[int]] | None
    text: str


@dataclass(frozen=True)
class PredictedSpec:
    """A token that could come next, with the natural logarithm of its probability (nothing: impossible)."""

    id: int
    label: str
    piece: str
    log_p: float | None


@dataclass(frozen=True)
class StepSpec:
    """One output step: what was chosen, its rank among all tokens (0: likeliest), and the likeliest ones.

    ``query`` is the row of the decoder's (and cross) attention that chose it, ``edits`` the numbers of the state's
    edits of that row. ``forced``: given by somebody, not chosen by the search. ``entropy`` in nats.
    """

    query: int
    chosen: PredictedSpec
    rank: int
    top: list[PredictedSpec]
    entropy: float
    forced: bool
    edits: list[int]


@dataclass(frozen=True)
class NodeSpec:
    """One token of the search tree: ``id`` is its place in the list, ``parent`` the node before it.

    ``log_p`` is its own, ``total`` the sum from the start, ``score`` what the search ranked a finished one by
    (``total`` over length to the power of the length penalty). ``rank`` is its place among all tokens after its parent
    (0: likeliest), ``place`` that among the candidates of its step, ``winner`` whether it is on the path of the answer.
    """

    id: int
    parent: int | None
    step: int
    token: int
    label: str
    piece: str
    log_p: float | None
    total: float | None
    score: float | None
    rank: int
    place: int
    status: NodeStatus
    winner: bool


@dataclass(frozen=True)
class AttentionEditSpec:
    """A change of the attention with which one output ``step`` is chosen; ``layers`` and ``heads`` nothing: all.

    ``share`` is how much of the weight is moved (1: all), or the factor for ``scale``; ``row`` the weights of ``pin``.
    To ``move`` weight from no ``keys`` takes it from all but ``to``. With ``kind`` "encoder", ``step`` is a position of
    the source.
    """

    step: int
    kind: Kind
    change: Change
    keys: list[int]
    to: list[int]
    share: float
    row: list[float] | None
    layers: list[int] | None
    heads: list[int] | None


@dataclass(frozen=True)
class SettingsSpec:
    """How it is decoded: the number of beams (1: greedy), how many predictions are kept per step, the most tokens."""

    beams: int
    k: int
    max_new_tokens: int
    length_penalty: float


@dataclass(frozen=True)
class StateSpec:
    """One decoding and all that made it.

    ``parent`` is the state it was made from and ``made`` the request that made it, in words. ``start`` tokens are what
    the decoder begins with (an encoder-decoder's start token; of a decoder-only model the prompt, which is also the
    source); ``target`` are the chosen ones after them, as many as ``steps``. The arrays ``"<id>:<kind>.weights"``
    [layer, head, query, key] hold the attention as it was with the edits; queries and keys of ``attentions`` count the
    tokens that were read, ``start`` and all of ``target`` but the last. ``forced`` is how many of the first steps were
    given. ``alignment_heads`` are [layer, head] of cross attention heads known to align. ``ended``: the model ended its
    answer itself. ``unreached`` are the numbers of edits whose step the answer did not come to.
    """

    id: int
    name: str
    parent: int | None
    made: str
    source: SequenceSpec
    start: SequenceSpec
    target: SequenceSpec
    steps: list[StepSpec]
    tree: list[NodeSpec]
    edits: list[AttentionEditSpec]
    unreached: list[int]
    settings: SettingsSpec
    total: float | None
    score: float | None
    forced: int
    ended: bool
    attentions: list[AttentionSpec]
    alignment_heads: list[list[int]]


@dataclass(frozen=True)
class BranchSpec:
    """Another hypothesis of a state's tree, up to ``node``: its tokens and steps, and its attention as arrays
    ``"<state>-<node>:<kind>.weights"``."""

    state: int
    node: int
    target: SequenceSpec
    steps: list[StepSpec]
    total: float | None
    attentions: list[AttentionSpec]


@dataclass(frozen=True)
class SpanSpec:
    """One piece of a token diff: [start, stop) of the first sequence and of the second."""

    change: Literal["same", "replaced", "inserted", "deleted"]
    first: list[int]
    second: list[int]


@dataclass(frozen=True)
class ComparisonSpec:
    """Two states beside each other; differences are the second's number less the first's."""

    first: int
    second: int
    source: list[SpanSpec]
    target: list[SpanSpec]
    total: float | None
    score: float | None


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


@dataclass(frozen=True)
class HistorySpec:
    """One line of the history: its number, what it is called, what it was made from, its texts, its score."""

    id: int
    name: str
    parent: int | None
    made: str
    source: str
    target: str
    total: float | None
    score: float | None


@dataclass(frozen=True)
class WorkbenchSpec:
    """A session: every state by line, which is shown, which is pinned to be compared with, and the whole states that
    travel along (a page without Python has all of them).

    ``live``: requests are answered. ``can_edit_source``: the source is words (not sound or a picture).
    ``comparisons`` are those that a page without Python knows.
    """

    history: list[HistorySpec]
    current: int
    pinned: int | None
    comparison: ComparisonSpec | None
    can_undo: bool
    can_redo: bool
    live: bool
    can_edit_source: bool
    family: str
    encoder_decoder: bool
    states: list[StateSpec]
    comparisons: list[ComparisonSpec]
    neighbours: NeighboursOfferSpec | None


@dataclass(frozen=True)
class Seq2SeqSpec(ViewSpec):
    """The declaration of the workbench's view: that of any view, of the state shown, and the session."""

    workbench: WorkbenchSpec


@dataclass(frozen=True)
class RequestSpec:
    """What is asked of a workbench: an ``ask`` of :data:`ASKS`, and the fields that it takes.

    A number ``id`` comes back with the answer. A request that decodes takes the place of one that still runs.
    """

    id: int
    ask: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class AnswerSpec:
    """What a workbench answers: the session as it is now, without whole states but those in ``states`` that are new or
    asked for, and what was asked for. ``error`` says why nothing was done; ``cancelled``, that another request came.
    """

    id: int
    error: str | None = None
    cancelled: bool = False
    session: WorkbenchSpec | None = None
    comparison: ComparisonSpec | None = None
    branch: BranchSpec | None = None
    words: WordsSpec | None = None
    links: LinksSpec | None = None
    neighbours: NeighboursSpec | None = None
    projection: ProjectionSpec | None = None


@dataclass(frozen=True)
class ProgressSpec:
    """How far a decoding is: tokens so far, of at most so many."""

    id: int
    tokens: int
    most: int


ASKS: dict[str, dict[str, str]] = {
    "show": {"state": "int"},
    "translate": {"text": "str"},
    "replace_source": {"position": "int", "by": "int | str"},
    "insert_source": {"position": "int", "what": "int | str"},
    "delete_source": {"position": "int"},
    "force": {"step": "int", "token": "int | str"},
    "follow": {"node": "int"},
    "score": {"target": "str"},
    "begin": {"target": "str"},
    "edit_attention": {"edits": "list[AttentionEditSpec]"},
    "reset_attention": {"step": "int | None"},
    "settings": {"beams": "int", "k": "int", "max_new_tokens": "int"},
    "undo": {},
    "redo": {},
    "rename": {"state": "int", "name": "str"},
    "pin": {"state": "int | None"},
    "swap": {},
    "compare": {"first": "int", "second": "int"},
    "branch": {"state": "int", "node": "int"},
    "words": {"state": "int", "side": "str", "position": "int", "k": "int"},
    "links": {"state": "int", "heads": "list[pair] | None", "how": "str | None", "words": "bool | None"},
    "neighbours": {"state": "int", "stream": "str", "layer": "int", "position": "int", "k": "int"},
    "projection": {"state": "int", "stream": "str", "layer": "int", "method": "str", "k": "int"},
    "cancel": {},
}
"""Every request by name, with its fields. What follows a request that changes something is a new state."""
