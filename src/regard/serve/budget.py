"""Which heads a page carries when it may not carry all, and how: as dense codes or as quantised queries and keys."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.record import Factored, Layer, Quantised, quantise
from regard.record.quantise import deflated
from regard.serve.encode import Coding, encode
from regard.serve.missing import Place
from regard.view import AttentionSpec, View
from regard.view.pyramid import Level
from regard.view.view import Part

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
BASE64 = 4 / 3
_TRIED_ROWS = 64
_GIVE_UP_AFTER = 3
_WEIGHTS = ".weights"
_PLAIN = (".exact", ".received", ".color", ".effect", ".effect_head")
_MATRICES = ("bias", "visible")


@dataclass(frozen=True)
class Heads:
    """Heads of one layer that are carried together: those that share a key head, or a single one."""

    kind: Kind
    layer: int
    heads: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What a page carries: parts as codes, heads as quantised queries and keys, and the heads that it leaves out."""

    parts: tuple[Part, ...]
    quantised: tuple[tuple[Heads, Quantised], ...]
    left_out: tuple[Heads, ...]


def in_bytes(budget: int | float | str) -> int:
    """A size in bytes; ``"10 MB"`` is ten million.

    >>> in_bytes("10 MB"), in_bytes("1.5 MiB"), in_bytes(4096)
    (10000000, 1572864, 4096)
    """
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-z]*)\s*", str(budget).lower())
    unit = None if found is None else _UNITS.get(found[2])
    try:
        size = int(float(found[1]) * unit) if found is not None and unit is not None else 0
    except ValueError:
        size = 0
    if size <= 0:
        raise ArgumentError(f"budget: expected a size such as '10 MB' or a number of bytes; got {budget!r}")
    return size


CODING = Coding("u8", 2)
"""How weights are coded on such a page: at any length by their square root, whose error is at most 0.4 %."""

Known = dict[tuple[int, int], Quantised]
"""Quantised heads by their layer's ``id`` and key head: what several views of one record share."""


def plan(view: View, budget: int, known: Known, coding: Coding = CODING) -> Plan:
    """Fill ``budget`` bytes of a page with the view's heads, the selected ones first, then the most telling.

    Each is carried in the smaller of two ways: its weights as codes, or its queries and keys, from which the page
    computes them. Telling are heads whose queries find something: the mean, over a sample of queries, of the
    largest weight that is neither on the first key nor on the query's own or the one before.
    """
    small, own = _sorted(view)
    left = budget - sum(_cost(view, part, coding) for part in small)
    parts: list[Part] = list(small)
    quantised: list[tuple[Heads, Quantised]] = []
    left_out: list[Heads] = []
    failures = 0
    for heads in _in_order(view):
        if failures >= _GIVE_UP_AFTER:
            left_out.append(heads)
            continue
        held = [part for head in heads.heads for part in own[heads.kind, heads.layer, head]]
        found, held, size = _smaller(view, heads, held, known, coding)
        if size > left:
            left_out.append(heads)
            failures += 1
            continue
        left -= size
        parts += held
        if found is not None:
            quantised.append((heads, found))
    if left_out and not quantised and len(parts) == len(small):
        raise ArgumentError(
            f"this budget leaves {budget} bytes for weights, which hold no head of this record: show fewer tokens, or "
            "raise budget="
        )
    return Plan(tuple(parts), tuple(quantised), tuple(left_out))


def _sorted(view: View) -> tuple[list[Part], dict[Place, list[Part]]]:
    """The view's parts: those for all heads together, and those that come and go with a head."""
    small: list[Part] = []
    own: dict[Place, list[Part]] = defaultdict(list)
    for array, slices in view.parts():
        level = Level.of(array)
        if level is not None:
            own[level.kind, slices[0].start, level.heads[0]].append((array, slices))
        elif array.endswith((_WEIGHTS, ".received")):
            kind: Kind = array.partition(".")[0]  # type: ignore[assignment]
            own[kind, slices[0].start, slices[1].start].append((array, slices))
        else:
            small.append((array, slices))
    return small, own


def _in_order(view: View) -> list[Heads]:
    state = view.selection.state
    found = [heads for offer in view.attentions() for heads in _groups(view, offer)]

    def rank(heads: Heads) -> tuple[bool, float]:
        selected = (heads.kind, heads.layer) == (state.kind, state.layer) and set(heads.heads) & set(state.heads)
        return not selected, -_telling(view.record.attentions[heads.kind].layer(heads.layer), heads.heads)

    return sorted(found, key=rank)


def _groups(view: View, offer: AttentionSpec) -> Iterator[Heads]:
    for number in offer.layers:
        layer = view.record.attentions[offer.kind].layer(number)
        each = layer.heads // layer.kv_heads if _can_quantise(layer) else 1
        for first in range(0, layer.heads, each):
            heads = tuple(head for head in range(first, first + each) if head in offer.heads and head in layer.present)
            if heads:
                yield Heads(offer.kind, number, heads)


def _can_quantise(layer: Layer) -> bool:
    whole = len(layer.present) == layer.heads
    return isinstance(layer, Factored) and whole and not any(name in layer.source.arrays() for name in _MATRICES)


def _telling(layer: Layer, heads: tuple[int, ...]) -> float:
    rows = np.unique(np.linspace(0, layer.queries - 1, min(_TRIED_ROWS, layer.queries)).astype(int))
    most = [0.0]
    for head in heads:
        found = []
        for row in rows:
            at = (slice(head, head + 1), slice(int(row), int(row) + 1), slice(1, layer.keys))
            weights = layer.read("weights", at)[0, 0].copy()
            weights[max(0, int(row) - 2) : int(row)] = 0
            found.append(float(weights.max(initial=0)))
        most.append(float(np.mean(found)))
    return max(most)


def _smaller(
    view: View, heads: Heads, held: list[Part], known: Known, coding: Coding
) -> tuple[Quantised | None, list[Part], int]:
    """The smaller form of these heads: quantised (or not), the parts beside that, and the bytes that all this takes."""
    layer = view.record.attentions[heads.kind].layer(heads.layer)
    rest = [part for part in held if not part[0].endswith(_WEIGHTS)]
    others = sum(_cost(view, part, coding) for part in rest)
    if len(rest) == len(held):
        return None, held, others
    dense = others + _dense_bytes(layer, heads, coding)
    if not isinstance(layer, Factored) or not _can_quantise(layer):
        return None, held, dense
    kv_head = heads.heads[0] // (layer.heads // layer.kv_heads)
    if (id(layer), kv_head) not in known:
        known[id(layer), kv_head] = quantise(layer, kv_head)
    found = _only(known[id(layer), kv_head], heads.heads)
    overviews = [part for head in heads.heads for part in view.overviews(heads.kind, heads.layer, head)]
    size = others + int(deflated(found) * BASE64) + sum(_cost(view, part, coding) for part in overviews)
    return (found, [*rest, *overviews], size) if size < dense else (None, held, dense)


def _only(found: Quantised, heads: tuple[int, ...]) -> Quantised:
    """The heads that are on offer, of those that share the key head."""
    places = [found.heads.index(head) for head in heads]
    if len(places) == len(found.heads):
        return found
    bias = None if found.distance_bias is None else found.distance_bias[places]
    return replace(
        found,
        heads=heads,
        query=found.query[places],
        lse_codes=found.lse_codes[places],
        corrections=tuple(found.corrections[place] for place in places),
        distance_bias=bias,
    )


def _dense_bytes(layer: Layer, heads: Heads, coding: Coding) -> int:
    """About how many bytes of a page these heads' codes take, from a sample of their rows."""
    rows = np.unique(np.linspace(0, layer.queries - 1, min(_TRIED_ROWS, layer.queries)).astype(int))
    total = 0
    for head in heads.heads:
        slices = [(slice(head, head + 1), slice(row, row + 1), slice(0, layer.keys)) for row in map(int, rows)]
        codes = coding.codes(np.concatenate([layer.read("weights", at) for at in slices], axis=1))
        total += len(zlib.compress(codes.tobytes(), 1))
    return int(total * layer.queries / max(1, len(rows)) * BASE64)


def _cost(view: View, part: Part, coding: Coding) -> int:
    array, slices = part
    _, content = encode(view.read(array, slices), array, slices, None if array.endswith(_PLAIN) else coding)
    return int(len(content) * BASE64)
