"""The picture that a report is about: which layers, heads and queries it shows, its row, and what may be tested."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.capture.run import capture
from regard.errors import ArgumentError
from regard.experiment.layout import Site
from regard.experiment.places import Numbers, check_numbers, numbers
from regard.experiment.question import Question
from regard.measure.mass import sink
from regard.record import Record
from regard.record.tokens import Tokens

Parked = Literal["", "special", "first", "small"]
"""Why a token's attention counts as parked: it is special, it is the first one of a causal model and a sink, or what it
passes on is small."""

SINK = 0.3
"""A key is a sink when the mean weight that queries give it is above this (Gu et al. 2024)."""

FLAT = 1.5
"""Below so many times the mean weight of the others, the brightest token does not stand out."""

SMALL_SHARE, HELD_SHARE = 0.25, 0.1
"""A key that holds a tenth of the row passes on little when its share of what is passed on is a quarter of that."""


@dataclass(frozen=True, eq=False)
class Choice:
    """Which (layer, head) pairs and queries of one kind of attention make the picture.

    ``why``: as the ``"view"`` shows them, as ``"asked"``, or by ``"default"``.
    """

    kind: Kind
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    queries: tuple[int, ...]
    whole_layers: bool
    every_layer: bool
    all_queries: bool
    why: str

    def edited(self, scope: str) -> dict[str, Any]:
        """An edit's arguments for these rows: in the picture (``"view"``), in its ``"layer"``, or in ``"all"``."""
        query = None if self.all_queries else self.queries
        layer = None if scope == "all" else self.layers
        head = self.heads if scope == "view" else None
        return {"kind": self.kind, "layer": layer, "head": head, "query": query}

    def same_as(self, scope: str) -> str:
        """The narrowest scope that cuts the same edges, so that none is measured twice."""
        if scope == "all" and self.every_layer:
            scope = "layer"
        return "view" if scope == "layer" and self.whole_layers else scope


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture's weights [layer, head, query, key], their mean ``row`` [key], and what stands behind it.

    ``written`` is each key's share of what the row passes on, ``Σ a ‖W v‖`` (or ``Σ a ‖v‖``; ``of`` says which), or
    ``None`` where values were not seen. ``parked`` says why a key counts as parked, ``own`` is the key that is the
    query itself, ``seen`` which keys the row may look at.
    """

    choice: Choice
    tokens: Tokens
    weights: Float[np.ndarray, "layer head query key"]
    row: Float[np.ndarray, " key"]
    written: Float[np.ndarray, " key"] | None
    of: str
    parked: tuple[Parked, ...]
    own: int | None

    @property
    def seen(self) -> list[int]:
        """Keys with any weight."""
        return np.flatnonzero(self.weights.max((0, 1, 2)) > 0).tolist()

    @property
    def ordinary(self) -> list[int]:
        """The keys whose tokens are tested, brightest first: not special, no sink at the first one, not the query."""
        free = [key for key in self.seen if self.parked[key] in ("", "small") and key != self.own]
        return sorted(free, key=lambda key: (-round(float(self.row[key]), 9), key))

    @property
    def flat(self) -> bool:
        """Whether no token stands out: the brightest has less than half more than the mean of those to be tested."""
        weights = self.row[self.ordinary]
        return len(weights) > 1 and float(weights.max()) < FLAT * float(weights.mean())

    @property
    def bright_parked(self) -> list[int]:
        """Special keys and a first one that is a sink, where they hold more than an even share, brightest first."""
        even = float(self.row.sum()) / max(1, len(self.seen))
        found = [key for key in self.seen if self.parked[key] in ("special", "first") and self.row[key] > even]
        return sorted(found, key=lambda key: (-float(self.row[key]), key))


def choice_of(
    question: Question, view: Any, layer: Numbers, heads: Numbers, query: Numbers, kind: Kind | None
) -> Choice:
    """What is shown: as ``view`` shows it, as named, or else the last layer, all heads, and the row that predicts.

    Raises ``ArgumentError`` for layers, heads, queries and kinds that do not exist.
    """
    state = _state(view)
    why = "view" if state is not None else "asked"
    if state is not None:
        kind = kind or state.kind
        layer = state.layer if layer is None else layer
        heads = state.heads if heads is None else heads
        query = state.query if query is None else query
    layout = question.passes.layout
    kind = kind or ("cross" if "cross" in layout.counts else None)
    sites = {site.layer: site for site in layout.of_kind(kind)}
    if layer is None:
        layer, why = max(sites), "default"
    layers = [number for number in numbers("layer", layer, layout.counts[_kind(sites)]) if number in sites]
    if not layers:
        raise ArgumentError(f"layer {layer!r} has no attention that can be edited; layers that have: {sorted(sites)}")
    first = sites[layers[0]]
    chosen = numbers("head", check_numbers("heads", heads), min(sites[number].heads for number in layers))
    queries = _queries(question, first, query)
    return Choice(
        kind=first.kind,
        layers=tuple(layers),
        heads=tuple(chosen),
        queries=tuple(queries),
        whole_layers=len(chosen) == max(sites[number].heads for number in layers),
        every_layer=len(layers) == len(sites),
        all_queries=len(queries) == first.queries,
        why=why,
    )


def picture_of(question: Question, choice: Choice) -> Picture:
    """The picture, from one run of the model that keeps the layers it shows."""
    record = _captured(question, choice.layers)
    attention = record.attention(choice.kind)
    weights = _weights(record, choice)
    tokens = record.streams[attention.key_stream]
    row = weights.mean((0, 1, 2))
    written, of = _written(record, choice, weights)
    single = attention.is_self and len(choice.queries) == 1
    causal = question.passes.layout.of_kind(choice.kind)[0].causal
    sink = causal and attention.is_self and _first_is_sink(record, choice)
    parked = tuple(_parked(key, tokens, row, written, sink) for key in range(len(row)))
    return Picture(choice, tokens, weights, row, written, of, parked, choice.queries[0] if single else None)


def check_same(record: Record, picture: Picture) -> None:
    """Raises ``ArgumentError`` when a record holds other weights than the model gives, so that it is of another run."""
    found = _weights(record, picture.choice)[..., : len(picture.row)]
    wrong = float(np.abs(found - picture.weights).max()) if found.shape == picture.weights.shape else 1.0
    if wrong > _SAME:
        raise ArgumentError(
            f"the record's weights differ from those that this model gives by {wrong:.2g}: it is of another model, or "
            "of other inputs. Capture it again, or leave it out and pass the text"
        )


_SAME = 0.05
_MOST = 1 << 26


def _weights(record: Record, choice: Choice) -> Float[np.ndarray, "layer head query key"]:
    attention = record.attention(choice.kind)
    if len(choice.layers) * len(choice.heads) * len(choice.queries) * attention.keys > _MOST:
        raise ArgumentError(
            f"a report over {len(choice.queries)} queries of {attention.keys} keys is too large; name query="
        )
    rows = slice(choice.queries[0], choice.queries[-1] + 1)
    within = [query - rows.start for query in choice.queries]
    found = []
    for number in choice.layers:
        layer = attention.layer(number)
        heads = [layer.read("weights", (slice(h, h + 1), rows, slice(0, layer.keys)))[0] for h in choice.heads]
        found.append(np.stack(heads)[:, within])
    return np.stack(found).astype(np.float64)


def _captured(question: Question, layers: Sequence[int]) -> Record:
    given = {name: value for name, value in question.inputs.arguments.items() if name != "logits_to_keep"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="values=True")
        record = capture(question.model, question.tokenizer, layers=list(layers), values=True, **given)
    assert isinstance(record, Record)
    return record


def _written(
    record: Record, choice: Choice, weights: Float[np.ndarray, "layer head query key"]
) -> tuple[Float[np.ndarray, " key"] | None, str]:
    """Each key's share of ``Σ a ‖W v‖`` over the picture, and which length it was measured by."""
    layers = [record.attention(choice.kind).layer(number) for number in choice.layers]
    of = next((name for name in ("write_norm", "value_norm") if all(name in layer.arrays() for layer in layers)), "")
    if not of:
        return None, ""
    total = np.zeros(weights.shape[-1])
    for at, layer in enumerate(layers):
        group = layer.heads // layer.shape(of)[0]
        norms = layer.read(of, tuple(slice(0, size) for size in layer.shape(of)))
        for i, head in enumerate(choice.heads):
            total += weights[at, i].sum(0) * norms[head // group]
    return (total / total.sum() if total.sum() > 0 else None), of


def _parked(key: int, tokens: Tokens, row: np.ndarray, written: np.ndarray | None, first: bool) -> Parked:
    if tokens.special[key]:
        return "special"
    if key == 0 and first:
        return "first"
    share = row[key] / max(float(row.sum()), 1e-12)
    if written is not None and share >= HELD_SHARE and written[key] < SMALL_SHARE * share:
        return "small"
    return ""


def _first_is_sink(record: Record, choice: Choice) -> bool:
    """Whether the queries give the first key more than ``SINK`` on average, in the picture's heads."""
    attention = record.attention(choice.kind)
    if attention.queries < 2:
        return False
    given = [sink(record, choice.kind)[number, head] for number in choice.layers for head in choice.heads]
    return float(np.mean(given)) > SINK


def _queries(question: Question, site: Site, query: Numbers) -> list[int]:
    if query is not None:
        return numbers("query", query, site.queries)
    if (question.position is not None and site.kind != "encoder") or _reads_one(question):
        place = question.position if question.position is not None else (site.queries - 1 if site.causal else 0)
        return numbers("query", place, site.queries)
    return list(range(site.queries))


def _reads_one(question: Question) -> bool:
    """Whether the output is read at one token: a masked one, or the one that a classifier reads."""
    return question.baseline is not None and not question.inputs.encoder_decoder


def _kind(sites: dict[int, Site]) -> Kind:
    return next(iter(sites.values())).kind


def _state(view: Any) -> Any:
    if view is None:
        return None
    found = getattr(getattr(view, "selection", None), "state", None)
    if found is None:
        raise ArgumentError(f"view must be a view such as regard.head_view(record); got {type(view).__name__}")
    return found
