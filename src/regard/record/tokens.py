"""The tokens of one sequence: what they are, how they read, where they stand in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from regard.axes import Offsets, TokenIds
from regard.errors import ArgumentError
from regard.record.labels import label
from regard.record.places import Grids, Place, Places, Time, Times, check_places


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens of one sequence.

    ``pieces`` is the text of each token as it stands in the sequence (byte-level marks decoded, so ``"Ġcat"`` is
    ``" cat"``); ``labels`` is what is drawn (see :func:`regard.record.labels.label`); ``special`` flags tokens the
    tokenizer added ([CLS], <s>); ``segments`` numbers the texts of a pair (0, 1; -1 for tokens of neither);
    ``offsets`` are [start, end) characters in ``text`` (-1, -1 where a token has none). Lengths must agree.

    A token that is a patch of a picture has its [image, row, column] in ``places`` (-1 for other tokens), with the
    [rows, columns] of each picture in ``grids``; one that is a frame of a sound its [start, end] in seconds in
    ``times`` (NaN for other tokens). :meth:`place` and :meth:`time` read them.
    """

    pieces: tuple[str, ...]
    labels: tuple[str, ...] = ()
    ids: TokenIds | None = None
    special: tuple[bool, ...] = ()
    segments: tuple[int, ...] | None = None
    offsets: Offsets | None = None
    text: str | None = field(default=None, repr=False)
    places: Places | None = None
    grids: Grids | None = None
    times: Times | None = None

    def __post_init__(self) -> None:
        count = len(self.pieces)
        if not self.labels:
            object.__setattr__(self, "labels", tuple(label(piece) for piece in self.pieces))
        if not self.special:
            object.__setattr__(self, "special", (False,) * count)
        for name in ("labels", "ids", "special", "segments", "offsets", "places", "times"):
            value = getattr(self, name)
            if value is not None and len(value) != count:
                raise ArgumentError(f"tokens: {count} pieces but {len(value)} {name}")
        check_places(self.places, self.grids)

    @classmethod
    def of(cls, tokens: Tokens | Sequence[str] | None, count: int, *, what: str = "tokens") -> Tokens:
        """Tokens from strings, checked against the attention's length; numbered ones where none are given."""
        if tokens is None:
            return cls(tuple(str(i) for i in range(count)))
        if isinstance(tokens, str):
            raise ArgumentError(
                f"{what}: expected a list of {count} strings, one per token, got the string {tokens[:40]!r}"
            )
        found = tokens if isinstance(tokens, Tokens) else cls(tuple(str(token) for token in tokens))
        if len(found) != count:
            raise ArgumentError(
                f"{what}: the attention has {count} positions but there are {len(found)} tokens; "
                "pass the tokens of exactly the sequence the model saw, special tokens included"
            )
        return found

    def __len__(self) -> int:
        return len(self.pieces)

    def place(self, number: int) -> Place | None:
        """Where in a picture that token is; ``None`` for one that is no patch, or whose place is not known."""
        if self.places is None or self.grids is None or self.places[number][0] < 0:
            return None
        image, row, column = map(int, self.places[number])
        return Place(image, row, column, *map(int, self.grids[image]))

    def time(self, number: int) -> Time | None:
        """When in a sound that token is; ``None`` for a token that is no frame of one."""
        if self.times is None or np.isnan(self.times[number]).any():
            return None
        return Time(*map(float, self.times[number]))

    def part(self, run: slice) -> Tokens:
        """These tokens of the sequence, which still know their place in the text, the picture or the sound."""
        parts = {name: getattr(self, name) for name in ("ids", "segments", "offsets", "places", "times")}
        return replace(
            self,
            pieces=self.pieces[run],
            labels=self.labels[run],
            special=self.special[run],
            **{name: None if value is None else value[run] for name, value in parts.items()},
        )

    def with_segments(self, second_starts: int) -> Tokens:
        """The same tokens, as a pair whose second text begins at position ``second_starts``."""
        if not 0 < second_starts < len(self):
            raise ArgumentError(
                f"the second text must start inside the {len(self)} tokens (1 to {len(self) - 1}); got {second_starts}"
            )
        segments = tuple(int(i >= second_starts) for i in range(len(self)))
        return replace(self, segments=segments)
