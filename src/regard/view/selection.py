"""What is selected in a view: state that Python and the picture share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, get_args

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.view.follow import followed, heads_at
from regard.view.group import Group
from regard.view.spec import AttentionSpec, Colour, Filter, SelectionSpec

Observer = Callable[[SelectionSpec], None]
_FILTERS = ("all", "aa", "ab", "ba", "bb")


class Selection:
    """The selection of one view: read it, set it, follow it.

    ``kind``, ``layer``, ``heads``, ``query``, ``key``, ``filter``, ``rectangle``, ``color`` (``"weight"`` or
    ``"effect"``) and ``least`` (the size of the smallest effect that is shown) can be read and assigned;
    assigning checks the value and tells whoever observes (a live picture redraws). Changing the kind keeps what still
    exists in it.
    """

    kind: Kind
    layer: int
    heads: list[int]
    query: int | None
    key: int | None
    filter: Filter
    rectangle: list[int] | None
    _offers: dict[Kind, AttentionSpec]
    color: Colour
    least: float
    _pair: bool
    _effect: bool
    _observers: list[Observer]
    _groups: list[Group]
    _state: SelectionSpec

    def __init__(self, attentions: list[AttentionSpec], state: SelectionSpec, *, pair: bool, effect: bool = False):
        offers: dict[Kind, AttentionSpec] = {a.kind: a for a in attentions}
        for name, value in (
            ("_offers", offers),
            ("_pair", pair),
            ("_effect", effect),
            ("_observers", []),
            ("_groups", []),
        ):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_state", self._checked(state))

    @property
    def state(self) -> SelectionSpec:
        """The whole selection, frozen."""
        return self._state

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in SelectionSpec.__dataclass_fields__:
            raise AttributeError(name)
        return getattr(self._state, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in SelectionSpec.__dataclass_fields__:
            raise not_one_of("selection field", name, SelectionSpec.__dataclass_fields__)
        self.update(**{name: value})

    def update(self, **changes: Any) -> None:
        """Assign several fields at once."""
        unknown = set(changes) - set(SelectionSpec.__dataclass_fields__)
        if unknown:
            raise not_one_of("selection field", sorted(unknown)[0], SelectionSpec.__dataclass_fields__)
        colours = _colours(changes)
        state = replace(self._state, **changes, **colours)
        if state.kind != self._state.kind:
            state = self._moved(state)
        elif state.layer != self._state.layer and "heads" not in changes:
            state = self._in_layer(state)
        self._become(state)

    def _become(self, state: SelectionSpec) -> None:
        state = self._checked(state)
        if state == self._state:
            return
        object.__setattr__(self, "_state", state)
        for observer in list(self._observers):
            observer(state)

    def offer(self, attentions: list[AttentionSpec]) -> None:
        """Let other attention be on offer from now on: what is selected stays as far as it exists there."""
        offers: dict[Kind, AttentionSpec] = {a.kind: a for a in attentions}
        state = self._state
        object.__setattr__(self, "_offers", offers)
        if state.kind not in offers or state.layer not in offers[state.kind].layers:
            kind = state.kind if state.kind in offers else next(iter(offers))
            layer = offers[kind].layers[0]
            state = replace(state, kind=kind, layer=layer, heads=heads_at(offers[kind], layer))
        found = offers[state.kind]
        heads = [head for head in state.heads if head in heads_at(found, state.layer)]
        query = state.query if state.query is not None and state.query < found.queries else None
        key = state.key if state.key is not None and state.key < found.keys else None
        self._become(replace(state, heads=heads, query=query, key=key, rectangle=None))

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer(state)`` after every change; returns a function that ends this."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def link(self, *others: Selection) -> Callable[[], None]:
        """Let these selections follow each other from now on; returns a function that ends it.

        The others take over what is selected here, each as far as it can (see :func:`regard.view.follow.followed`).
        On one page, linked views follow each other too.
        """
        group = Group(self, *others)
        for member in group.members:
            member._groups.append(group)

        def unlink() -> None:
            group.end()
            for member in group.members:
                member._groups[:] = [known for known in member._groups if known is not group]

        return unlink

    @property
    def linked(self) -> tuple[Selection, ...]:
        """Every selection that follows this one, directly or through others; this one first."""
        found: dict[int, Selection] = {id(self): self}
        waiting = [self]
        while waiting:
            near = [member for group in waiting.pop()._groups for member in group.members if id(member) not in found]
            found |= {id(member): member for member in near}
            waiting += near
        return tuple(found.values())

    def follow(self, other: Selection) -> None:
        """Take over what is selected there, once, as far as it is on offer here."""
        theirs = other.state
        source = other._attention(theirs.kind)
        self._become(
            followed(self._state, self._offers, pair=self._pair, effect=self._effect, theirs=theirs, source=source)
        )

    def __repr__(self) -> str:
        return f"Selection({', '.join(f'{k}={v!r}' for k, v in asdict(self._state).items())})"

    def _in_layer(self, state: SelectionSpec) -> SelectionSpec:
        """The selected heads as far as the new layer has them; all it has where all were selected before."""
        attention = self._attention(state.kind)
        every, was = heads_at(attention, state.layer), heads_at(attention, self._state.layer)
        kept = [head for head in state.heads if head in every]
        if state.heads == was:
            kept = every
        return replace(state, heads=kept if kept or not state.heads else every[:1])

    def _moved(self, state: SelectionSpec) -> SelectionSpec:
        attention = self._attention(state.kind)
        layer = state.layer if state.layer in attention.layers else attention.layers[0]
        heads = heads_at(attention, layer)
        return replace(
            state,
            layer=layer,
            heads=[h for h in state.heads if h in heads] or heads,
            query=None,
            key=None,
            filter="all",
            rectangle=None,
        )

    def _attention(self, kind: Kind) -> AttentionSpec:
        if kind not in self._offers:
            raise not_one_of("kind of attention", kind, self._offers)
        return self._offers[kind]

    def _checked(self, state: SelectionSpec) -> SelectionSpec:
        attention = self._attention(state.kind)
        if state.layer not in attention.layers:
            raise not_one_of("layer", state.layer, attention.layers)
        heads = heads_at(attention, state.layer)
        for head in state.heads:
            if head not in heads:
                raise not_one_of("head", head, heads)
        for name, size in (("query", attention.queries), ("key", attention.keys)):
            place = getattr(state, name)
            if place is not None and not 0 <= place < size:
                raise ArgumentError(f"no {name} {place}; there are {size} (0 to {size - 1})")
        if state.filter not in _FILTERS:
            raise not_one_of("filter", state.filter, _FILTERS)
        if state.filter != "all" and not (self._pair and attention.query_stream == attention.key_stream):
            raise ArgumentError("a sentence filter needs a pair of texts and self-attention; this view has only 'all'")
        if state.color == "effect" and not self._effect:
            raise ArgumentError(
                "this view has no effects to be coloured by; make it with color=, an experiment's result"
            )
        rectangle = _rectangle(state.rectangle, attention)
        return replace(state, heads=sorted(set(state.heads)), rectangle=rectangle)


def _colours(changes: dict[str, Any]) -> dict[str, Any]:
    """What is said of colours, checked and taken out of ``changes``."""
    found: dict[str, Any] = {name: changes.pop(name) for name in ("color", "least") if name in changes}
    if found.get("color", "weight") not in get_args(Colour):
        raise not_one_of("colour", found["color"], get_args(Colour))
    if "least" in found:
        found["least"] = float(found["least"])
        if not (math.isfinite(found["least"]) and found["least"] >= 0):
            raise ArgumentError(f"least must be a size of effect, 0 or more; got {found['least']!r}")
    return found


def _rectangle(rectangle: list[int] | None, attention: AttentionSpec) -> list[int] | None:
    if rectangle is None:
        return None
    asked = [int(border) for border in rectangle]
    spans = list(zip(asked[0::2], asked[1::2], (attention.queries, attention.keys), strict=False))
    if len(asked) != 4 or not all(0 <= start < stop <= size for start, stop, size in spans):
        raise ArgumentError(
            f"no rectangle {asked}; give [first query, stop, first key, stop] within {attention.queries} queries "
            f"and {attention.keys} keys"
        )
    return asked
