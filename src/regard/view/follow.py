"""What one selection becomes when it follows another's. The twin of ``web/src/engine/linked.ts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from regard.axes import Kind
from regard.view.spec import AttentionSpec, SelectionSpec


def followed(
    mine: SelectionSpec,
    offers: Mapping[Kind, AttentionSpec],
    *,
    pair: bool,
    effect: bool = False,
    theirs: SelectionSpec,
    source: AttentionSpec,
) -> SelectionSpec:
    """``mine`` with all that it can take over of ``theirs``, which is a selection in the attention ``source``.

    Kind and layer are taken over where they are on offer here, heads as far as the layer has them. Positions mean the
    same only where as many tokens are on offer: ``query`` needs as many queries, ``key`` as many keys, ``rectangle``
    both. A sentence filter needs a pair of texts here too, a colour effects. What cannot be taken over stays.
    """
    here = mine if theirs.kind not in offers or theirs.kind == mine.kind else _emptied(mine, offers[theirs.kind])
    attention = offers[here.kind]
    layer = theirs.layer if theirs.layer in attention.layers else here.layer
    same = {"query": attention.queries == source.queries, "key": attention.keys == source.keys}
    is_self = attention.query_stream == attention.key_stream
    return replace(
        here,
        layer=layer,
        heads=_heads(theirs.heads, here.heads, heads_at(attention, layer)),
        query=theirs.query if same["query"] else here.query,
        key=theirs.key if same["key"] else here.key,
        filter=theirs.filter if pair and is_self else here.filter,
        rectangle=theirs.rectangle if all(same.values()) else here.rectangle,
        color=theirs.color if effect else here.color,
        least=theirs.least if effect else here.least,
    )


def heads_at(attention: AttentionSpec, layer: int) -> list[int]:
    """The heads on offer that a layer has; none for a layer that is not on offer."""
    return list(attention.layer_heads[attention.layers.index(layer)]) if layer in attention.layers else []


def _emptied(mine: SelectionSpec, attention: AttentionSpec) -> SelectionSpec:
    """``mine`` in another kind of attention, no token of which is selected yet."""
    layer = mine.layer if mine.layer in attention.layers else attention.layers[0]
    return replace(mine, kind=attention.kind, layer=layer, query=None, key=None, filter="all", rectangle=None)


def _heads(wanted: Sequence[int], present: Sequence[int], on_offer: Sequence[int]) -> list[int]:
    """The wanted heads that exist; where none does, those of the present ones that do, or the first."""
    if not wanted:
        return []
    found = [head for head in wanted if head in on_offer] or [head for head in present if head in on_offer]
    return found or list(on_offer[:1])
