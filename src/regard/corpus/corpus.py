"""A corpus that was indexed, opened again: its texts, and the states nearest to any state."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from regard.corpus import approximate
from regard.corpus.adding import Added
from regard.corpus.hidden import Stream
from regard.corpus.identity import Identity
from regard.corpus.neighbour import Neighbour, Neighbours, check_vector, distances
from regard.corpus.one_input import States, states
from regard.corpus.settings import Check, Metric, Settings
from regard.corpus.store import Space, Store, name_of
from regard.corpus.text import Texts
from regard.errors import ArgumentError


class Corpus:
    """The states of a model on many texts, as :func:`regard.corpus.index` left them at ``path``.

    It stays as it was when it was opened, whatever is added meanwhile. ``len`` is the number of states.
    """

    added: Added | None = None
    """What :func:`regard.corpus.index` did with the texts it was given, where it returned this."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._settings = Settings.read(self.path)
        self._store = Store(self.path, self._settings)
        self.texts = Texts(self._store, self._settings.encoder_decoder)
        self._only = f"text < {self._store.count}"
        self._left = {space: self._store.unfinished(space) for space in self._settings.spaces}
        tables = self._store.states
        self.counts: Mapping[Space, int] = {
            space: 0 if table is None else int(table.count_rows()) - self._left[space]
            for space, table in tables.items()
        }
        self._widths = {space: table.schema.field("vector").type.list_size for space, table in tables.items() if table}

    @property
    def model(self) -> Identity:
        """Whose states these are."""
        return self._settings.identity

    @property
    def metric(self) -> Metric:
        """What distances are: ``"cosine"`` (1 - cos) or ``"l2"``."""
        return self._settings.metric

    @property
    def layers(self) -> Mapping[Stream, tuple[int, ...]]:
        """The layers that are kept of each stream."""
        return dict(self._settings.layers)

    @property
    def checks(self) -> Mapping[Space, Check]:
        """What was found when each index was tried, by (stream, layer); tables without one are searched exactly."""
        named = {space: self._settings.checks.get(name_of(space)) for space in self._settings.spaces}
        return {space: check for space, check in named.items() if check is not None}

    def nearest(
        self,
        vector: Any,
        k: int = 10,
        *,
        layer: int | None = None,
        stream: Stream | None = None,
        without: Collection[int] = (),
    ) -> Neighbours:
        """The ``k`` states nearest to a vector [d_model], among those of a ``layer`` and ``stream`` (``None``: of all
        that are as wide), leaving out the texts ``without`` (their numbers).

        A vector of one layer and a state of another are of different spaces, so their distance says little. Raises
        ``ArgumentError`` for a vector of another width, with NaN, or (cosine) of length zero.
        """
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ArgumentError(f"k is how many neighbours to find, at least 1; got {k!r}")
        query = check_vector(vector, self.metric)
        spaces = self._spaces(self._settings.chosen(stream, layer), len(query))
        found = [one for space in spaces for one in self._search(space, query, k, without)]
        checks = [self.checks[space] for space in spaces if space in self.checks]
        searched = sum(self.counts[space] for space in spaces)
        return Neighbours(found, self.metric, searched, checks)[:k]

    def neighbours(
        self,
        states: States,
        k: int = 20,
        *,
        stream: Stream | None = None,
        layer: int | None = None,
        positions: Sequence[int] | None = None,
        without: Collection[int] = (),
    ) -> tuple[Neighbours, ...]:
        """The ``k`` nearest states of each position of an input, in the same stream and layer.

        ``stream`` and ``layer`` are by default the last ones of the corpus; ``positions`` are all.
        """
        stream, layer = self.space(stream, layer)
        vectors = states.of(stream, layer)
        places = range(len(vectors)) if positions is None else positions
        return tuple(self.nearest(vectors[i], k, layer=layer, stream=stream, without=without) for i in places)

    def states(
        self,
        model: nn.Module,
        tokenizer: Any,
        source: Any,
        target: Any = None,
    ) -> States:
        """The states of one input in the layers and streams of this corpus (see :func:`regard.corpus.states`).

        Raises ``ArgumentError`` for another model than the corpus's.
        """
        self.model.check(Identity.of(model, tokenizer), self.path)
        return states(
            model, tokenizer, source, target, layers=self._settings.layers, streams=tuple(self._settings.layers)
        )

    def space(self, stream: Stream | None = None, layer: int | None = None) -> Space:
        """The stream and layer that are meant: the decoder before the encoder, and the last layer."""
        if stream is None:
            stream = "decoder" if "decoder" in self.layers else next(iter(self.layers))
        found = self._settings.chosen(stream, layer)
        return found[-1]

    def _spaces(self, spaces: Sequence[Space], width: int) -> list[Space]:
        fitting = [space for space in spaces if self._widths.get(space) == width]
        if not fitting and any(space in self._widths for space in spaces):
            widths = sorted({self._widths[space] for space in spaces if space in self._widths})
            raise ArgumentError(f"the state has {width} numbers, but states here have {', '.join(map(str, widths))}")
        return fitting

    def _search(self, space: Space, query: np.ndarray, k: int, without: Collection[int]) -> Iterator[Neighbour]:
        check = self.checks.get(space)
        probes = None if check is None else check.probes
        out, wanted = {int(number) for number in without}, k + 10 * bool(without)
        while True:
            where = self._only if self._left[space] else None
            found = approximate.search(self._store.states[space], query, self.metric, wanted, probes, where)
            numbers = np.asarray(found["text"])
            kept = np.flatnonzero(~np.isin(numbers, list(out)))[:k]
            if len(kept) == k or len(found) < wanted:
                break
            wanted *= 4
        vectors, positions = approximate.vectors_of(found)[kept], np.asarray(found["position"])[kept]
        texts = self.texts.many(numbers[kept].tolist())
        far = distances(query, vectors, self.metric)
        for number, position, vector, distance in zip(numbers[kept], positions, vectors, far, strict=True):
            yield Neighbour(float(distance), *space, int(position), texts[int(number)], vector)

    def __len__(self) -> int:
        return sum(self.counts.values())

    def __repr__(self) -> str:
        kept = ", ".join(f"{stream} {_listed(layers)}" for stream, layers in self.layers.items())
        how = ", ".join(f"{check.recall:.1%} of neighbours found" for check in self.checks.values()) or "exact search"
        return (
            f"<Corpus {str(self.path)!r}: {len(self):,} states of {len(self.texts):,} texts by {self.model}; "
            f"layers: {kept}; {self.metric}; {how}>"
        )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def open(path: str | Path) -> Corpus:
    """The corpus at ``path``; raises ``ArgumentError`` where there is none, ``FileFormatError`` for a damaged one and
    ``MissingExtraError`` without the extra ``corpus``."""
    return Corpus(path)
