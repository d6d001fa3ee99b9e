"""What is found out about an answer on request: alignments, near words, near states; kept for pages without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from regard.errors import ArgumentError, not_one_of
from regard.measure.alignment import Alignment, align
from regard.measure.links import AlignmentError
from regard.measure.word_times import TimedWord, word_times
from regard.record.record import Record
from regard.workbench.backend import Backend, Near, Neighbours, Plane, Word
from regard.workbench.components import Components, components
from regard.workbench.gold import gold_of
from regard.workbench.kept import Kept
from regard.workbench.near import near_states
from regard.workbench.replacements import Replacement, replacements
from regard.workbench.state import State
from regard.workbench.tried import Progress
from regard.workbench.what_if import WhatIf, position_of


class Asked(WhatIf):
    """Questions about states that make no new one."""

    def __init__(self, backend: Backend, settings: dict[str, Any], progress: Progress | None, neighbours: Any) -> None:
        super().__init__(backend, settings, progress)
        self.neighbours = near_states(neighbours, backend, self.record)
        self.kept = Kept()

    def record(self, state: int | None = None, node: int | None = None) -> Record:
        """The attention of a state's answer, or of another hypothesis of its tree up to ``node``."""
        decoding = self._at(state).decoding
        if decoding.is_read(node):  # so that whoever looks at it need not wait for what is decoded meanwhile
            return decoding.record(node)
        with self._lock:
            return decoding.record(node)

    def shown(self, state: int | None = None, node: int | None = None) -> Record:
        """The same without what the encoder read after the end of a sound, which is nothing to look at."""
        self.record(state, node)
        return self._at(state).decoding.shown(node)

    def words(self, position: int, *, side: str = "target", state: int | None = None, k: int = 20) -> list[Word]:
        """The words whose embeddings are nearest to that of a token of the source or target."""
        if side not in ("source", "target"):
            raise not_one_of("side", side, ("source", "target"))
        decoding = self._at(state).decoding
        tokens = decoding.source if side == "source" else decoding.target
        if tokens.ids is None:
            raise ArgumentError("the source is no text, so it has no words")
        at = position_of(side, position, len(tokens))
        found = self.backend.words(int(tokens.ids[at]), source=side == "source", k=k)
        return self.kept.keep("words", self._at(state).id, {"side": side, "position": at}, found)

    def alignment(
        self,
        state: int | None = None,
        *,
        heads: Sequence[Sequence[int]] | None = None,
        how: str = "argmax",
        words: bool = False,
    ) -> Alignment:
        """Which source word each word of the answer goes with, read off cross attention in the row that chose it.

        ``heads`` are [layer, head]: by default those that the model names as aligning, else those that pair words best;
        ``how`` and ``words`` are those of :func:`regard.measure.align`. The last token was chosen and never read, so it
        is not linked.
        """
        found = self._at(state).decoding
        chosen = heads if heads is not None else found.alignment_heads or None
        pairs = None if chosen is None else [(int(layer), int(head)) for layer, head in chosen]
        record = self.shown(state)
        if "cross" not in record.attentions:
            raise ArgumentError("words are aligned by cross attention, which a model without an encoder does not have")
        start = len(found.start)
        links = _without_start(align(record, heads=pairs, how=how, words=words), start)  # type: ignore[arg-type]
        return self.kept.keep("links", self._at(state).id, {"words": words, "how": how, "heads": pairs}, links)

    def word_times(
        self, state: int | None = None, *, heads: Sequence[Sequence[int]] | None = None
    ) -> tuple[TimedWord, ...]:
        """When each word of an answer to a sound was said: :func:`regard.measure.word_times`.

        ``heads`` are [layer, head], by default those that the model names as aligning; raises ``ArgumentError`` where
        it names none, and for a source that is no sound.
        """
        found = self._at(state).decoding
        chosen = tuple((int(layer), int(head)) for layer, head in (found.alignment_heads if heads is None else heads))
        return word_times(self.shown(state), chosen, begin=len(found.start))

    def near(self, position: int, *, stream: str, layer: int, state: int | None = None, k: int = 20) -> Near:
        """The states of the corpus nearest to the one at a position of a stream (the decoder's count its start)."""
        asked: dict[str, Any] = {"stream": stream, "layer": layer, "position": position}
        found = self._provider().nearest(self._at(state), k=k, **asked)
        return self.kept.keep("neighbours", self._at(state).id, asked, found)

    def plane(self, *, stream: str, layer: int, state: int | None = None, method: str = "pca", k: int = 20) -> Plane:
        """The states of one stream and layer as a trajectory in a plane, among the corpus's nearest to each if there is
        one.

        ``method`` is one of :func:`regard.corpus.project`: ``"pca"``, ``"mds"``, ``"umap"``, ``"tsne"``.
        """
        asked: dict[str, Any] = {"stream": stream, "layer": layer, "method": method}
        stop = self._stopped()
        found = self._provider().projected(self._at(state), k=k, progress=self._progressed, stop=stop, **asked)
        return self.kept.keep("projections", self._at(state).id, asked, found)

    def components(
        self,
        *,
        stream: str,
        layer: int,
        state: int | None = None,
        positions: Sequence[int] = (),
        beside: int | None = None,
        count: int = 8,
    ) -> Components:
        """The numbers of a stream's states over positions, of the ``count`` dimensions that change most.

        Between two ``positions``; from the state of the history ``beside`` (at the position named, else over all);
        else over all positions. See :func:`regard.workbench.components.components`.
        """
        place: dict[str, Any] = {"stream": stream, "layer": layer}
        own = self._provider().vectors(self._at(state), **place)
        other = None if beside is None else self._provider().vectors(self._history.at(beside), **place)
        found = components(own, positions=positions, count=count, other=other, beside=beside)
        asked = {**place, "positions": found.positions, "beside": beside}
        return self.kept.keep("components", self._at(state).id, asked, found)

    def replacements(
        self,
        position: int,
        *,
        heads: Sequence[Sequence[int]] | None = None,
        state: int | None = None,
        k: int = 10,
    ) -> tuple[Replacement, ...]:
        """The ``k`` words nearest to a source token, by how much the attention changes with each in its place.

        The answer is held: what each word adds to its log p is told too. ``heads`` are [layer, head] of the attention
        that is compared (``None``: all). See :func:`regard.workbench.replacements.replacements`.
        """
        shown = self._at(state)
        if not isinstance(shown.source, tuple):
            raise ArgumentError("the source is a sound or a picture, in which no word can take another's place")
        at = position_of("source", position, len(shown.source))
        near = self.words(at, side="source", state=shown.id, k=k)
        others = [word for word in near if word.id != shown.source[at]]
        pairs = None if heads is None else [(int(layer), int(head)) for layer, head in heads]
        stop = self._stopped()
        found = replacements(self.backend, shown, at, others, heads=pairs, progress=self._progressed, stop=stop)
        return self.kept.keep("replacements", shown.id, {"position": at, "heads": pairs}, found)

    def give_gold(self, links: str | None, *, state: int | None = None, words: bool = True) -> State:
        """Say which words of a state's answer truly go with which of its source: the links of an annotator.

        ``links`` is a line of the Pharaoh format, ``"0-0 1-2p"`` (``p`` or ``?``: possible only), between written words
        as :func:`regard.measure.words_of` joins tokens, or with ``words=False`` between tokens; ``None`` takes them
        away. States with the same source and answer that are made from this one have them too. The alignment shown
        then says which links are right, missed and wrong, and the alignment error rate.

        Raises ``ArgumentError`` for what is no link, and for words that the source or the answer does not have.
        """
        shown = self._at(state)
        start = len(shown.decoding.start)
        gold = None if links is None else gold_of(links, self.record(shown.id), start, words=words)
        return self._moved(lambda: self._history.change(shown.id, gold=gold))

    def alignment_error(self, state: int | None = None, **options: Any) -> AlignmentError:
        """How far the :meth:`alignment` of a state (with these options of it) is from its gold; its ``rate`` is the
        alignment error rate. Raises ``ArgumentError`` where no gold was given."""
        gold = self._at(state).gold
        if gold is None:
            raise ArgumentError("this state has no gold alignment to compare with; give one: give_gold('0-0 1-2p')")
        return gold.error(self.alignment(state, words=gold.words, **options).links)

    def _provider(self) -> Neighbours:
        if self.neighbours is None:
            raise ArgumentError(
                "this workbench's back end has no states; give it something that finds them: neighbours="
            )
        return self.neighbours


def _without_start(found: Alignment, start: int) -> Alignment:
    """The alignment without target words that the decoder began with."""
    gone = sum(1 for word in found.target if word.tokens[0] < start)
    return replace(
        found,
        links=tuple((i, j - gone) for i, j in found.links if j >= gone),
        weights=found.weights[gone:],
        target=found.target[gone:],
        queries=found.queries[gone:],
    )
