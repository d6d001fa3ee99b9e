"""The tiles of a view: rectangles of its arrays, read and encoded when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod

from regard.errors import ArgumentError
from regard.record import Slices
from regard.serve.encode import Coding, Precision, choose, encode
from regard.view import TileHeader, View
from regard.view.neuron_arrays import ARRAYS as NEURON_ARRAYS
from regard.view.view import Part

Tile = tuple[TileHeader, bytes]
_MOST_ELEMENTS = 1 << 24
_EXACT = {
    "exact",
    "received",
    "color",
    "effect",
    "effect_head",
    "choices",
    "processed",
    "experts",
    "gates",
    *NEURON_ARRAYS,
}


class Tiles:
    """Reads and encodes rectangles of a view's arrays; safe to use from several threads, for it only reads.

    ``elements`` counts the weights that a page without Python would have to carry. It also decides how finely they are
    coded, so that a tile is the same wherever it travels. A page of a given size says itself which ``parts`` it
    carries, and how they are coded.
    """

    def __init__(
        self,
        view: View,
        precision: Precision = "auto",
        parts: Sequence[Part] | None = None,
        coding: Coding | None = None,
    ):
        self.view = view
        self.precision = precision
        self._parts, self._given = parts, coding
        sizes = [(_is_exact(array), _size(slices)) for array, slices in view.parts()]
        self.elements = sum(size for exact, size in sizes if not exact)
        self._plain = sum(size for exact, size in sizes if exact)
        choose(self.elements, 1, precision)

    @property
    def nbytes(self) -> int:
        """Bytes of all codes before compression, and of what travels without any."""
        each = 2 if choose(self.elements, 1, self.precision).dtype == "u16" else 1
        return self.elements * each + self._plain * 4

    @property
    def cost(self) -> int:
        """How many weights a page without Python makes one compute: blocks of a long text take all that they pool."""
        return self._cost(self.view.parts())

    def refine(self, array: str, slices: Slices) -> Iterator[Tile]:
        """One rectangle, [start, stop) per axis, as it gets better: the last tile is exact, with a ``share`` of 1.

        Raises ``ArgumentError`` for a rectangle that is outside or too large.
        """
        self._check(array, slices)
        coding = self._coding(array)
        return (encode(found, array, slices, coding, share) for found, share in self.view.refine(array, slices))

    def all(self) -> Iterator[Tile]:
        """Every tile that a page without Python must carry: the view's own, or the ``parts`` that were chosen."""
        return self._each(self.view.parts() if self._parts is None else self._parts)

    def first(self, limit: int) -> list[Tile]:
        """The first picture's tiles: overviews or the selected layer; nothing if that reads over ``limit`` weights."""
        shown = self.view.first_parts()
        return list(self._each(shown)) if self._cost(shown) <= limit else []

    def _cost(self, parts: Iterable[Part]) -> int:
        """How many weights must be read to make these parts (an overview reads all that it pools)."""
        return sum(prod(self.view.shape(f"{array.partition('.')[0]}.weights")[2:]) for array, _ in parts)

    def _each(self, parts: Iterable[Part]) -> Iterator[Tile]:
        return (self._read(array, slices) for array, slices in parts)

    def _read(self, array: str, slices: Slices) -> Tile:
        return encode(self.view.read(array, slices), array, slices, self._coding(array))

    def _coding(self, array: str) -> Coding | None:
        """How weights are coded. A level of a map is coded as the weights below it are; what is small or named exact
        is not coded.
        """
        kind, _, what = array.partition(".")
        if _is_exact(array):
            return None
        if self._given is not None:
            return self._given
        keys = self.view.shape(f"{kind}.weights" if "@" in what else array)[-1]
        return choose(self.elements, keys, self.precision)

    def _check(self, array: str, slices: Slices) -> None:
        shape = self.view.shape(array)
        asked = [[s.start, s.stop] for s in slices]
        if len(slices) != len(shape) or not all(0 <= s.start < s.stop <= n for s, n in zip(slices, shape, strict=True)):
            raise ArgumentError(
                f"no rectangle {asked} in {array!r}, which is {list(shape)}: give [start, stop) per axis"
            )
        if _size(slices) > _MOST_ELEMENTS:
            raise ArgumentError(
                f"rectangle {asked} of {array!r} holds {_size(slices)} weights; at most {_MOST_ELEMENTS}"
            )


def _is_exact(array: str) -> bool:
    return array.partition(".")[2] in _EXACT


def _size(slices: Slices) -> int:
    return prod(s.stop - s.start for s in slices)
