"""The text view: the document itself, its tokens shaded by attention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record import Layer, Record, Slices, received
from regard.record.engine.blocks import runs
from regard.record.engine.machine import Pool
from regard.record.engine.sample import sample_grid, strata
from regard.record.received import viewers
from regard.view.spec import Language, Theme
from regard.view.view import Part, View

Direction = Literal["attends", "attended"]
_AT_ONCE = 1 << 24
_SAMPLE = 1 << 23


@dataclass(frozen=True, eq=False, repr=False)
class TextView(View):
    """Running text, shaded by what one token attends to or by what attends to it; see :func:`text_view`.

    Beside the arrays of every view it is a source of ``"<kind>.exact"``, the weights as they are and not as codes, of
    ``"<kind>.received"`` [layer, head, 1, key], the mean weight that each key gets from those who see it, and of
    ``"<kind>.color"`` [1, 1, 1, key] where colours are given.
    """

    name: ClassVar[str] = "text_view"

    pool: Pool = "mean"
    direction: Direction = "attends"
    given: np.ndarray | None = None

    def __post_init__(self) -> None:
        choices = (("pool", self.pool, get_args(Pool)), ("direction", self.direction, get_args(Direction)))
        for what, value, known in choices:
            if value not in known:
                raise not_one_of(what, value, known)
        super().__post_init__()
        if self.given is not None:
            object.__setattr__(self, "given", self._checked(self.given))

    def options(self) -> dict[str, str]:
        """How heads are put together, which way attention is followed, and whether colours are given."""
        given = {} if self.given is None else {"color": "given"}
        return {"pool": self.pool, "direction": self.direction, **given}

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that the spec may refer to."""
        kinds, own = self.record.attentions, ("exact", "received", *(() if self.given is None else ("color",)))
        return (*super().arrays(), *(f"{kind}.{what}" for kind in kinds for what in own))

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        kind, _, what = array.partition(".")
        if array not in self.arrays() or what not in ("exact", "received", "color"):
            return super().shape(array)
        layers, heads, queries, keys = self.record.attentions[kind].weights.shape  # type: ignore[index]
        if what == "color":
            return (1, 1, 1, keys)
        return (layers, heads, queries if what == "exact" else 1, keys)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        *_, (found, _) = self.refine(array, slices)
        return found

    def refine(self, array: str, slices: Slices) -> Iterator[tuple[np.ndarray, float]]:
        """The rectangle as it gets better, and the share of the queries read for it; the last one is exact."""
        kind, _, what = array.partition(".")
        if what == "color" and self.given is not None:
            yield self.given[None, None, None][tuple(slices)], 1.0
        elif what == "received" and array in self.arrays():
            layers, heads, _, keys = slices
            attention = self.record.attentions[kind]  # type: ignore[index]
            if layers.stop - layers.start != 1:
                raise ArgumentError(f"{array!r} is read one layer at a time; got {layers.start}:{layers.stop}")
            for found, share in _received(attention.layer(layers.start), heads):
                yield found[None, :, None, keys], share
        else:
            yield super().read(array.replace(".exact", ".weights"), slices), 1.0

    def parts(self) -> Iterator[Part]:
        """The weights, what each key receives, and the colours that are given."""
        yield from super().parts()
        for offer in self.attentions():
            yield from self._parts(offer, f"{offer.kind}.received")
            if self.given is not None:
                yield f"{offer.kind}.color", tuple(slice(0, size) for size in self.shape(f"{offer.kind}.color"))

    def first_parts(self) -> list[Part]:
        """What each key receives from the selected heads."""
        state = self.selection.state
        offer = next(offer for offer in self.attentions() if offer.kind == state.kind)
        parts = self._parts(offer, f"{state.kind}.received")
        return [part for part in parts if part[1][0].start == state.layer and part[1][1].start in state.heads]

    def _checked(self, color: np.ndarray) -> np.ndarray:
        """Colours as one number a token."""
        found = np.asarray(color, np.float32)
        sizes = {attention.keys for attention in self.record.attentions.values()}
        if found.ndim != 1 or {len(found)} != sizes:
            raise ArgumentError(
                f"color: expected one number for each of the {' or '.join(map(str, sorted(sizes)))} key tokens; "
                f"got an array of shape {list(found.shape)}"
            )
        if not np.isfinite(found).all():
            raise ArgumentError("color must be finite; found NaN or infinity")
        return found


def text_view(
    record: Record,
    *,
    layer: int | None = None,
    head: int | None = None,
    heads: Sequence[int] | None = None,
    kind: Kind | None = None,
    pool: Pool = "mean",
    direction: Direction = "attends",
    color: Any = None,
    question: Any = None,
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
) -> TextView:
    """The text itself, each token shaded by attention; made for long documents.

    With a token selected, the others are shaded by how much it attends to them (``direction="attends"``) or they to it
    (``"attended"``); several heads by their mean or their largest weight (``pool``). With none, by the attention they
    receive from all who see them, or by ``color``: one number a token, for example a measure's result. A ``color`` that
    has negative numbers or is an experiment's result is an effect, as in :func:`regard.head_view`. Selecting follows
    ``view.selection``; see :meth:`regard.view.selection.Selection.link` for a map beside it.
    """
    if head is not None and heads is not None:
        raise ArgumentError("give head= or heads=, not both")
    return TextView(
        record,
        kind=kind,
        layer=layer,
        heads=heads if head is None else [head],
        include_layers=include_layers,
        include_heads=include_heads,
        theme=theme,
        language=language,
        title=title,
        question=question,
        pool=pool,
        direction=direction,
        **({"given": color} if _is_given(color) else {"color": color}),
    )


def _is_given(color: Any) -> bool:
    """Whether these are plain numbers none of which is below zero: a measure's, say, and no effects."""
    return isinstance(color, np.ndarray) and color.ndim == 1 and not (np.isnan(color) | (color < 0)).any()


def _received(layer: Layer, heads: slice) -> Iterator[tuple[np.ndarray, float]]:
    """What each key receives, [head, key]: at once, or from a sample of the queries and then from all of them."""
    everyone = slice(0, layer.queries)
    seen = viewers(layer, everyone)
    work = int(seen.sum()) * (heads.stop - heads.start)
    if work <= _AT_ONCE:
        yield received(layer, heads), 1.0
        return
    whole, each = np.array([0, layer.queries]), np.arange(layer.keys + 1)
    sampled = strata(whole, max(16, _SAMPLE * layer.queries // work))
    sums = sample_grid(layer, heads, whole, each, "mean", sampled)[:, 0]
    shown = sums / np.maximum(seen, 1)
    yield shown, len(sampled) / layer.queries
    total = np.zeros_like(shown)
    for run in runs(everyone, max(64, _AT_ONCE * layer.queries // work)):
        total += received(layer, heads, run) * viewers(layer, run)
        if run.stop < layer.queries:
            yield shown, (run.stop + np.count_nonzero(sampled >= run.stop)) / layer.queries
    yield total / np.maximum(seen, 1), 1.0
