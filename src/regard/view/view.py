"""What all views share: a record, a choice of layers and heads, a selection, and the doors to hosts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record import Attention, Layer, Record, Slices, overview
from regard.record.display import display, targets
from regard.view.effect import Effect, effects_of
from regard.view.follow import heads_at
from regard.view.selection import Selection
from regard.view.spec import (
    VERSION,
    AttentionSpec,
    Language,
    MaskSpec,
    SelectionSpec,
    TestSpec,
    Theme,
    TokensSpec,
    ViewSpec,
)
from regard.view.trials import Asked, Trials

Part = tuple[str, tuple[slice, ...]]


@dataclass(frozen=True, eq=False, repr=False)
class View:
    """A declaration of a picture: no drawing, no data, only what of the record is shown.

    ``layer`` and ``heads`` are what is selected first; ``include_layers`` and ``include_heads`` limit what is on offer.
    ``theme`` and ``language`` follow the reader's browser unless they are given (``"en"``, ``"zh"``).
    ``selection`` is the part that changes while somebody looks; see :class:`regard.view.selection.Selection`.
    ``color`` is the result of an experiment (or an array), by whose signed effects the view can be coloured.
    ``question`` is one to the live model, by which what is selected can be tested; ``tests`` are those that were made.
    A view is a source of the arrays it refers to: ``"<kind>.weights"`` [layer, head, query, key] and
    ``"<kind>.overview"`` [layer, head, row, column], the weights themselves up to 128 tokens and the largest weight of
    each of 64 × 64 blocks beyond; with ``color=``, ``"<kind>.effect"`` of :class:`regard.view.effect.Effect` and
    ``"<kind>.effect_head"`` [layer, head, 1, 1], the strongest effect of each head.
    """

    name: ClassVar[str] = ""

    record: Record
    kind: Kind | None = None
    layer: int | None = None
    heads: Sequence[int] | None = None
    include_layers: Sequence[int] | None = None
    include_heads: Sequence[int] | None = None
    theme: Theme = "auto"
    language: Language = "auto"
    title: str | None = None
    color: Any = None
    question: Asked | None = None
    effects: tuple[Effect, ...] = field(init=False, default=())
    selection: Selection = field(init=False)
    tests: Trials = field(init=False)

    def __post_init__(self) -> None:
        for what, given, choices in (("theme", self.theme, Theme), ("language", self.language, Language)):
            if given not in get_args(choices):
                raise not_one_of(what, given, get_args(choices))
        attentions = self.attentions()
        kind = self.kind or self.first_kind()
        chosen = {a.kind: a for a in attentions}.get(kind)
        if chosen is None:
            raise not_one_of("kind of attention", kind, self.record.attentions)
        layer = chosen.layers[0] if self.layer is None else int(self.layer)
        state = SelectionSpec(
            kind=kind,
            layer=layer,
            heads=self.first_heads(heads_at(chosen, layer)) if self.heads is None else _numbers(self.heads, "heads"),
            query=None,
            key=None,
            filter="all",
            rectangle=None,
        )
        if self.question is not None and not isinstance(self.question, Asked):
            raise ArgumentError(
                f"question: expected what regard.experiment.ask() gives, got {type(self.question).__name__}"
            )
        object.__setattr__(self, "tests", Trials(self.question))
        object.__setattr__(self, "effects", self.colours())
        if self.effects:
            state = replace(state, color="effect")
        pair = any(_is_pair(tokens.segments) for tokens in self.record.streams.values())
        object.__setattr__(self, "selection", Selection(attentions, state, pair=pair, effect=bool(self.effects)))

    def attentions(self) -> list[AttentionSpec]:
        """What is on offer of each kind of attention."""
        return [self._offer(attention) for attention in self.record.attentions.values()]

    def spec(self) -> dict[str, Any]:
        """The declaration as plain JSON values: tokens, sizes and selection; arrays are referred to by name."""
        streams = {
            name: TokensSpec(
                labels=list(tokens.labels),
                pieces=list(tokens.pieces),
                special=[i for i, special in enumerate(tokens.special) if special],
                segments=None if tokens.segments is None else list(tokens.segments),
            )
            for name, tokens in self.record.streams.items()
        }
        title = self.record.model.name if self.title is None else self.title
        selection, options = self.selection.state, self.options()
        return asdict(
            ViewSpec(
                VERSION,
                self.name,
                title,
                self.theme,
                self.language,
                streams,
                self.attentions(),
                selection,
                options,
                [effect.spec for effect in self.effects],
            )
        )

    def colours(self) -> tuple[Effect, ...]:
        """What ``color`` says of each kind of attention that it fits."""
        return () if self.color is None else effects_of(self.color, self.record)

    def effect(self, kind: Kind | None = None) -> Effect | None:
        """The effects that can colour that kind of attention (by default, the selected one)."""
        kind = kind or self.selection.kind
        return next((one for one in self.effects if one.spec.kind == kind), None)

    def first_kind(self) -> Kind:
        """Which kind of attention is selected first, where none is named."""
        return self.record.kinds[0]

    def first_heads(self, heads: list[int]) -> list[int]:
        """Which of a layer's heads are selected first, where none are named."""
        return heads

    def scripts(self) -> tuple[str, ...]:
        """Names of the views whose scripts draw this one."""
        return (self.name,)

    def options(self) -> dict[str, str]:
        """Choices that only this kind of view has, as they stand first."""
        return {}

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        attention, what = self._find(array)
        effect = self.effect(attention.kind)
        if effect is not None and what.startswith("effect"):
            return effect.read(slices) if what == "effect" else effect.strongest()[tuple(slices)]
        layers, heads, *rest = slices
        parts = [self._read_layer(attention, what, i, heads, rest) for i in range(layers.start, layers.stop)]
        return np.stack(parts)

    def refine(self, array: str, slices: Slices) -> Iterator[tuple[np.ndarray, float]]:
        """The rectangle as it gets better, and the share of the queries read for it (1: exact, the last one)."""
        yield self.read(array, slices), 1.0

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        attention, what = self._find(array)
        effect = self.effect(attention.kind)
        if what == "weights":
            return attention.weights.shape
        if effect is not None and what.startswith("effect"):
            return effect.shape if what == "effect" else (*effect.sizes[:2], 1, 1)
        cells = overview_cells(attention)
        return (len(attention.layers), attention.heads, min(cells, attention.queries), min(cells, attention.keys))

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that the spec may refer to."""
        found = [f"{kind}.{what}" for kind in self.record.attentions for what in ("weights", "overview")]
        return (*found, *(f"{one.spec.kind}.{what}" for one in self.effects for what in ("effect", "effect_head")))

    def parts(self) -> Iterator[Part]:
        """Array rectangles that a page without Python must carry to show everything on offer; one head each."""
        for offer in self.attentions():
            yield from self._parts(offer, f"{offer.kind}.weights")
        yield from self.effect_parts()

    def effect_parts(self) -> Iterator[Part]:
        """The effects that a page without Python carries: of each layer and head on offer."""
        offers = {offer.kind: offer for offer in self.attentions()}
        for effect in self.effects:
            kind = effect.spec.kind
            if kind in offers:
                yield f"{kind}.effect_head", tuple(slice(0, size) for size in (*effect.sizes[:2], 1, 1))
                yield from ((f"{kind}.effect", part) for part in effect.parts(offers[kind].layers, offers[kind].heads))

    def overviews(self, kind: Kind, layer: int, head: int) -> list[Part]:
        """Array rectangles that a page needs beside the queries and keys of a head, so as not to compute them first."""
        return []

    def first_parts(self) -> list[Part]:
        """The parts that the first picture needs."""
        parts, state = list(self.parts()), self.selection.state
        shown = [part for part in parts if part[0].endswith(".overview")]
        return shown or [p for p in parts if p[0].startswith(f"{state.kind}.") and p[1][0].start == state.layer]

    def test(self, about: str | None = None, **place: Any) -> TestSpec:
        """Change what is selected (or named by ``layer=``, ``heads=``, ``query=``, ``key=``) in the live model.

        With a query and a key that is the edge between them, with one of them the token, with none the heads; ``about``
        (``"edge"``, ``"token"`` or ``"heads"``) says it otherwise. The answer is also the last of ``view.tests``.
        Raises ``ArgumentError`` without a ``question``, and for what does not exist.
        """
        asked = Selection(self.attentions(), replace(self.selection.state, color="weight", filter="all"), pair=False)
        asked.update(**place)
        begun = self.tests.begin(about, asked.state)
        return self.tests.run(begun, self._offered(begun.kind))

    def _offered(self, kind: Kind) -> AttentionSpec:
        return next(offer for offer in self.attentions() if offer.kind == kind)

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write the view to a file, by its ending: ``.html`` (one offline page), ``.svg``, ``.png`` or ``.pdf``.

        A page takes the options of :func:`regard.serve.html.page`, a picture ``width=``, ``theme=``, ``dpi=`` and
        ``caption=`` (:func:`regard.serve.image.save`).
        """
        path = Path(path)
        if path.suffix.lower() not in targets():
            raise not_one_of("file ending", path.suffix, [t for t in targets() if t.startswith(".")])
        display(path.suffix.lower(), self, path=path, **options)
        return path

    def figure(self, ax: Any = None, **options: Any) -> Any:
        """The view as a matplotlib figure of vector artists, or drawn into ``ax``.

        Options are those of :func:`regard.serve.image.figure`.
        """
        return display("figure", self, ax=ax, **options)

    def text(self, **options: Any) -> str:
        """The view as text, for terminals, logs and screen readers."""
        return str(display("text", self, **options))

    def __repr__(self) -> str:
        s = self.selection.state
        of = self.record.model.name or "a record"
        return f"<{type(self).__name__} of {of}: {s.kind}, layer {s.layer}, heads {s.heads}>"

    def widget(self) -> Any:
        """The view as a live notebook widget: ``selection`` follows clicks, and the picture follows ``selection``."""
        return display("widget", self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return dict(display("notebook", self, fallback={"text/plain": repr(self)}))

    def _find(self, array: str) -> tuple[Attention, str]:
        kind, _, what = array.partition(".")
        if array not in self.arrays():
            raise not_one_of("array", array, self.arrays())
        return self.record.attentions[kind], what  # type: ignore[index]

    def _read_layer(self, attention: Attention, what: str, number: int, heads: slice, rest: Slices) -> np.ndarray:
        layer = attention.layer(number)
        if what == "weights":
            return layer.read("weights", (heads, *rest))
        return overview(layer, heads, overview_cells(attention))[(slice(None), *rest)]

    def _parts(self, offer: AttentionSpec, array: str) -> Iterator[Part]:
        shape = self.shape(array)
        whole = tuple(slice(0, size) for size in shape[2:])
        for layer, heads in zip(offer.layers, offer.layer_heads, strict=True):
            for head in heads:
                yield array, (slice(layer, layer + 1), slice(head, head + 1), *whole)

    def _offer(self, attention: Attention) -> AttentionSpec:
        layers = _chosen(self.include_layers, attention.present, "layer", "include_layers")
        rules = [attention.layer(number).mask for number in layers]
        present = [attention.layer(number).present for number in layers]
        heads = _chosen(self.include_heads, sorted({head for one in present for head in one}), "head", "include_heads")
        return AttentionSpec(
            kind=attention.kind,
            layers=layers,
            heads=heads,
            kv_heads=attention.kv_heads,
            queries=attention.queries,
            keys=attention.keys,
            query_stream=attention.query_stream,
            key_stream=attention.key_stream,
            overview=overview_cells(attention),
            masks=[MaskSpec(rule.before, rule.after, rule.chunk, rule.offset) for rule in rules],
            layer_heads=[[head for head in heads if head in one] for one in present],
            head_count=attention.heads,
        )


def overview_cells(attention: Attention | Layer) -> int:
    """Every weight while that is no larger than four blocked overviews, and is drawn as fast."""
    return 128 if max(attention.queries, attention.keys) <= 128 else 64


def _is_pair(segments: Sequence[int] | None) -> bool:
    return segments is not None and {0, 1} <= set(segments)


def _numbers(values: Sequence[int], what: str) -> list[int]:
    try:
        return [int(value) for value in values]
    except TypeError:
        raise ArgumentError(f"{what}: expected a list of numbers, got {values!r}") from None


def _chosen(asked: Sequence[int] | None, found: Sequence[int], word: str, what: str) -> list[int]:
    if asked is None:
        return list(found)
    chosen = _numbers(asked, what)
    for number in chosen:
        if number not in found:
            raise not_one_of(word, number, list(found))
    if not chosen:
        raise ArgumentError(f"{what} is empty; leave it out to show every {word}")
    return chosen
