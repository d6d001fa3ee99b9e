"""Selections that follow each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regard.view.selection import Selection


class Group:
    """When one member changes, all others follow it, and none of them is followed back: what one cannot take over of
    a change is not lost to the rest. The first member is followed first.
    """

    def __init__(self, *members: Selection):
        self.members = members
        self._busy = False
        self._ends = [self._watch(member) for member in members]
        self._tell(members[0])

    def end(self) -> None:
        """Follow no more; a second time does nothing."""
        for end in self._ends:
            end()
        self._ends.clear()

    def _watch(self, member: Selection) -> Callable[[], None]:
        return member.observe(lambda _: self._tell(member))

    def _tell(self, source: Selection) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            for member in self.members:
                if member is not source:
                    member.follow(source)
        finally:
            self._busy = False
