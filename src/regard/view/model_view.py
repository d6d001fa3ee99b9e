"""The model view: every layer and head at a glance (Vig 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from regard.axes import Kind
from regard.record import Record, Slices, progressive
from regard.view.levels import LevelsView
from regard.view.spec import Language, Theme
from regard.view.view import Part, overview_cells


@dataclass(frozen=True, eq=False, repr=False)
class ModelView(LevelsView):
    """A grid of small pictures, one per layer (row) and head (column); a click opens one."""

    name: ClassVar[str] = "model_view"

    def parts(self) -> Iterator[Part]:
        """The overviews, and what an opened cell shows where the overview is coarser."""
        for offer in self.attentions():
            yield from self._parts(offer, f"{offer.kind}.overview")
            if max(offer.queries, offer.keys) > offer.overview:
                yield from self.heads_in_full(offer)
        yield from self.effect_parts()

    def refine(self, array: str, slices: Slices) -> Iterator[tuple[np.ndarray, float]]:
        """The rectangle as it gets better; overviews of a long text come first from a sample of its queries."""
        kind, _, what = array.partition(".")
        layers, heads, *rest = slices
        if what != "overview" or array not in self.arrays() or layers.stop - layers.start != 1:
            yield from super().refine(array, slices)
            return
        layer = self.record.attentions[kind].layer(layers.start)  # type: ignore[index]
        for picture in progressive(layer, heads, overview_cells(layer)):
            yield picture.weights[(slice(None), *rest)][None], picture.share


def model_view(
    record: Record,
    *,
    kind: Kind | None = None,
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
    color: Any = None,
    question: Any = None,
) -> ModelView:
    """Every layer (row) and head (column) as a small picture; a click opens one at full size.

    ``include_layers`` and ``include_heads`` limit the grid. After Vig, "A Multiscale Visualization of Attention in the
    Transformer Model", ACL 2019 demo, §3.2; unlike there, sequences too long for lines are shown as matrices,
    past 128 tokens pooled to 64 × 64 blocks by their largest weight, and the picture says so. Live, pictures of long
    texts come at once from a sample of the queries, say so, and become exact one after another.
    """
    return ModelView(
        record,
        kind=kind,
        include_layers=include_layers,
        include_heads=include_heads,
        theme=theme,
        language=language,
        title=title,
        question=question,
        color=color,
    )
