"""One text of a corpus: what was read, what was written, and how it reads token by token."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from regard.corpus.hidden import Stream
from regard.corpus.store import Store


@dataclass(frozen=True)
class Text:
    """A text by its number; ``target`` is what the decoder was given, ``generated`` whether the model wrote it itself,
    and ``cut`` whether it was stopped before it had ended.

    ``labels`` are the tokens of each stream as they are drawn (:func:`regard.record.labels.label`), one per state.
    """

    number: int
    source: str
    target: str | None
    generated: bool = False
    cut: bool = False
    labels: Mapping[Stream, tuple[str, ...]] = field(default_factory=dict, repr=False)
    ids: Mapping[Stream, tuple[int, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, row: Mapping[str, Any], encoder_decoder: bool) -> Text:
        """From a row of the table of texts."""
        decoder = "target" if encoder_decoder else "source"
        sides: dict[Stream, str] = {"encoder": "source", "decoder": decoder, "context": decoder}
        return cls(
            row["id"],
            decoded(row["source"]),
            None if row["target"] is None else decoded(row["target"]),
            row["generated"],
            row["cut"],
            {stream: tuple(row[f"{side}_labels"] or ()) for stream, side in sides.items()},
            {stream: tuple(row[f"{side}_ids"] or ()) for stream, side in sides.items()},
        )


class Texts(Sequence[Text]):
    """The texts of a corpus by number, read when they are asked for."""

    def __init__(self, store: Store, encoder_decoder: bool) -> None:
        self._store, self._encoder_decoder = store, encoder_decoder

    def __len__(self) -> int:
        return self._store.count

    @overload
    def __getitem__(self, index: int) -> Text: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Text]: ...
    def __getitem__(self, index: int | slice) -> Text | Sequence[Text]:
        numbers = range(len(self))[index]
        if isinstance(numbers, int):
            return self.many([numbers])[numbers]
        found = self.many(numbers)
        return [found[number] for number in numbers]

    def __iter__(self) -> Iterator[Text]:
        for start in range(0, len(self), 1024):
            yield from self[start : start + 1024]

    def many(self, numbers: Sequence[int]) -> dict[int, Text]:
        """Texts by their numbers, read at once."""
        rows = self._store.text_rows(numbers)
        return {number: Text.of(row, self._encoder_decoder) for number, row in rows.items()}

    def __repr__(self) -> str:
        return f"<Texts: {len(self)}>"


def encoded(text: str) -> bytes:
    """A text as bytes, whatever is in it: also halves of characters, which UTF-8 has no place for."""
    return text.encode("utf-8", "surrogatepass")


def decoded(text: bytes) -> str:
    """The text that :func:`encoded` was given."""
    return text.decode("utf-8", "surrogatepass")


def digest(source: str, target: str | None) -> bytes:
    """What tells a text (and its target, ``None`` for one that the model writes) from all others, 16 bytes."""
    found = hashlib.sha256(len(encoded(source)).to_bytes(8, "little") + encoded(source))
    found.update(b"generated" if target is None else b"target" + encoded(target))
    return found.digest()[:16]
