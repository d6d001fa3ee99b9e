"""What a page of a neuron view carries: whole heads while they fit, else the selected query and its strongest keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from regard.axes import Kind
from regard.record import Attention, Factored, Record, top_keys
from regard.view.neuron_arrays import FACTORS
from regard.view.spec import AttentionSpec, SelectionSpec
from regard.view.view import Part

MOST_BYTES = 12 << 20
_STRONGEST = 64


@dataclass(frozen=True)
class Carried:
    """The array rectangles of a page, and in words what it has no room for."""

    parts: tuple[Part, ...]
    left_out: str


def carried(record: Record, offers: list[AttentionSpec], state: SelectionSpec, budget: int = MOST_BYTES) -> Carried:
    """Fill ``budget`` bytes: the selected head, its layer, then the others.

    A head that does not fit whole is carried for the selected query alone, with the weights of its row and the keys of
    most weight, when it is the selected one; else it is left out.
    """
    found: list[Part] = []
    missing: Counter[Kind] = Counter()
    known: set[str] = set()
    shortened = ""
    for kind, layer, head in _in_order(offers, state):
        attention = record.attentions[kind]
        new = [part for part in _whole(attention, kind, layer, head) if str(part) not in known]
        size = sum(_bytes(part) for part in new)
        if size > budget and not found and state.query is not None:
            new = _one_query(attention, kind, layer, head, state.query)
            shortened = f"every query of this head but {state.query}, and all but its {_STRONGEST} strongest keys; "
            budget = 0
        elif size > budget:
            missing[kind] += 1
            continue
        budget -= min(size, budget)
        known |= {str(part) for part in new}
        found += new
    counts = {offer.kind: sum(map(len, offer.layer_heads)) for offer in offers}
    words = [f"{count} of {counts[kind]} {kind} heads" for kind, count in missing.items()]
    return Carried(tuple(found), (shortened + ", ".join(words)).removesuffix("; "))


def _in_order(offers: list[AttentionSpec], state: SelectionSpec) -> list[tuple[Kind, int, int]]:
    every = [
        (offer.kind, layer, head)
        for offer in offers
        for layer, heads in zip(offer.layers, offer.layer_heads, strict=True)
        for head in heads
    ]
    selected = state.heads[0] if state.heads else 0

    def rank(one: tuple[Kind, int, int]) -> tuple[bool, bool, bool]:
        kind, layer, head = one
        return kind != state.kind, layer != state.layer, head != selected

    return sorted(every, key=rank)


def _whole(attention: Attention, kind: Kind, number: int, head: int) -> Iterator[Part]:
    """Everything that this head's weights are made from."""
    layer = attention.layer(number)
    if not isinstance(layer, Factored):
        return
    at, own = slice(number, number + 1), slice(head, head + 1)
    kv_head = head // (layer.heads // layer.kv_heads)
    queries, keys, width = slice(0, layer.queries), slice(0, layer.keys), slice(0, layer.d_head)
    yield f"{kind}.factors", (at, own, slice(0, 1), slice(0, len(FACTORS)))
    yield f"{kind}.lse", (at, own, queries, slice(0, 2))
    yield f"{kind}.query", (at, own, queries, width)
    yield f"{kind}.key", (at, slice(kv_head, kv_head + 1), keys, width)
    held = layer.source.arrays()
    if "rotary" in held:
        yield f"{kind}.rotary", (at, own, slice(0, layer.source.shape("rotary")[0]), slice(0, 4))
    if "value_norm" in held:
        yield f"{kind}.value_norm", (at, slice(kv_head, kv_head + 1), slice(0, 1), keys)
    if "write_norm" in held:
        yield f"{kind}.write_norm", (at, own, slice(0, 1), keys)
    if "distance_bias" in held:
        yield f"{kind}.distance_bias", (at, own, slice(0, 1), slice(0, layer.queries + layer.keys - 1))
    for array in ("bias", "visible"):
        if array in held:
            yield f"{kind}.{array}", (at, own, queries, keys)


def _one_query(attention: Attention, kind: Kind, number: int, head: int, query: int) -> list[Part]:
    """What one query's row needs, and the keys of most weight."""
    layer = attention.layer(number)
    own, row = slice(head, head + 1), slice(query, query + 1)
    strongest = top_keys(layer, own, min(_STRONGEST, layer.keys), row).keys[0, 0]
    found: list[Part] = [(f"{kind}.exact", (slice(number, number + 1), own, row, slice(0, layer.keys)))]
    for array, slices in _whole(attention, kind, number, head):
        at, heads, _, columns = slices
        if array.endswith(".key"):
            found += [(array, (at, heads, slice(int(k), int(k) + 1), columns)) for k in strongest if k >= 0]
        elif array.endswith((".query", ".lse", ".bias", ".visible")):
            found.append((array, (at, heads, row, columns)))
        else:
            found.append((array, slices))
    return found


def _bytes(part: Part) -> int:
    _, slices = part
    return 4 * int(prod(one.stop - one.start for one in slices))
