"""What a view of a workbench holds of it, and the doors by which its picture asks for more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Any, Protocol, runtime_checkable

import numpy as np

from regard.errors import ArgumentError, not_one_of
from regard.record import Attention, Record, Slices
from regard.record.display import display
from regard.view.view import Part
from regard.view.workbench_spec import WorkbenchSpec

_HEADER = 200


@runtime_checkable
class Session(Protocol):
    """What the view shows: a workbench, or what is left of one."""

    def spec(self) -> WorkbenchSpec:
        """The session, with the states that are shown as a whole."""
        ...

    def news(self) -> dict[str, Any]:
        """The session as an answer to nobody."""
        ...

    def record(self) -> Record:
        """The attention of the state that is shown."""
        ...

    def records(self) -> dict[str, Record]:
        """The attention of every state and hypothesis that was looked at, by its name: ``"3"``, or ``"3-17"``."""
        ...

    def record_of(self, name: str) -> Record | None:
        """The one of these that is called so."""
        ...

    def take(self, message: Any) -> Any:
        """Let a request have its turn; calling the result does it and gives the answer."""
        ...

    def observe(self, observer: Any) -> Any:
        """Call ``observer()`` after every change; returns a function that ends this."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class WithSession:
    """Of a view that shows a workbench: requests go to its ``session``, and the attention of every state can be read as
    ``"<state>:<kind>.weights"``, that of other hypotheses as ``"<state>-<node>:<kind>.weights"``."""

    session: Session = field(kw_only=True)

    def ask(self, message: Any) -> Any:
        """Let a request of the picture have its turn; calling the result does it and gives the answer."""
        return self.session.take(message)

    def news(self) -> dict[str, Any]:
        """An answer that nobody asked for: the session as it is now."""
        return self.session.news()

    def watch(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call ``observer()`` after every change; returns a function that ends this."""
        found: Callable[[], None] = self.session.observe(observer)
        return found

    def _display_(self) -> Any:
        """What marimo shows, which knows no live widget in what other notebooks are given."""
        return display("widget", self)

    def parts(self) -> Iterator[Part]:
        """Array rectangles of every state, by which a page without Python shows all that was tried."""
        raise NotImplementedError

    def session_arrays(self) -> tuple[str, ...]:
        """Names of the arrays of every state that was looked at."""
        records = self.session.records().items()
        return tuple(f"{name}:{kind}.weights" for name, record in records for kind in record.attentions)

    def session_attention(self, array: str) -> Attention:
        """The attention that such an array is of; raises ``ArgumentError``."""
        place, _, what = array.partition(".")
        name, _, kind = place.partition(":")
        found = self.session.record_of(name)
        if found is None or what != "weights" or kind not in found.attentions:
            raise not_one_of("array", array, self.session_arrays())
        return found.attentions[kind]  # type: ignore[index]

    def read_session(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of such an array."""
        attention = self.session_attention(array)
        layers, *rest = slices
        return np.stack([attention.layer(n).read("weights", rest) for n in range(layers.start, layers.stop)])

    def carried(self, budget: int) -> Carried:
        """Fill ``budget`` bytes with whole states: the one shown, the pinned one, then the newest; what is left out."""
        session, records = self.session.spec(), self.session.records()
        order = [session.current, session.pinned, *sorted((one.id for one in session.history), reverse=True)]
        wanted = dict.fromkeys([*(str(one) for one in order if one is not None), *records])
        own: dict[str, list[Part]] = {name: [] for name in wanted}
        for part in self.parts():
            own[part[0].partition(":")[0]].append(part)
        found: list[Part] = []
        missing: list[str] = []
        for name, parts in own.items():
            size = sum(map(_bytes, parts))
            if size > budget:
                missing.append(name)
                continue
            budget -= size
            found += parts
        if missing and not found:
            raise ArgumentError(
                "this budget leaves no room for the attention of one state; raise budget=, or show fewer layers or "
                "heads (include_layers=, include_heads=)"
            )
        word = f"the attention of {len(missing)} of {len(own)} states: {', '.join(missing)}" if missing else ""
        return Carried(tuple(found), word)


@dataclass(frozen=True)
class Carried:
    """What a page of a given size carries of a workbench: ``parts``, and in words what is ``left_out``."""

    parts: tuple[Part, ...]
    left_out: str


def _bytes(part: Part) -> int:
    """About how many bytes a part takes on a page: a byte a weight, and its header."""
    return _HEADER + int(prod(s.stop - s.start for s in part[1]))
