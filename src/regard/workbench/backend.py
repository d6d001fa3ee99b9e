"""What a workbench needs of a model: the few things that another back end implements to take part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record.decoding import Decoding
from regard.view.state_spec import Side

CHANGES: tuple[str, ...] = ("move", "scale", "pin", "zero", "hide")


@dataclass(frozen=True)
class AttentionEdit:
    """A change of the attention with which the output ``step`` is chosen, at some layers and heads (``None``: all).

    ``change="move"`` takes ``share`` of the weight of ``keys`` (none named: of all others) and gives it to the keys
    ``to``, in equal parts. ``"scale"`` multiplies the weight of ``keys`` by ``share`` and lets the others share the
    rest. ``"pin"`` gives the whole ``row``. ``"zero"`` removes what ``keys`` pass on, ``"hide"`` hides them before the
    softmax. Of ``kind="encoder"``, ``step`` is a position of the source.
    """

    step: int
    change: str = "move"
    keys: Sequence[int] = ()
    to: Sequence[int] = ()
    share: float = 1.0
    row: Sequence[float] | None = None
    kind: Kind | None = None
    layers: Sequence[int] | None = None
    heads: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if self.change not in CHANGES:
            raise not_one_of("change of attention", self.change, CHANGES)
        for name in ("keys", "to", "row", "layers", "heads"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else tuple(value))
        needs = {"move": ("to",), "pin": ("row",)}.get(self.change, ("keys",))
        missing = [name for name in needs if not getattr(self, name)]
        if missing:
            raise ArgumentError(f"to {self.change} attention needs {missing[0]}=")
        for name in ("layers", "heads"):
            if getattr(self, name) == ():
                raise ArgumentError(f"{name} is an empty list; name at least one, or leave it out for all")


@dataclass(frozen=True)
class Word:
    """A word of the vocabulary near another: cosine similarity of embeddings, and a place on a map of two axes."""

    id: int
    piece: str
    label: str
    similarity: float
    x: float
    y: float


@runtime_checkable
class Backend(Protocol):
    """A model that decodes. ``source`` is whatever :meth:`given` made; ids are the model's token numbers.

    Everything that cannot be done raises a ``RegardError`` that says why; ``stop()`` that says yes ends a decoding
    with one too. Another back end needs nothing of this package but the dataclasses of ``regard.record.decoding``.
    """

    family: str
    encoder_decoder: bool

    def given(self, source: Any) -> Any:
        """A source in the form that is kept: a tuple of ids where it is words, a ``Sound`` where it is one."""
        ...

    def text(self, ids: Sequence[int]) -> str:
        """Tokens as text, without special ones."""
        ...

    def ids_of(self, what: int | str) -> list[int]:
        """The tokens of an id or of a piece of text."""
        ...

    def target_ids(self, text: str, *, ended: bool) -> list[int]:
        """The tokens of a target text, with the end token where it is ``ended``."""
        ...

    def decode(
        self,
        source: Any,
        *,
        forced: Sequence[int],
        edits: Sequence[AttentionEdit],
        settings: dict[str, Any],
        progress: Callable[[int, int], None] | None,
        stop: Callable[[], bool],
    ) -> Decoding:
        """The answer to a source."""
        ...

    def words(self, token: int, *, source: bool, k: int) -> list[Word]:
        """The words whose embeddings are nearest to that of a token, of the source's or the target's vocabulary."""
        ...


@dataclass(frozen=True)
class NearState:
    """A state of another text that is near: ``side`` and ``position`` of which token, what was read and written there
    (labels), and the positions of the workbench's own state that it is ``near`` to, ``distances`` from each."""

    text: int
    side: Side
    position: int
    distance: float
    source: tuple[str, ...]
    target: tuple[str, ...] | None
    source_text: str
    target_text: str | None
    near: tuple[int, ...] = ()
    distances: tuple[float, ...] = ()


@dataclass(frozen=True)
class Near:
    """The states nearest to one, the nearest first, and how exact that is, in words."""

    found: tuple[NearState, ...]
    note: str


@dataclass(frozen=True)
class Plane:
    """States in two dimensions: ``own`` [position] in order, and ``found`` neighbours with their ``places``; what
    distances there mean (``note``), and how exact the ``search`` was."""

    own: tuple[tuple[float, float], ...]
    found: tuple[NearState, ...]
    places: tuple[tuple[float, float], ...]
    labels: tuple[str, ...]
    explained: tuple[float, ...] | None
    note: str
    search: str = ""


@runtime_checkable
class Neighbours(Protocol):
    """Finds the states of other texts that are nearest to those of a workbench's state.

    ``stream`` is a kind of state (``"encoder"``, ``"decoder"``, ``"context"``); positions count the tokens read.
    """

    metric: str

    def streams(self) -> dict[str, tuple[int, ...]]:
        """Kinds of state that are indexed, each with its layers."""
        ...

    def sizes(self) -> tuple[int, int]:
        """How many texts and how many states are indexed."""
        ...

    def methods(self) -> dict[str, str | None]:
        """Methods of projection by name, and of those that are not installed how to get them."""
        ...

    def vectors(self, state: Any, *, stream: str, layer: int) -> np.ndarray:
        """The state's own states, [position, d_model]."""
        ...

    def nearest(self, state: Any, *, stream: str, layer: int, position: int, k: int) -> Near:
        """The ``k`` states nearest to one of the state's."""
        ...

    def projected(
        self,
        state: Any,
        *,
        stream: str,
        layer: int,
        method: str,
        k: int,
        progress: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Plane:
        """The state's states and the ``k`` nearest to each, in two dimensions; ``stop()`` that says yes ends it with a
        ``StoppedError``."""
        ...
