"""One state of the workbench as data: tokens, steps with what else could have come, search, edits; two states compared.

Attention is not in here: a state says which arrays hold it, and these are read a rectangle at a time as those of every
view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regard.axes import Kind
from regard.view.spec import AttentionSpec

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
    column] of patches of pictures (nothing where the tokens are words). ``special`` are positions. Of a sound,
    ``levels`` is how loud each frame is (root mean square), ``seconds`` how long it is, and ``padding`` how many frames
    more were read after its end, which are not shown."""

    ids: list[int] | None
    labels: list[str]
    pieces: list[str]
    special: list[int]
    times: list[list[float]] | None
    places: list[list[int]] | None
    text: str
    levels: list[float] | None = None
    seconds: float | None = None
    padding: int = 0


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
    edits of that row. ``forced``: given by somebody, not chosen by the search. ``entropy`` in nats. ``drawn`` are the
    likeliest tokens, and the chosen one, of what it was drawn from (after temperature, top-k and the like).
    """

    query: int
    chosen: PredictedSpec
    rank: int
    top: list[PredictedSpec]
    entropy: float
    forced: bool
    edits: list[int]
    drawn: list[PredictedSpec] | None = None


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
    """How it is decoded: the number of beams (1: greedy), how many predictions are kept per step, the most tokens; and
    where tokens are drawn (``draws``), temperature, seed and the like by name."""

    beams: int
    k: int
    max_new_tokens: int
    length_penalty: float
    draws: dict[str, float] | None = None


@dataclass(frozen=True)
class GoldSpec:
    """Links [source, target] that annotators agree on (``sure``) and others that they allow (``possible``), between
    ``words`` or, where that is false, tokens; also in the Pharaoh format."""

    sure: list[list[int]]
    possible: list[list[int]]
    words: bool
    pharaoh: str


@dataclass(frozen=True)
class StateSpec:
    """One decoding and all that made it.

    ``parent`` is the state it was made from and ``made`` the request that made it, in words. ``start`` tokens are what
    the decoder begins with (an encoder-decoder's start token; of a decoder-only model the prompt, which is also the
    source); ``target`` are the chosen ones after them, as many as ``steps``. The arrays ``"<id>:<kind>.weights"``
    [layer, head, query, key] hold the attention as it was with the edits; queries and keys of ``attentions`` count the
    tokens that were read, ``start`` and all of ``target`` but the last. ``forced`` is how many of the first steps were
    given. ``alignment_heads`` are [layer, head] of cross attention heads known to align. ``ended``: the model ended its
    answer itself. ``unreached`` are the numbers of edits whose step the answer did not come to. ``gold`` is the word
    alignment that somebody gave this answer.
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
    gold: GoldSpec | None


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
