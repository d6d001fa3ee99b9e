"""What the unedited run told: which attention there is, and what later runs need not compute again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.written import AS_IS
from regard.errors import ArgumentError, not_one_of
from regard.experiment.edits import Edit
from regard.experiment.layers import LayerOutputs, layer_with
from regard.experiment.order import Order
from regard.experiment.places import includes, numbers


@dataclass(frozen=True)
class Site:
    """One attention call: its kind and layer, its module's path, and its sizes (of windows, side by side).

    ``packed``: it comes in several calls, one for each part of a packed sequence.
    """

    kind: Kind
    layer: int
    path: str
    heads: int
    queries: int
    keys: int
    causal: bool
    windows: int = 1
    packed: bool = False

    def sees(self, query: int, key: int) -> bool:
        """Whether there is an edge: within a window, and in causal attention from a key that is not later."""
        of_query, of_key = (at // (count // self.windows) for at, count in ((query, self.queries), (key, self.keys)))
        return of_query == of_key and (key <= query or not self.causal)


@dataclass(eq=False)
class Layout:
    """The attention of a model on one input, in the order in which it is computed."""

    sites: list[Site] = field(default_factory=list)
    known: dict[str, tuple[Kind | None, int]] = field(default_factory=dict)
    repeated: bool = False

    def taking(self, order: Order) -> Callable[[Call, Callable[[], Any]], Any]:
        """What notes the calls of the unedited run, and leaves them as they are."""

        def take(call: Call, _run: Callable[[], Any]) -> Any:
            self._take(call, order)
            return AS_IS

        return take

    def _take(self, call: Call, order: Order) -> None:
        kind, layer, _ = order.number(call)
        if order.turn:
            if order.begins and kind is not None:
                count = order.begins + call.query.shape[2]
                self.sites[-1] = replace(self.sites[-1], queries=count, keys=count, packed=True)
            return
        self.repeated |= call.path in self.known
        self.known[call.path] = (kind, layer)
        if kind is not None:
            count, heads, queries, _ = call.query.shape
            sizes = (heads, count * queries, count * call.key.shape[2])
            self.sites.append(Site(kind, layer, call.path, *sizes, call.is_causal, windows=count))

    @property
    def packed(self) -> Mapping[tuple[Kind, int], int]:
        """How many tokens the packed sequences have, by kind and layer."""
        return {(site.kind, site.layer): site.queries for site in self.sites if site.packed}

    @property
    def counts(self) -> Mapping[Kind, int]:
        """How many layers of each kind there are."""
        return {site.kind: max(s.layer for s in self.sites if s.kind == site.kind) + 1 for site in self.sites}

    def of_kind(self, kind: Kind | None) -> list[Site]:
        """The attention of one kind; the only one when none is named. Raises ``ArgumentError``."""
        kinds = list(self.counts)
        if kind is None and len(kinds) > 1:
            raise ArgumentError(f"this model has {' and '.join(kinds)} attention; say which: kind={kinds[0]!r}")
        if kind is not None and kind not in kinds:
            raise not_one_of("kind of attention", kind, kinds)
        return [site for site in self.sites if site.kind == (kind or kinds[0])]

    def touched(self, edit: Edit) -> list[Site]:
        """The attention that an edit changes; raises ``ArgumentError`` where it names what does not exist."""
        sites = self.of_kind(edit.kind)
        counts = self.counts[sites[0].kind]
        numbers("layer", edit.layer, counts)
        found = [site for site in sites if includes(edit.layer, site.layer, counts)]
        if not found:
            have = sorted({site.layer for site in sites})
            raise ArgumentError(f"layer {edit.layer!r} has no attention that can be edited; layers that have: {have}")
        for site in found:
            numbers("head", edit.head, site.heads)
            numbers("query", edit.query, site.queries)
            numbers("key", edit.keys_named, site.keys)
        return found

    def first_layer(self, touched: list[Site], outputs: LayerOutputs) -> str | None:
        """The path of the first layer module that these edits change, where the ones before it can be left out."""
        first = next(site for site in self.sites if site in touched)
        return None if self.repeated else layer_with(first.path, outputs.found)
