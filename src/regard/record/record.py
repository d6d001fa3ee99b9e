"""What was seen: the tokens, the model, and its attention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from regard.axes import KINDS, Kind
from regard.errors import ArgumentError, not_one_of
from regard.record.attention import Attention, LazyArray
from regard.record.display import display
from regard.record.generation import Generation
from regard.record.parts import Parts, parts
from regard.record.precision import Numbers, Precision
from regard.record.routing import Routing
from regard.record.tokens import Tokens


@dataclass(frozen=True)
class ModelInfo:
    """What is known of the model: its name, its family (``model_type``), and its class."""

    name: str = ""
    family: str = ""
    architecture: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """What was captured from one run of a model on one sequence: immutable and lazy.

    ``streams`` holds the token sequences by name (``"decoder"`` for a decoder-only model, ``"encoder"`` and
    ``"decoder"`` for an encoder-decoder, ``"vision"`` and ``"audio"`` for the towers of a multimodal model);
    ``attentions`` holds the attention by kind. ``generation`` is the answer that the model wrote, when it was captured
    writing one. ``precision`` says what was lost when numbers were rounded for a file; ``None``: nothing. ``routings``
    holds the experts that tokens were sent to, by stream, of a model that has such layers.
    """

    streams: Mapping[str, Tokens]
    attentions: Mapping[Kind, Attention]
    model: ModelInfo = field(default_factory=ModelInfo)
    generation: Generation | None = None
    precision: Precision | None = None
    routings: Mapping[str, Routing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.attentions:
            raise ArgumentError("a record needs at least one kind of attention; got none")
        for kind, attention in self.attentions.items():
            if kind not in KINDS:
                raise not_one_of("kind of attention", kind, KINDS)
            for stream, count in ((attention.query_stream, attention.queries), (attention.key_stream, attention.keys)):
                if stream not in self.streams:
                    raise not_one_of("token stream", stream, self.streams)
                Tokens.of(self.streams[stream], count, what=f"tokens of the {stream}")
        if self.generation is not None:
            self.generation.check(self.streams)
        for routing in self.routings.values():
            routing.check(self.streams)
        object.__setattr__(self, "routings", MappingProxyType(dict(self.routings)))
        object.__setattr__(self, "streams", MappingProxyType(dict(self.streams)))
        ordered = {kind: self.attentions[kind] for kind in KINDS if kind in self.attentions}
        object.__setattr__(self, "attentions", MappingProxyType(ordered))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kinds of attention in this record."""
        return tuple(self.attentions)

    def attention(self, kind: Kind | None = None) -> Attention:
        """The attention of that kind; the only one when there is one and none is named."""
        if kind is None:
            if len(self.attentions) > 1:
                raise ArgumentError(
                    f"this record has {' and '.join(self.kinds)} attention; "
                    f"say which: record.attentions[{self.kinds[0]!r}]"
                )
            kind = self.kinds[0]
        if kind not in self.attentions:
            raise not_one_of("kind of attention", kind, self.attentions)
        return self.attentions[kind]

    @property
    def tokens(self) -> Tokens:
        """The tokens, when there is one sequence; else use ``streams``."""
        if len(self.streams) > 1:
            raise ArgumentError(
                f"this record has several token sequences; use record.streams[...]: {list(self.streams)}"
            )
        return next(iter(self.streams.values()))

    @property
    def weights(self) -> LazyArray:
        """Weights of the only kind of attention, [layer, head, query, key], computed where read."""
        return self.attention().weights

    def parts(self, layer: int, head: int, query: int, keys: Any = None, *, kind: Kind | None = None) -> Parts:
        """One query's weights taken apart into every term they are made from; see :func:`regard.record.parts`."""
        return parts(self.attention(kind).layer(layer), head, query, keys)

    @property
    def routing(self) -> Routing:
        """Which experts each token was sent to, layer by layer; of the only sequence that has such layers."""
        if not self.routings:
            raise ArgumentError(
                "this record has no router choices: the model has no layers with experts that regard knows, or they "
                "were not captured"
            )
        if len(self.routings) > 1:
            raise ArgumentError(
                f"this record has router choices of several sequences; use record.routings[...]: {list(self.routings)}"
            )
        return next(iter(self.routings.values()))

    @property
    def nbytes(self) -> int:
        """Bytes that the attention takes."""
        return sum(attention.nbytes for attention in self.attentions.values())

    def save(self, path: str | Path, *, precision: Numbers = "stored") -> Path:
        """Write this record to a ``.regard`` file, atomically; ``regard.open(path)`` reads it.

        ``precision="float16"`` or ``"int8"`` makes the file smaller (see :func:`regard.record.save`).
        """
        from regard.record.file import save

        return save(self, path, precision=precision)

    def export(self, path: str | Path, **options: Any) -> Path:
        """Write this record for another program: .npz, .safetensors, .parquet, .arrow or .json.

        Options are those of :func:`regard.record.export.export`.
        """
        from regard.record.export import export

        return export(self, path, **options)

    def __repr__(self) -> str:
        return str(display("text", self, fallback=self._line()))

    def _line(self) -> str:
        sizes = ", ".join(f"{k} {list(a.weights.shape)}" for k, a in self.attentions.items())
        return f"<Record {self.model.name or 'without a model'}: weights [layer head query key] {sizes}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return dict(display("notebook", self, fallback={"text/plain": repr(self)}))
