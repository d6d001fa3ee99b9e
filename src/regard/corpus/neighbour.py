"""What a search finds: the nearest states, each with its text, its position and its exact distance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from regard.corpus.hidden import Stream
from regard.corpus.settings import Check, Metric
from regard.corpus.text import Text
from regard.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A state of the corpus: its ``distance`` to the state asked about, and where it is from.

    ``token`` is the token read at its ``position``, ``next`` the one after it, which is what a decoder wrote there
    (``None`` at the end of the text).
    """

    distance: float
    stream: Stream
    layer: int
    position: int
    text: Text
    vector: np.ndarray = field(repr=False)

    @property
    def source(self) -> str:
        """What was read."""
        return self.text.source

    @property
    def target(self) -> str | None:
        """What was written, where there is a decoder of its own."""
        return self.text.target

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens of this state's stream as they are drawn."""
        return self.text.labels[self.stream]

    @property
    def token(self) -> str:
        """The token read at this position, as it is drawn."""
        return self.tokens[self.position]

    @property
    def next(self) -> str | None:
        """The token after it."""
        return self.around(1)

    def around(self, step: int) -> str | None:
        """The token ``step`` positions on (-1: the one before); ``None`` beyond the text."""
        place = self.position + step
        return self.tokens[place] if 0 <= place < len(self.tokens) else None

    def __str__(self) -> str:
        words = [f"[{token}]" if i == self.position else token for i, token in enumerate(self.tokens)]
        return f"{self.distance:.4f}  text {self.text.number}, {self.stream} layer {self.layer}: {' '.join(words)}"


@dataclass(frozen=True)
class NearText:
    """A text of the corpus by how many of its states are near: ``count`` of them, the nearest at ``distance``."""

    text: Text
    count: int
    distance: float


class Neighbours(Sequence[Neighbour]):
    """The nearest states, nearest first.

    ``metric`` names the distances, which are exact in any case. ``approximate`` says whether a nearer state can have
    been missed, and ``checks`` how often that was so when it was tried; ``searched`` is how many states there were to
    find.
    """

    def __init__(self, found: Iterable[Neighbour], metric: Metric, searched: int, checks: Sequence[Check] = ()) -> None:
        order = sorted(found, key=lambda n: (n.distance, n.stream, n.layer, n.text.number, n.position))
        self._found = tuple(order)
        self.metric, self.searched, self.checks = metric, searched, tuple(checks)

    @property
    def approximate(self) -> bool:
        """Whether an index was asked, which can miss a neighbour."""
        return bool(self.checks)

    @property
    def note(self) -> str:
        """How far these can be relied on, in words."""
        if not self.checks:
            return f"exact: compared with all {self.searched:,} states; {self.metric} distance"
        found = min(self.checks, key=lambda check: check.recall)
        return (
            f"approximate: an index of {self.searched:,} states, which found {found.recall:.1%} of the true {found.k} "
            f"nearest in a check of {found.queries} queries; {self.metric} distances are exact"
        )

    def texts(self) -> tuple[NearText, ...]:
        """The distinct texts that these states are from: those with most of them first, then the nearest."""
        groups: dict[int, list[Neighbour]] = {}
        for one in self:
            groups.setdefault(one.text.number, []).append(one)
        found = [NearText(group[0].text, len(group), group[0].distance) for group in groups.values()]
        return tuple(sorted(found, key=lambda near: (-near.count, near.distance)))

    @overload
    def __getitem__(self, index: int) -> Neighbour: ...
    @overload
    def __getitem__(self, index: slice) -> Neighbours: ...
    def __getitem__(self, index: int | slice) -> Neighbour | Neighbours:
        if isinstance(index, slice):
            return Neighbours(self._found[index], self.metric, self.searched, self.checks)
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return "\n".join([f"{len(self)} nearest states ({self.note})", *map(str, self)])


def distances(vector: np.ndarray, others: np.ndarray, metric: Metric) -> np.ndarray:
    """Exact distances [state] of a vector [d_model] to others [state, d_model], in float64.

    ``"cosine"`` is 1 - cos, from 0 (same direction) to 2; ``"l2"`` the Euclidean distance.

    >>> distances(np.array([1.0, 0.0]), np.array([[2.0, 0.0], [0.0, 3.0]]), "cosine").tolist()
    [0.0, 1.0]
    >>> distances(np.array([1.0, 0.0]), np.array([[4.0, 4.0]]), "l2").tolist()
    [5.0]
    """
    x, others = vector.astype(np.float64), others.astype(np.float64)
    if metric == "l2":
        return np.asarray(np.linalg.norm(others - x, axis=1))
    cosine = others @ x / (np.linalg.norm(others, axis=1) * np.linalg.norm(x))
    return np.asarray(np.clip(1 - cosine, 0, 2))


def check_vector(vector: object, metric: Metric) -> np.ndarray:
    """A query as float32 [d_model]; raises ``ArgumentError`` for one that has no neighbours."""
    detached = vector.detach().cpu().float() if hasattr(vector, "detach") else vector
    found = np.asarray(detached, dtype=np.float32)
    if found.ndim != 1 or not len(found):
        raise ArgumentError(f"a state is one vector [d_model]; got shape {list(found.shape)}")
    if not np.isfinite(found).all():
        raise ArgumentError("the state holds NaN or infinity, so nothing is near it")
    if metric == "cosine" and not found.any():
        raise ArgumentError("the state is all zeros: it has no direction, so no cosine distance to anything")
    return found
