"""The head view: tokens in two columns, a line for each weight, a colour for each head (Vig 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from regard.axes import Kind
from regard.record import Record
from regard.view.levels import LevelsView
from regard.view.spec import Language, Theme
from regard.view.view import Part


@dataclass(frozen=True, eq=False, repr=False)
class HeadView(LevelsView):
    """One layer's attention as lines between queries (left) and keys (right)."""

    name: ClassVar[str] = "head_view"

    def parts(self) -> Iterator[Part]:
        """The weights, or of long texts their blocks."""
        for offer in self.attentions():
            yield from self.heads_in_full(offer)
        yield from self.effect_parts()


def head_view(
    record: Record,
    *,
    layer: int | None = None,
    heads: Sequence[int] | None = None,
    kind: Kind | None = None,
    include_layers: Sequence[int] | None = None,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
    color: Any = None,
    question: Any = None,
) -> HeadView:
    """One layer's attention as lines between queries (left) and keys (right), a colour per head.

    ``layer`` and ``heads`` are shown first and can be changed in the picture and through ``view.selection``;
    ``include_layers`` limits which layers the picture holds. After Vig, "A Multiscale Visualization of Attention in the
    Transformer Model", ACL 2019 demo, §3.1; unlike there, past about 20,000 lines only the strongest are drawn, and the
    picture says which share of the attention they carry; past 1,024 tokens a row stands for a run of tokens and a line
    for the largest weight between two runs.
    """
    return HeadView(
        record,
        kind=kind,
        layer=layer,
        heads=heads,
        include_layers=include_layers,
        theme=theme,
        language=language,
        title=title,
        question=question,
        color=color,
    )
