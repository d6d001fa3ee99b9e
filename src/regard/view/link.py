"""Views whose selections follow each other, and what keeps them from doing so in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.view.spec import AttentionSpec
from regard.view.view import View


@dataclass(frozen=True, eq=False, repr=False)
class Link:
    """Views that follow each other until :meth:`unlink`; ``differences`` says what does not follow, and why."""

    views: tuple[View, ...]
    differences: tuple[str, ...]
    unlink: Callable[[], None]

    def __repr__(self) -> str:
        names = ", ".join(view.name for view in self.views)
        return "\n".join([f"<Link of {names}: one selection>", *(f"  {line}" for line in self.differences)])


def link(*views: View) -> Link:
    """Let the selections of these views follow each other: kind, layer, heads, query, key, filter and rectangle.

    Select something in one of them, in Python or on screen, and the others show it too, live in a notebook and on a
    page that they are saved to together (``regard.serve.html.save([view, view], path="page.html")``). The first view
    is followed first. Views may be of different records: then layer and heads are followed where both have them,
    ``query`` where both have as many queries, ``key`` where both have as many keys, and ``differences`` of the result
    says what is not.

    >>> import numpy as np, regard
    >>> record = regard.from_weights(np.full((2, 2, 3, 3), 1 / 3))
    >>> lines, chart = regard.head_view(record), regard.map_view(record)
    >>> linked = regard.link(lines, chart)
    >>> lines.selection.layer = 1
    >>> chart.selection.layer
    1
    >>> linked.unlink()

    Raises ``ArgumentError`` for what is no view, and for fewer than two.
    """
    for view in views:
        if not isinstance(view, View):
            raise ArgumentError(f"only views can be linked; got {type(view).__name__}")
    if len({id(view) for view in views}) < max(2, len(views)):
        raise ArgumentError(f"link needs two or more different views; got {len({id(view) for view in views})}")
    first, *others = views
    found = [line for number, other in enumerate(others, 2) for line in _differences(number, first, other)]
    return Link(views, tuple(found), first.selection.link(*(other.selection for other in others)))


def _differences(number: int, first: View, other: View) -> Iterator[str]:
    """What the first view has that the other, of this number, cannot follow; and the reverse."""
    mine: dict[Kind, AttentionSpec] = {offer.kind: offer for offer in first.attentions()}
    theirs: dict[Kind, AttentionSpec] = {offer.kind: offer for offer in other.attentions()}
    shared = [kind for kind in mine if kind in theirs]
    name = f"view {number} ({other.name})"
    if mine.keys() != theirs.keys():
        yield f"{name} has {_listed(theirs)} attention, view 1 {_listed(mine)}"
    alone = (next(iter(mine.values())), next(iter(theirs.values())))
    for here, there in [(mine[kind], theirs[kind]) for kind in shared] or [alone]:
        for what in ("layers", "heads"):
            if getattr(here, what) != getattr(there, what):
                only = len(set(getattr(here, what)) ^ set(getattr(there, what)))
                yield f"{name}: {only} {there.kind} {what} are in one of the two views only, and not followed"
        for what, field in (("queries", "query"), ("keys", "key")):
            if getattr(here, what) != getattr(there, what):
                sizes = f"{getattr(here, what)} against {getattr(there, what)}"
                yield f"{name}: {field} is not followed: {sizes} {there.kind} {what}"


def _listed(offers: dict[Kind, AttentionSpec]) -> str:
    return ", ".join(offers)
