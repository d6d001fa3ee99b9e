"""Which layers, heads and query positions to keep; what is not kept costs no memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from regard.capture.copies import Unembedding
from regard.capture.masks import Mask
from regard.errors import ArgumentError, not_one_of

Values = bool | Literal["vectors"]


@dataclass(frozen=True)
class Part:
    """Layer and head numbers as the model counts them, and a run of query positions; ``None``: all.

    ``values``: whether the size of values is kept too, or the values themselves (``"vectors"``); ``unembedding``: by
    which to tell what heads copy.
    """

    layers: tuple[int, ...] | None = None
    heads: tuple[int, ...] | None = None
    positions: slice | None = None
    values: Values = False
    unembedding: Unembedding | None = None

    @classmethod
    def of(cls, layers: Any = None, heads: Any = None, positions: Any = None, *, values: Values = False) -> Part:
        """Checked before the model runs; raises ``ArgumentError``."""
        if positions is not None and (not isinstance(positions, slice) or positions.step not in (None, 1)):
            raise ArgumentError(f"positions must be a slice of step 1, such as slice(100, 200); got {positions!r}")
        if values not in (True, False, "vectors"):
            raise not_one_of("way to keep values", values, (True, False, "vectors"))
        return cls(_numbers("layers", layers), _numbers("heads", heads), positions, values)

    def has_layer(self, number: int) -> bool:
        """Whether that layer is kept."""
        return self.layers is None or number in self.layers

    def check_layers(self, count: int, *, last: bool) -> None:
        """Raises ``ArgumentError`` for a layer that does not exist, when no further kind may have it (``last``)."""
        for layer in self.layers or ():
            if last and layer >= count:
                raise not_one_of("layer", layer, range(count))

    def check_whole(self, what: str) -> None:
        """Raises ``ArgumentError`` when only a part of finished weights is asked for."""
        if self.heads is not None or self.positions is not None:
            raise ArgumentError(
                f"{what} gives finished weights, of which only whole layers are kept; leave out heads and positions"
            )

    def queries(self, count: int) -> slice:
        """The kept run of ``count`` query positions; raises ``ArgumentError`` when it is empty."""
        start, stop, _ = (self.positions or slice(None)).indices(count)
        if stop <= start:
            raise ArgumentError(f"positions {start}:{stop} hold no query; the sequence has {count} tokens")
        return slice(start, stop)

    def heads_of(self, count: int) -> tuple[int, ...]:
        """The kept ones of ``count`` heads; raises ``ArgumentError`` for a head that does not exist."""
        for head in self.heads or ():
            if head >= count:
                raise not_one_of("head", head, range(count))
        return tuple(range(count)) if self.heads is None else self.heads


def some_queries(mask: Mask, run: slice, queries: int, keys: int) -> Mask:
    """The mask of these query rows alone."""
    arrays = dict(mask.arrays)
    for name in ("visible", "bias"):
        if name in arrays and arrays[name].shape[1] > 1:
            arrays[name] = arrays[name][:, run]
    if "distance_bias" in arrays:
        first = queries - run.stop
        arrays["distance_bias"] = arrays["distance_bias"][:, first : first + run.stop - run.start + keys - 1]
    return Mask(replace(mask.rule, offset=mask.rule.offset + run.start), arrays)


def _numbers(name: str, given: Any) -> tuple[int, ...] | None:
    if given is None:
        return None
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise ArgumentError(f"{name} must be a list of numbers, such as [0, 5]; got {given!r}")
    found = tuple(sorted({int(number) for number in given}))
    if not found or found[0] < 0:
        raise ArgumentError(f"{name} must be numbers from 0, at least one; got {list(found)}")
    return found
