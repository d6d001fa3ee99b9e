"""Word alignments as links: their file format, and how far they are from a gold alignment."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from regard.errors import ArgumentError

Link = tuple[int, int]
Links = tuple[Link, ...]
_LINK = re.compile(r"(\d+)([-?p])(\d+)([?p]?)")


class AlignmentError(NamedTuple):
    """Counts from which the alignment error rate comes, for one sentence or, added up, for many.

    ``found`` links were found and ``sure`` are in gold; of the found ones ``found_sure`` are sure and
    ``found_possible`` sure or possible.
    """

    found: int
    sure: int
    found_sure: int
    found_possible: int

    @property
    def rate(self) -> float:
        """``1 - (|A ∩ S| + |A ∩ P|) / (|A| + |S|)``: 0 is perfect. NaN when there is no link on either side."""
        total = self.found + self.sure
        return 1 - (self.found_sure + self.found_possible) / total if total else float("nan")

    @property
    def precision(self) -> float:
        """``|A ∩ P| / |A|``; NaN when nothing was found."""
        return self.found_possible / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        """``|A ∩ S| / |S|``; NaN when nothing is sure."""
        return self.found_sure / self.sure if self.sure else float("nan")

    def plus(self, other: AlignmentError) -> AlignmentError:
        """The counts of both: rates of a corpus come from sums, not from means of rates."""
        return AlignmentError(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def alignment_error(found: Collection[Link], sure: Collection[Link], possible: Collection[Link] = ()) -> AlignmentError:
    """Found links against gold ones (Och & Ney 2003): annotators agree on ``sure`` ones and allow ``possible`` ones.

    Links are (source, target); every sure link counts as possible too.

    >>> alignment_error({(0, 0), (1, 1), (2, 1)}, sure={(0, 0), (1, 1)}, possible={(2, 1)}).rate
    0.0
    >>> round(alignment_error({(0, 0), (1, 2)}, sure={(0, 0), (1, 1)}).rate, 2)
    0.5
    """
    links, certain = set(found), set(sure)
    allowed = certain | set(possible)
    return AlignmentError(len(links), len(certain), len(links & certain), len(links & allowed))


def pharaoh(sure: Collection[Link], possible: Collection[Link] = ()) -> str:
    """Links (source, target) as text: ``0-0 1-2`` for sure ones, ``2?3`` for possible ones, in order.

    >>> pharaoh([(1, 2), (0, 0)], possible=[(1, 3)])
    '0-0 1-2 1?3'
    """
    marked = dict.fromkeys(possible, "?") | dict.fromkeys(sure, "-")
    return " ".join(f"{i}{marked[i, j]}{j}" for i, j in sorted(marked))


def from_pharaoh(line: str) -> tuple[frozenset[Link], frozenset[Link]]:
    """The sure and the only possible links of a line; ``?`` and ``p``, between or after numbers, mark possible ones.

    Raises ``ArgumentError`` for anything that is no link.

    >>> sure, possible = from_pharaoh("0-0 1-2 1p3 2-3p")
    >>> sorted(sure), sorted(possible)
    ([(0, 0), (1, 2)], [(1, 3), (2, 3)])
    """
    sure: set[Link] = set()
    possible: set[Link] = set()
    for word in line.split():
        found = _LINK.fullmatch(word)
        if found is None:
            raise ArgumentError(f"links are written source-target, such as '0-0 1-2' or '2?3'; got {word!r}")
        source, mark, target, after = found.groups()
        (sure if mark == "-" and not after else possible).add((int(source), int(target)))
    return frozenset(sure), frozenset(possible - sure)
