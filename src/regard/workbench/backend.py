"""What a workbench needs of a model: the few things that another back end implements to take part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record.decoding import Decoding

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
        """A source in the form that is kept: a tuple of ids where it is words."""
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


@runtime_checkable
class Neighbours(Protocol):
    """Finds the states of other texts that are nearest to those of a decoding."""

    def streams(self) -> dict[str, tuple[int, ...]]:
        """Kinds of state that are indexed, each with its layers."""
        ...

    def sizes(self) -> tuple[int, int]:
        """How many texts and how many states are indexed."""
        ...

    def nearest(self, decoding: Decoding, *, stream: str, layer: int, position: int, k: int) -> list[Any]:
        """The ``k`` states nearest to one of the decoding's, the nearest first."""
        ...

    def projected(self, decoding: Decoding, *, stream: str, layer: int, method: str) -> list[Any]:
        """The decoding's states and their neighbours in two dimensions."""
        ...
