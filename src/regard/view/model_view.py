"""The model view: every layer and head at a glance (Vig 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from regard.axes import Kind
from regard.record import Record
from regard.view.spec import Theme
from regard.view.view import Part, View


@dataclass(frozen=True, eq=False, repr=False)
class ModelView(View):
    """A grid of small pictures, one per layer (row) and head (column); a click opens one."""

    name: ClassVar[str] = "model_view"

    def parts(self) -> Iterator[Part]:
        """The overviews, and the weights themselves where the overview is coarser than they are."""
        for offer in self.attentions():
            yield from self._parts(offer, f"{offer.kind}.overview")
            if max(offer.queries, offer.keys) > offer.overview:
                yield from self._parts(offer, f"{offer.kind}.weights")


def model_view(
    record: Record,
    *,
    kind: Kind | None = None,
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    theme: Theme = "auto",
    title: str | None = None,
) -> ModelView:
    """Every layer (row) and head (column) as a small picture; a click opens one at full size.

    ``include_layers`` and ``include_heads`` limit the grid. After Vig, "A Multiscale Visualization of Attention in the
    Transformer Model", ACL 2019 demo, §3.2; unlike there, sequences too long for lines are shown as matrices,
    past 128 tokens pooled to 64 × 64 blocks by their largest weight, and the picture says so.
    """
    return ModelView(
        record, kind=kind, include_layers=include_layers, include_heads=include_heads, theme=theme, title=title
    )
