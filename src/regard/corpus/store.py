"""A corpus on disk: one Lance table of texts, and one of states for each layer of each stream.

States of two layers or streams live in two spaces, so each has a table (and an index) of its own, which makes the
filters by layer and stream free. A chunk of texts is written states first and texts last: the texts' commit is what
makes it count. States of texts that are not in the table of texts are what a killed writer left; readers pass over
them, and the next writer removes them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from regard.corpus.hidden import Stream
from regard.corpus.settings import Settings
from regard.errors import FileFormatError, missing_extra

Space = tuple[Stream, int]
TEXTS = "texts"
_FRAGMENTS, _GRACE = 64, timedelta(hours=1)


@dataclass(frozen=True, eq=False)
class Rows:
    """States of one space: ``vectors`` [state, d_model], the ``text`` (its number) and ``position`` of each."""

    vectors: np.ndarray
    text: np.ndarray
    position: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """All states of these."""
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("vectors", "text", "position")))


def lance() -> tuple[Any, Any]:
    """(lancedb, pyarrow); raises ``MissingExtraError`` where they are not installed.

    Lance's own remarks on small tables stay out of the terminal, unless ``LANCEDB_LOG`` asks for them.
    """
    os.environ.setdefault("LANCEDB_LOG", "error")
    try:
        return import_module("lancedb"), import_module("pyarrow")
    except ImportError:
        raise missing_extra("A corpus", "lancedb", "corpus") from None


class Store:
    """The tables in a corpus's folder, as they are when it is opened (others may go on writing)."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self._lancedb, self._arrow = lance()
        self._base = self._lancedb.connect(str(path))
        self._tables: dict[str, Any] = {}
        self.texts = self._opened(TEXTS)
        self.count = 0 if self.texts is None else int(self.texts.count_rows())
        self.states = {space: self._opened(name_of(space)) for space in settings.spaces}

    def unfinished(self, space: Space) -> int:
        """How many states belong to texts that do not count (yet)."""
        table = self.states[space]
        return 0 if table is None else int(table.count_rows(f"text >= {self.count}"))

    def repair(self) -> None:
        """Remove what a killed writer left."""
        for space, table in self.states.items():
            if self.unfinished(space):
                table.delete(f"text >= {self.count}")

    def append(self, texts: Sequence[Mapping[str, Any]], states: Mapping[Space, Rows]) -> None:
        """Write a chunk; once this returns it counts, and whatever happens before it counts for nothing."""
        for space, rows in states.items():
            if len(rows.text):
                self.states[space] = self._added(name_of(space), self.states[space], self._states(rows))
        self.texts = self._added(TEXTS, self.texts, self._texts(texts))
        self.count += len(texts)

    def tidy(self) -> None:
        """Merge the small files that many small additions leave; old ones go after an hour, for those who read them."""
        for table in (self.texts, *self.states.values()):
            if table is not None and table.stats()["fragment_stats"]["num_fragments"] > _FRAGMENTS:
                table.optimize(cleanup_older_than=_GRACE)

    def digests(self) -> set[bytes]:
        """What tells the texts apart, of all that are there."""
        if self.texts is None:
            return set()
        return set(self.texts.search(None).select(["digest"]).limit(self.count).to_arrow()["digest"].to_pylist())

    def text_rows(self, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Rows of the table of texts by number."""
        wanted = sorted(set(numbers))
        if not wanted:
            return {}
        found = {row["id"]: row for row in self.texts.take_offsets(wanted).to_list()}
        if sorted(found) != wanted:
            raise FileFormatError(f"the texts of the corpus at {str(self.path)!r} are not in their order")
        return found

    def _opened(self, name: str) -> Any:
        if not (self.path / f"{name}.lance").is_dir():
            return None
        try:
            return self._base.open_table(name)
        except (ValueError, RuntimeError, OSError) as error:
            if not any((self.path / f"{name}.lance" / "_versions").glob("*.manifest")):
                return None  # killed while the table was made: nothing in it counts yet
            raise FileFormatError(
                f"the table {name!r} of the corpus at {str(self.path)!r} is damaged: {error}"
            ) from error

    def _added(self, name: str, table: Any, rows: Any) -> Any:
        if table is None:
            begun = (self.path / f"{name}.lance").is_dir()
            return self._base.create_table(name, rows, mode="overwrite" if begun else "create")
        table.add(rows)
        return table

    def _states(self, rows: Rows) -> Any:
        arrow = self._arrow
        width = rows.vectors.shape[1]
        flat = arrow.array(np.ascontiguousarray(rows.vectors).reshape(-1))
        return arrow.table(
            {
                "vector": arrow.FixedSizeListArray.from_arrays(flat, width),
                "text": arrow.array(rows.text.astype(np.int64)),
                "position": arrow.array(rows.position.astype(np.int32)),
            }
        )

    def _texts(self, texts: Sequence[Mapping[str, Any]]) -> Any:
        arrow = self._arrow
        words, ids = arrow.list_(arrow.string()), arrow.list_(arrow.int64())
        kinds = {
            "id": arrow.int64(),
            "digest": arrow.binary(16),
            "source": arrow.large_binary(),
            "target": arrow.large_binary(),
            "generated": arrow.bool_(),
            "cut": arrow.bool_(),
            "source_ids": ids,
            "source_labels": words,
            "target_ids": ids,
            "target_labels": words,
        }
        return arrow.Table.from_pylist([dict(text) for text in texts], schema=arrow.schema(list(kinds.items())))


def name_of(space: Space) -> str:
    """The table of a space."""
    stream, layer = space
    return f"states-{stream}-{layer:03d}"
