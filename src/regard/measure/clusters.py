"""Groups of heads that attend alike, with the ties among them said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.measure.heads_apart import Heads, block_distances
from regard.record import Record

_NUMERICAL = 1e-6
_SURE = 3.0


class Merge(NamedTuple):
    """Groups that become one at a distance ``height`` (nats): two, or more where which two come first cannot be told.

    Groups are numbers: from 0 the heads, then the merges in order.
    """

    groups: tuple[int, ...]
    height: float

    @property
    def tied(self) -> bool:
        """Whether more than two groups merge at once."""
        return len(self.groups) > 2


@dataclass(frozen=True, eq=False)
class Clusters:
    """A dendrogram of heads: ``heads`` are (layer, head), ``merges`` join them from the closest on.

    ``blocks`` is the number of blocks of queries from which it is judged whether two distances differ.
    """

    heads: Heads
    merges: tuple[Merge, ...]
    between: Float[np.ndarray, "head head"]
    blocks: int

    def at(self, height: float) -> list[Heads]:
        """Groups of heads whose merges lie at or below that distance, largest first."""
        groups: dict[int, tuple[int, ...]] = {number: (number,) for number in range(len(self.heads))}
        for number, merge in enumerate(self.merges, start=len(self.heads)):
            if merge.height <= height and all(group in groups for group in merge.groups):
                groups[number] = tuple(sorted(head for group in merge.groups for head in groups.pop(group)))
        ordered = sorted(groups.values(), key=lambda members: (-len(members), members))
        return [tuple(self.heads[head] for head in members) for members in ordered]

    def into(self, count: int) -> list[Heads]:
        """At most ``count`` groups, as many as ties allow; raises ``ArgumentError`` for fewer than one."""
        if count < 1:
            raise ArgumentError(f"heads can be put into 1 group or more; got {count}")
        left, height = len(self.heads), -np.inf
        for merge in self.merges:
            if left <= count:
                break
            left, height = left - len(merge.groups) + 1, merge.height
        return self.at(height)

    @property
    def ties(self) -> list[Heads]:
        """Heads of each tie set: those that merge at once because which are closest cannot be told."""
        return [self._members(merge) for merge in self.merges if merge.tied]

    def _members(self, merge: Merge) -> Heads:
        open_, found = list(merge.groups), []
        while open_:
            group = open_.pop()
            if group < len(self.heads):
                found.append(group)
            else:
                open_.extend(self.merges[group - len(self.heads)].groups)
        return tuple(self.heads[head] for head in sorted(found))


def head_clusters(
    record: Record, kind: Kind | None = None, *, queries: range | slice | None = None, blocks: int = 16
) -> Clusters:
    """Heads merged by how alike they attend: average linkage on Jensen–Shannon divergences, with tie sets.

    At each step the closest groups a and b merge, and with them every group whose distance to each of those already
    taken cannot be told from the distance of a and b: within three standard errors of the difference over ``blocks``
    blocks of queries (the closest of many is close by luck as well), or within 1e-6 nats. So the order of heads decides
    nothing (Fernández & Gómez 2008 merge exact ties so; Clark et al. 2019 cluster heads by these distances). Queries of
    one text are not independent, so blocks make differences look surer than they are on another text.

    ``queries`` as for :func:`regard.measure.head_distances`. Raises ``ArgumentError`` for fewer than two blocks.
    """
    if blocks < 2:
        raise ArgumentError(f"head_clusters: differences are judged over 2 blocks of queries or more; got {blocks}")
    heads, parts, sizes = block_distances(record, kind, queries, blocks)
    share = sizes / sizes.sum()
    between = np.tensordot(share, parts, axes=1)
    return Clusters(heads, tuple(_merged(parts, share)), between, len(parts))


def _merged(parts: Float[np.ndarray, "block head head"], share: Float[np.ndarray, " block"]) -> list[Merge]:
    """Merges of distances by block, where blocks have these shares of the queries."""
    apart, weight = parts.copy(), np.ones(parts.shape[1])
    numbers = list(range(parts.shape[1]))
    merges: list[Merge] = []
    while len(numbers) > 1:
        mean = np.tensordot(share, apart, axes=1)
        np.fill_diagonal(mean, np.inf)
        first = np.unravel_index(int(mean.argmin()), mean.shape)
        taken = _tie(apart, share, [int(place) for place in first])
        height = max(float(mean[first]), merges[-1].height if merges else 0.0)
        merges.append(Merge(tuple(sorted(numbers[place] for place in taken)), height))
        rest = [place for place in range(len(numbers)) if place not in taken]
        own = weight[taken] / weight[taken].sum()
        joined = np.tensordot(apart[:, rest][:, :, taken], own, axes=1)
        apart = np.pad(apart[:, rest][:, :, rest], ((0, 0), (0, 1), (0, 1)))
        apart[:, -1, :-1] = apart[:, :-1, -1] = joined
        weight = np.append(weight[rest], weight[taken].sum())
        numbers = [*(numbers[place] for place in rest), parts.shape[1] + len(merges) - 1]
    return merges


def _tie(
    apart: Float[np.ndarray, "block group group"], share: Float[np.ndarray, " block"], taken: list[int]
) -> list[int]:
    """The two closest groups, and those whose distances to all that are taken cannot be told from theirs."""
    closest = apart[:, taken[0], taken[1]]
    mean = np.tensordot(share, apart, axes=1)
    candidates = np.argsort(mean[taken[0]] + mean[taken[1]], kind="stable")
    for place in map(int, candidates):
        if place in taken:
            continue
        more = apart[:, place, taken] - closest[:, None]
        if (share @ more <= _SURE * _error(more, share) + _NUMERICAL).all():
            taken = [*taken, place]
    return taken


def _error(more: Float[np.ndarray, "block pair"], share: Float[np.ndarray, " block"]) -> Float[np.ndarray, " pair"]:
    """Standard error of a mean over blocks."""
    spread = share @ (more - share @ more) ** 2
    return np.asarray(np.sqrt(spread / max(1, len(share) - 1)))
