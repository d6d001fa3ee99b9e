"""The map view: one head's whole matrix, from a glance at all of it down to single weights, at any length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record import Record, Slices, span_sums
from regard.record.engine.machine import Pool
from regard.view.levels import LevelsView
from regard.view.spec import Language, Theme
from regard.view.view import Part

Scale = Literal["root", "log", "relative"]
_QUICK = 2048


@dataclass(frozen=True, eq=False, repr=False)
class MapView(LevelsView):
    """A picture of query × key that is zoomed and moved like a map; see :func:`map_view`.

    Beside the arrays of every view it is a source of :class:`regard.view.pyramid.Level` arrays, and of
    ``"<kind>.exact"`` [layer, head, query, key]: the weights, which travel as they are and not as codes.
    """

    name: ClassVar[str] = "map_view"

    pool: Pool = "max"
    scale: Scale = "root"

    def __post_init__(self) -> None:
        for what, value, choices in (("pool", self.pool, get_args(Pool)), ("scale", self.scale, get_args(Scale))):
            if value not in choices:
                raise not_one_of(what, value, choices)
        super().__post_init__()

    def first_heads(self, heads: list[int]) -> list[int]:
        """A map is of one head, unless several are named."""
        return heads[:1]

    def options(self) -> dict[str, str]:
        """What makes many weights one pixel, and the colour scale."""
        return {"pool": self.pool, "scale": self.scale}

    def sums(self) -> Float[np.ndarray, " head"]:
        """Sum of the weights in the brushed rectangle, for each selected head.

        ``Σ_query Σ_key weights`` over ``selection.rectangle``. Divide by its number of queries for the mean share of
        their attention that goes to these keys. Raises ``ArgumentError`` while no rectangle is selected.
        """
        state = self.selection.state
        if state.rectangle is None:
            raise ArgumentError(
                "no rectangle is selected: drag one on the map with shift held, or set "
                "view.selection.rectangle = [first query, stop, first key, stop]"
            )
        first, last, left, right = state.rectangle
        layer = self.record.attentions[state.kind].layer(state.layer)
        parts = [span_sums(layer, slice(h, h + 1), [(first, last)], [(left, right)]).ravel() for h in state.heads]
        return np.concatenate([np.zeros(0, layer.dtype), *parts])

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that are not levels."""
        return (*super().arrays(), *(f"{kind}.exact" for kind in self.record.attentions))

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        return super().shape(array.replace(".exact", ".weights"))

    def refine(self, array: str, slices: Slices) -> Iterator[tuple[np.ndarray, float]]:
        """The rectangle as it gets better, and the share of the queries read for it; the last one is exact."""
        return super().refine(array.replace(".exact", ".weights"), slices)

    def overviews(self, kind: Kind, layer: int, head: int) -> list[Part]:
        """The head's whole map in one tile, by either pool, where computing that takes long."""
        attention = self.record.attentions[kind]
        if max(attention.queries, attention.keys) <= _QUICK:
            return []
        return [self.whole(kind, layer, (head,), pool) for pool in get_args(Pool)]

    def first_parts(self) -> list[Part]:
        """The whole map in one tile."""
        state = self.selection.state
        return [self.whole(state.kind, state.layer, tuple(state.heads), self.pool)] if state.heads else []


def map_view(
    record: Record,
    *,
    layer: int | None = None,
    head: int | None = None,
    heads: Sequence[int] | None = None,
    kind: Kind | None = None,
    pool: Pool = "max",
    scale: Scale = "root",
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
    color: Any = None,
    question: Any = None,
) -> MapView:
    """The whole matrix of a head (or of several ``heads``) as a map: zoom, move, point at any weight.

    A pixel that stands for many weights (or heads) shows the largest of them (``pool="max"``: thin lines stay
    visible) or their mean (``pool="mean"``: honest mass). ``scale`` is what colour means: ``"root"``, ``"log"``, or
    ``"relative"`` to a uniform row (weight × visible keys). Tiles come as they are looked at, at the level of detail
    that is looked at; those that take long come first from a sample and say so. ``view.selection.rectangle`` is what
    is brushed, ``view.sums()`` its sums.

    Of the power-of-two pyramid of tiles see Kerpedjiev et al., "HiGlass", Genome Biology 2018.
    """
    if head is not None and heads is not None:
        raise ArgumentError("give head= or heads=, not both")
    return MapView(
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
        color=color,
        pool=pool,
        scale=scale,
    )
