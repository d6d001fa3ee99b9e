"""What a model decoded: the answer step by step, what else each step could have chosen, and the search behind it.

Nothing here is particular to a model or a library: another back end makes these objects from what it knows, and every
view of them works.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from regard.errors import ArgumentError, not_one_of
from regard.record.generation import Choices, Generation
from regard.record.shortened import shortened
from regard.record.tokens import Tokens

if TYPE_CHECKING:
    from regard.record.record import Record

Status = Literal["start", "given", "kept", "pruned", "finished"]


@dataclass(frozen=True)
class Predicted:
    """A token that could come next: its text, how it is drawn, and the natural logarithm of its probability."""

    id: int
    piece: str
    label: str
    log_p: float


@dataclass(frozen=True)
class Predictions:
    """What a hypothesis could go on with: its likeliest tokens, likeliest first, and the entropy in nats."""

    top: tuple[Predicted, ...]
    entropy: float


@dataclass(frozen=True)
class Drawn:
    """What a token was drawn from: predictions after every processor (temperature, top-k, top-p, penalties), and the
    ``token`` itself with its log-probability there."""

    token: Predicted
    predictions: Predictions


@dataclass(frozen=True)
class Node:
    """One token of a search tree.

    ``total`` is the sum of log-probabilities from the start, ``score`` what the search ranks a finished hypothesis by
    (``total / length ** length_penalty``; ``None`` where it is not finished), ``rank`` the place of the token among all
    that could follow its parent (0: the likeliest), ``place`` that among the candidates of its step.

    ``given``: forced, not searched for; ``kept``: the search went on from it; ``pruned``: considered and dropped, or
    still open when the search ended; ``finished``: a whole hypothesis. The ``start`` holds no token.
    """

    id: int
    parent: int | None
    step: int
    token: Predicted | None
    total: float
    rank: int
    place: int
    status: Status
    score: float | None = None


@dataclass(frozen=True)
class Tree:
    """Every hypothesis that a beam search explored: ``nodes[i].id == i``, a parent before its children.

    ``winner`` is the node that the answer ends in; ``predictions`` hold what each hypothesis that ran could have
    gone on with.
    """

    nodes: tuple[Node, ...]
    winner: int
    predictions: Mapping[int, Predictions]

    def path(self, node: int) -> tuple[Node, ...]:
        """The nodes from the first token to this one; raises ``ArgumentError`` for a node that is not there."""
        if not 0 <= node < len(self.nodes):
            raise not_one_of("node", node, range(len(self.nodes)))
        found: list[Node] = []
        at: int | None = node
        while at is not None:
            found.append(self.nodes[at])
            at = self.nodes[at].parent
        return tuple(found[-2::-1])

    def children(self, node: int) -> tuple[Node, ...]:
        """The nodes after this one, the best first."""
        return tuple(one for one in self.nodes if one.parent == node)

    @property
    def finished(self) -> tuple[Node, ...]:
        """Whole hypotheses, the best score first."""
        found = [node for node in self.nodes if node.status == "finished"]
        return tuple(sorted(found, key=lambda node: -(node.score if node.score is not None else node.total)))

    def text(self, node: int) -> str:
        """The tokens from the first one to this node, as text."""
        return "".join(one.token.piece for one in self.path(node) if one.token is not None)


@dataclass(frozen=True)
class Chosen:
    """One step of an answer: the token that was chosen, its rank among all tokens (0: the likeliest), what else there
    was, and whether it was ``forced`` by the caller. ``query`` is the row of attention that chose it; ``drawn``: what
    it was drawn from, where it was."""

    query: int
    token: Predicted
    rank: int
    predictions: Predictions
    forced: bool
    drawn: Drawn | None = None


@dataclass(frozen=True, eq=False)
class Decoding:
    """One answer of a model to one source, and how it came about.

    ``source`` is what the encoder read (of a model without one, the prompt); ``start`` what the decoder began with
    before its first choice (its start token, or the prompt); ``target`` every token chosen after that. ``settings`` are
    the numbers it was decoded with (``beams``, ``k``, ``max_new_tokens``, ``length_penalty``), ``score`` is what the
    search ranked it by. ``forced`` is how many tokens were given; ``ended`` says whether the model ended it.
    ``padding`` is how many tokens more the encoder read after the ``source`` (a sound that was filled up with silence):
    they are in the record and can be attended to, and are nothing to look at. ``drawn`` is, of an answer whose tokens
    were drawn, what each was drawn from. ``alignment_heads`` [layer, head] are of cross attention that is known to
    align; ``unreached`` are the numbers of edits whose step the answer did not come to. Attention is read when it is
    asked for (:meth:`record`).
    """

    source: Tokens
    start: Tokens
    target: Tokens
    tree: Tree
    settings: Mapping[str, float]
    score: float | None
    forced: int
    ended: bool
    kind: str
    alignment_heads: tuple[tuple[int, int], ...] = ()
    unreached: tuple[int, ...] = ()
    padding: int = 0
    drawn: tuple[Drawn, ...] = ()
    read: Callable[[tuple[int, ...]], Record] | None = field(default=None, repr=False)
    _records: dict[int, Record] = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        """The answer without special tokens."""
        pairs = zip(self.target.pieces, self.target.special, strict=True)
        return "".join(piece for piece, special in pairs if not special)

    @property
    def total(self) -> float:
        """The sum of log-probabilities of all its tokens."""
        return self.tree.nodes[self.tree.winner].total

    @property
    def steps(self) -> tuple[Chosen, ...]:
        """The answer's steps."""
        return self.steps_of(self.tree.winner)

    def steps_of(self, node: int) -> tuple[Chosen, ...]:
        """The steps of any hypothesis of the tree, up to ``node``."""
        found = []
        for one in self.tree.path(node):
            assert one.token is not None
            assert one.parent is not None
            predictions = self.tree.predictions[one.parent]
            query = len(self.start) - 1 + one.step
            drawn = self.drawn[one.step] if node == self.tree.winner and self.drawn else None
            found.append(Chosen(query, one.token, one.rank, predictions, one.step < self.forced, drawn))
        return tuple(found)

    @property
    def looked_at(self) -> Mapping[int, Record]:
        """The attention of hypotheses other than the answer that was read so far, by node."""
        return {node: record for node, record in self._records.items() if node != self.tree.winner}

    def is_read(self, branch: int | None = None) -> bool:
        """Whether that attention was read before, so that it is at hand."""
        return (self.tree.winner if branch is None else branch) in self._records

    def record(self, branch: int | None = None) -> Record:
        """The attention with which the answer was written, or any hypothesis of the tree up to the node ``branch``.

        Its queries are the tokens that were read: ``start`` and all but the last of the hypothesis; query
        ``len(start) - 1 + step`` chose the token of that step. Rows of edited attention are those that were used.
        """
        node = self.tree.winner if branch is None else branch
        path = self.tree.path(node)
        if self.read is None:
            raise ArgumentError("this decoding was made without a way to read its attention")
        if not path:
            raise ArgumentError("the start of the tree has no token yet, so nothing was read for it; name a later node")
        if node not in self._records:
            found = self.read(tuple(one.token.id for one in path if one.token is not None))
            self._records[node] = replace(found, generation=self._generation(found, node))
        return self._records[node]

    def shown(self, branch: int | None = None) -> Record:
        """The record without the ``padding``: what of it there is to look at. Weights are as they were, so that a row
        sums to one less what it gave to padding."""
        record = self.record(branch)
        return shortened(record, "encoder", len(self.source)) if self.padding else record

    def _generation(self, record: Record, node: int) -> Generation | None:
        """What each step chose from, for the generation view; nothing where a back end does not know tokens by id."""
        path = [one for one in self.tree.path(node) if one.token is not None]
        steps = self.steps_of(node)
        border, stream = len(self.start), record.attentions[record.kinds[-1]].query_stream
        if len(record.streams[stream]) != border + len(path) - 1:
            return None
        tokens = [one.token for one in path if one.token is not None]
        return Generation(
            stream,
            border,
            _tokens(tokens),
            _choices(steps),
            _drawn_choices(steps),
            score=self.score if node == self.tree.winner else None,
            rerun=True,
        )


def _tokens(found: Sequence[Predicted]) -> Tokens:
    ids = np.array([one.id for one in found], dtype=np.int64)
    return Tokens(tuple(one.piece for one in found), tuple(one.label for one in found), ids)


def _choices(steps: Sequence[Chosen]) -> Choices:
    """The likeliest tokens of each step, as many as the step with most has; impossible ones have -inf."""
    k = max((len(step.predictions.top) for step in steps), default=0)
    rows = [[*step.predictions.top, *[_never(step)] * (k - len(step.predictions.top))] for step in steps]
    table = np.array([[one.log_p for one in row] for row in rows], dtype=np.float32).reshape(len(rows), k)
    chosen = np.array([step.token.log_p for step in steps], dtype=np.float32)
    return Choices(_tokens([one for row in rows for one in row]), table, chosen)


def _drawn_choices(steps: Sequence[Chosen]) -> Choices | None:
    """The same of what tokens were drawn from."""
    if not steps or any(step.drawn is None for step in steps):
        return None
    drawn = [(step, step.drawn) for step in steps if step.drawn is not None]
    return _choices([replace(step, token=one.token, predictions=one.predictions) for step, one in drawn])


def _never(step: Chosen) -> Predicted:
    return replace(step.token, log_p=-math.inf)
