"""What is selected in a view: state that Python and the picture share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.view.spec import AttentionSpec, Filter, SelectionSpec

Observer = Callable[[SelectionSpec], None]
_FILTERS = ("all", "aa", "ab", "ba", "bb")


class Selection:
    """The selection of one view: read it, set it, follow it.

    ``kind``, ``layer``, ``heads``, ``query``, ``key``, ``filter`` and ``rectangle`` can be read and assigned;
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
    _pair: bool
    _observers: list[Observer]
    _linked: list[Selection]
    _state: SelectionSpec

    def __init__(self, attentions: list[AttentionSpec], state: SelectionSpec, *, pair: bool):
        offers: dict[Kind, AttentionSpec] = {a.kind: a for a in attentions}
        for name, value in (("_offers", offers), ("_pair", pair), ("_observers", []), ("_linked", [])):
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
        state = replace(self._state, **changes)
        if state.kind != self._state.kind:
            state = self._moved(state)
        state = self._checked(state)
        if state == self._state:
            return
        object.__setattr__(self, "_state", state)
        for observer in list(self._observers):
            observer(state)

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer(state)`` after every change; returns a function that ends this."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def link(self, other: Selection) -> Callable[[], None]:
        """Keep two selections alike from now on, as far as both views offer the same; returns a function that ends it.

        ``other`` takes over what is selected here. On one page, linked views follow each other too.
        """
        ends = [self.observe(other._follow), other.observe(self._follow)]
        other._follow(self._state)
        self._linked.append(other)
        other._linked.append(self)

        def unlink() -> None:
            for end in ends:
                end()
            self._linked.remove(other)
            other._linked.remove(self)

        return unlink

    @property
    def linked(self) -> tuple[Selection, ...]:
        """Every selection that follows this one, directly or through others; this one first."""
        found = [self]
        for selection in found:
            found += [other for other in selection._linked if all(other is not known for known in found)]
        return tuple(found)

    def _follow(self, state: SelectionSpec) -> None:
        """Take over another view's selection, field by field where it cannot be taken as a whole."""
        try:
            self.update(**asdict(state))
        except ArgumentError:
            for name in ("layer", "heads", "query", "key"):
                with suppress(ArgumentError):
                    self.update(**{name: getattr(state, name)})

    def __repr__(self) -> str:
        return f"Selection({', '.join(f'{k}={v!r}' for k, v in asdict(self._state).items())})"

    def _moved(self, state: SelectionSpec) -> SelectionSpec:
        attention = self._attention(state.kind)
        return replace(
            state,
            layer=state.layer if state.layer in attention.layers else attention.layers[0],
            heads=[h for h in state.heads if h in attention.heads] or list(attention.heads),
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
        for head in state.heads:
            if head not in attention.heads:
                raise not_one_of("head", head, attention.heads)
        for name, size in (("query", attention.queries), ("key", attention.keys)):
            place = getattr(state, name)
            if place is not None and not 0 <= place < size:
                raise ArgumentError(f"no {name} {place}; there are {size} (0 to {size - 1})")
        if state.filter not in _FILTERS:
            raise not_one_of("filter", state.filter, _FILTERS)
        if state.filter != "all" and not (self._pair and attention.query_stream == attention.key_stream):
            raise ArgumentError("a sentence filter needs a pair of texts and self-attention; this view has only 'all'")
        rectangle = _rectangle(state.rectangle, attention)
        return replace(state, heads=sorted(set(state.heads)), rectangle=rectangle)


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
