"""What a page leaves out, in few words: whole layers first, then single heads."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from regard.axes import Kind
from regard.view import AttentionSpec

Place = tuple[Kind, int, int]
"""One head: the kind of attention, the layer, the head."""


def missing(left_out: Collection[Place], offers: Sequence[AttentionSpec]) -> str:
    """How many heads of those on offer are left out, and which; nothing if none is.

    >>> offer = AttentionSpec("decoder", [0, 1, 2], [0, 1], 2, 9, 9, "decoder", "decoder", 9, [], [[0, 1]] * 3, 2)
    >>> missing([("decoder", 1, 0), ("decoder", 1, 1), ("decoder", 2, 1)], [offer])
    '3 of 6 heads: decoder layer 1, layer 2 head 1'
    """
    if not left_out:
        return ""
    total = sum(len(heads) for offer in offers for heads in offer.layer_heads)
    kinds = [_of_kind([place for place in left_out if place[0] == offer.kind], offer) for offer in offers]
    return f"{len(left_out)} of {total} heads: {'; '.join(filter(None, kinds))}"


def _of_kind(left_out: Sequence[Place], offer: AttentionSpec) -> str:
    heads = {layer: sorted(head for _, at, head in left_out if at == layer) for layer in offer.layers}
    whole = [layer for layer, every in zip(offer.layers, offer.layer_heads, strict=True) if heads[layer] == every != []]
    some = {layer: gone for layer, gone in heads.items() if gone and layer not in whole}
    parts = [_numbered("layer", whole)] if whole else []
    parts += [f"layer {layer} {_numbered('head', heads)}" for layer, heads in some.items()]
    return f"{offer.kind} {', '.join(parts)}" if parts else ""


def _numbered(word: str, numbers: Sequence[int]) -> str:
    """``heads 1, 3–5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    listed = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)
    return f"{word}{'s' * (len(numbers) > 1)} {listed}"
