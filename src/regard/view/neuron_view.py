"""The neuron view: how one query's weights come out of its query vector and the keys (Vig 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.record import Attention, Factored, Record, Slices
from regard.view.neuron_arrays import ARRAYS, read, shape
from regard.view.neuron_page import MOST_BYTES, Carried, carried
from regard.view.spec import AttentionSpec, Language, Theme
from regard.view.view import Part, View


@dataclass(frozen=True, eq=False, repr=False)
class NeuronView(View):
    """One head's attention taken apart into queries, keys and every further term; see :func:`neuron_view`.

    Beside ``"<kind>.exact"`` [layer, head, query, key], the weights, it is a source of the arrays that these are made
    from (see :mod:`regard.view.neuron_arrays`); they travel as they are and not as codes.
    """

    name: ClassVar[str] = "neuron_view"

    query: int | None = None
    page_bytes: int = MOST_BYTES

    def __post_init__(self) -> None:
        if not self.attentions():
            raise ArgumentError(
                "the neuron view needs queries and keys, but this record holds finished weights only; capture the "
                "model with regard.capture(model, ...), or give queries and keys with regard.from_qk(query, key)"
            )
        super().__post_init__()
        kind = self.selection.state.kind
        position = _last_word(self.record, self.record.attentions[kind]) if self.query is None else self.query
        self.selection.update(query=position)

    def attentions(self) -> list[AttentionSpec]:
        """What is on offer: the layers that hold queries and keys."""
        offers = [self._offer(attention) for attention in self.record.attentions.values()]
        found = [_factored(offer, self.record.attentions[offer.kind]) for offer in offers]
        return [offer for offer in found if offer.layers]

    def first_heads(self, heads: list[int]) -> list[int]:
        """One head is shown at a time."""
        return heads[:1]

    def options(self) -> dict[str, str]:
        """What a page of this view has to leave out."""
        left_out = self.carried(self.page_bytes).left_out
        return {"left_out": left_out} if left_out else {}

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that the spec may refer to."""
        return (*super().arrays(), *(f"{kind}.{what}" for kind in self.record.attentions for what in ARRAYS))

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        attention, what = self._find(array)
        return shape(attention, what) if what in ARRAYS else super().shape(array)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        attention, what = self._find(array)
        if what not in ARRAYS:
            return super().read(array, slices)
        layers, *rest = slices
        return np.stack([read(attention.layer(number), what, rest) for number in _run(layers)])

    def parts(self) -> Iterator[Part]:
        """What each head's weights are made from, as many heads as a page carries with ease, the selected one first."""
        yield from self.carried(self.page_bytes).parts

    def first_parts(self) -> list[Part]:
        """Nothing: what the selected query needs is asked for."""
        return []

    def carried(self, page_bytes: int) -> Carried:
        """What a page of about that size carries of this view, and what it leaves out."""
        return carried(self.record, self.attentions(), self.selection.state, page_bytes)


def neuron_view(
    record: Record,
    layer: int | None = None,
    head: int | None = None,
    *,
    query: int | None = None,
    kind: Kind | None = None,
    include_layers: list[int] | None = None,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
) -> NeuronView:
    """How one query's weights come about: query and key dimension by dimension, their products, and every further term.

    Each row is a key. Between its columns the picture adds up: ``Σ q × k`` is ``q · k``; times the scale, capped where
    the model caps it, plus its position bias, less what the mask hides, it is the score; and ``exp(score − lse)`` is
    the weight (:meth:`regard.Record.parts` gives the same numbers in Python). ``query`` is the token that is looked at
    first, the last word unless given. Raises ``ArgumentError`` for a record of finished weights.

    After Vig, "A Multiscale Visualization of Attention in the Transformer Model", ACL 2019 demo, §3.3; unlike there,
    for every model whose queries and keys are known, at any length, with every term that the model adds.
    """
    return NeuronView(
        record,
        kind=kind,
        layer=layer,
        heads=None if head is None else [head],
        include_layers=include_layers,
        theme=theme,
        language=language,
        title=title,
        query=query,
    )


def _factored(offer: AttentionSpec, attention: Attention) -> AttentionSpec:
    kept = [i for i, number in enumerate(offer.layers) if isinstance(attention.layer(number), Factored)]
    per_layer = {name: [getattr(offer, name)[i] for i in kept] for name in ("layers", "masks", "layer_heads")}
    return replace(offer, **per_layer)  # type: ignore[arg-type]


def _last_word(record: Record, attention: Attention) -> int:
    """The last query that is no special token."""
    special = record.streams[attention.query_stream].special
    return next((i for i in reversed(range(attention.queries)) if not special[i]), attention.queries - 1)


def _run(layers: slice) -> range:
    return range(layers.start, layers.stop)
