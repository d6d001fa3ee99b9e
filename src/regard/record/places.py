"""Where a token stands in what it was made from: a place in a picture, a stretch of time in a sound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from regard.errors import ArgumentError

Places = Int[np.ndarray, "token 3"]
Grids = Int[np.ndarray, "image 2"]
Times = Float[np.ndarray, "token 2"]


class Place(NamedTuple):
    """A patch: its row and column, of so many, in picture (or frame of a video) number ``image``; all from 0."""

    image: int
    row: int
    column: int
    rows: int
    columns: int


class Time(NamedTuple):
    """A stretch of a sound, in seconds."""

    start: float
    end: float


def place_label(place: Place, images: int = 1) -> str:
    """How a patch is written; with its picture's number where there are several.

    >>> place_label(Place(0, 3, 4, 14, 14)), place_label(Place(1, 3, 4, 14, 14), images=2)
    ('patch 3,4', 'image 1 patch 3,4')
    """
    return f"{f'image {place.image} ' * (images > 1)}patch {place.row},{place.column}"


def time_label(time: Time) -> str:
    """How a frame of sound is written: when it begins.

    >>> time_label(Time(0.32, 0.34))
    '0.32 s'
    """
    return f"{time.start:.2f} s"


def grid_places(grids: Grids) -> Places:
    """[image, row, column] of every patch of pictures one after another, each row by row.

    >>> grid_places(np.array([[1, 2], [2, 1]])).tolist()
    [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 1, 0]]
    """
    found = [
        np.stack([np.full(rows * columns, image), *np.divmod(np.arange(rows * columns), max(columns, 1))], axis=1)
        for image, (rows, columns) in enumerate(np.asarray(grids).tolist())
    ]
    return np.concatenate([np.zeros((0, 3), np.int64), *found]).astype(np.int32)


def check_places(places: Places | None, grids: Grids | None) -> None:
    """Raises ``ArgumentError`` for places outside their pictures."""
    if places is None:
        return
    if grids is None or places.ndim != 2 or places.shape[1] != 3 or grids.ndim != 2 or grids.shape[1] != 2:
        raise ArgumentError(
            "places must be [token, 3] (image, row, column) with grids [image, 2] (rows, columns); got "
            f"{list(places.shape)} and {None if grids is None else list(grids.shape)}"
        )
    known = places[(places >= 0).all(axis=1)]
    if ((places < 0).any(axis=1) != (places == -1).all(axis=1)).any() or (known[:, 0] >= len(grids)).any():
        raise ArgumentError(f"places must name one of {len(grids)} pictures, or be -1, -1, -1 for no place")
    if (known[:, 1:] >= grids[known[:, 0]]).any():
        raise ArgumentError("places lie outside the rows and columns of their pictures")
