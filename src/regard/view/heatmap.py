"""The heatmap: the plain figure of one or several heads, with token labels, a colour bar and sums along both sides."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record import Record
from regard.view.levels import LevelsView
from regard.view.spec import Language, Theme
from regard.view.view import Part

HeatScale = Literal["linear", "root", "log"]
_FIRST = 4


@dataclass(frozen=True, eq=False, repr=False)
class Heatmap(LevelsView):
    """Matrices of query × key, one for each selected head; see :func:`heatmap`."""

    name: ClassVar[str] = "heatmap"

    scale: HeatScale = "linear"
    top: float | None = None
    marginals: bool = False

    def __post_init__(self) -> None:
        if self.scale not in get_args(HeatScale):
            raise not_one_of("scale", self.scale, get_args(HeatScale))
        if self.top is not None and not (math.isfinite(self.top) and self.top > 0):
            raise ArgumentError(f"top must be a positive number, the weight of the strongest colour; got {self.top!r}")
        super().__post_init__()

    def first_heads(self, heads: list[int]) -> list[int]:
        """The first few: a figure of all is the model view."""
        return heads[:_FIRST]

    def options(self) -> dict[str, str]:
        """The colour scale, the weight at its end where it is given, and whether sums are drawn."""
        given = {} if self.top is None else {"top": repr(float(self.top))}
        return {"scale": self.scale, "marginals": "on" if self.marginals else "off", **given}

    def parts(self) -> Iterator[Part]:
        """The weights, or of long texts their blocks."""
        for offer in self.attentions():
            yield from self.heads_in_full(offer)
        yield from self.effect_parts()


def heatmap(
    record: Record,
    *,
    layer: int | None = None,
    head: int | None = None,
    heads: Sequence[int] | None = None,
    kind: Kind | None = None,
    queries: tuple[int, int] | None = None,
    keys: tuple[int, int] | None = None,
    scale: HeatScale = "linear",
    top: float | None = None,
    marginals: bool = False,
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
    color: Any = None,
    question: Any = None,
) -> Heatmap:
    """One or several heads of a layer as plain matrices (by default the first four), for looking and for papers.

    ``queries=(start, stop)`` and ``keys=(start, stop)`` cut a part out, as ``view.selection.rectangle`` does. Colours
    go from zero to ``top`` (the largest weight shown) on a ``scale``: ``"linear"``, ``"root"`` (square root) or
    ``"log"``. What the mask hides is hatched, zero has the colour of the page, and what is not a number a colour of its
    own. ``marginals=True`` adds the sums over queries (above) and over keys (beside). Labels that would overlap are
    left out at even distances. Past 1,024 tokens a cell stands for the largest weight between two runs of tokens, and
    the picture says so; :func:`regard.map_view` shows every weight at any length.

    ``view.save("figure.pdf", width="column")`` writes it as it stands; ``view.figure(ax=ax)`` draws it into axes.
    Raises ``ArgumentError`` for what does not exist in the record.
    """
    if head is not None and heads is not None:
        raise ArgumentError("give head= or heads=, not both")
    view = Heatmap(
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
        scale=scale,
        top=top,
        marginals=marginals,
    )
    if queries is not None or keys is not None:
        attention = record.attentions[view.selection.kind]
        rows, columns = queries or (0, attention.queries), keys or (0, attention.keys)
        view.selection.rectangle = [*rows, *columns]
    return view
