"""Components of a state's states over positions: those that change most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from regard.errors import ArgumentError

Vectors = Float[np.ndarray, "position d_model"]
Others = Float[np.ndarray, "other d_model"]


@dataclass(frozen=True, eq=False)
class Components:
    """Some numbers of the vectors at every position: ``values`` [dimension, position] of ``dimensions``, in the order
    of how much they ``change``, the most first.

    ``positions`` are those between which that is. ``others`` [dimension, position] are those of another state
    (``beside``), from which the change then is. ``width`` is how many dimensions there are.
    """

    dimensions: tuple[int, ...]
    values: Float[np.ndarray, "dimension position"]
    change: tuple[float, ...]
    positions: tuple[int, ...]
    width: int
    beside: int | None = None
    others: np.ndarray | None = None


def components(
    own: Vectors,
    *,
    positions: Sequence[int] = (),
    count: int = 8,
    other: Others | None = None,
    beside: int | None = None,
) -> Components:
    """The ``count`` dimensions that change most.

    Between two ``positions``, by the absolute difference of their numbers. With ``other`` vectors, by that between
    ``own`` and ``other``: at the position named, or its mean over those that both have. Else by the range (largest
    less smallest) over all positions.

    >>> vectors = np.array([[0.0, 1.0, 5.0], [0.0, 4.0, 5.0], [0.0, 2.0, 6.0]])
    >>> components(vectors, count=2).dimensions, components(vectors, positions=(0, 2), count=1).change
    ((1, 2), (1.0,))
    """
    places = tuple(_place(one, len(own), "the state") for one in positions)
    if len(places) > 2:
        raise ArgumentError(f"components change between two positions; got {len(places)}")
    if isinstance(count, bool) or count < 1:
        raise ArgumentError(f"count must be a whole number from 1 on; got {count!r}")
    change = _change(own, places, other)
    order = np.argsort(-change, kind="stable")[:count]
    return Components(
        tuple(int(i) for i in order),
        own[:, order].T,
        tuple(float(change[i]) for i in order),
        places,
        own.shape[1],
        beside,
        None if other is None else other[:, order].T,
    )


def _change(own: Vectors, places: tuple[int, ...], other: Others | None) -> Float[np.ndarray, " d_model"]:
    mine = own.astype(np.float64)
    if other is not None:
        theirs = other.astype(np.float64)
        if places:
            return np.asarray(np.abs(mine[places[0]] - theirs[_place(places[0], len(theirs), "the other state")]))
        both = min(len(mine), len(theirs))
        return np.asarray(np.abs(mine[:both] - theirs[:both]).mean(0))
    if len(places) == 2:
        return np.asarray(np.abs(mine[places[1]] - mine[places[0]]))
    return np.asarray(np.ptp(mine, axis=0))


def _place(position: int, count: int, whose: str) -> int:
    if isinstance(position, bool) or not -count <= position < count:
        raise ArgumentError(f"position {position!r} does not exist; {whose} has {count} (0 to {count - 1})")
    return int(position) % count
