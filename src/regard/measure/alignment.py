"""Which source word each target word goes with, read from cross attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.measure.links import Links, pharaoh
from regard.measure.rows import PerHead
from regard.measure.words import Word, word_weights, words_of
from regard.record import Attention, Record

How = Literal["argmax", "intersection", "union", "grow"]
Rows = Literal["input", "output"]
Matrix = Float[np.ndarray, "target source"]
Linked = Bool[np.ndarray, "target source"]


@dataclass(frozen=True, eq=False)
class Alignment:
    """Links between the words of a source and a target, as (source, target) numbers in ascending order.

    ``weights`` [target, source] are what they were read from: the mean over ``heads``, between words. ``source`` and
    ``target`` are the words with the tokens each is made of; ``queries`` are the rows of attention that speak of each
    target word, one per token of it.
    """

    links: Links
    weights: Matrix
    source: tuple[Word, ...]
    target: tuple[Word, ...]
    queries: tuple[tuple[int, ...], ...]
    heads: tuple[tuple[int, int], ...]
    how: How

    def pharaoh(self) -> str:
        """The links as ``source-target`` pairs from 0, the format of Pharaoh, Moses and fast_align."""
        return pharaoh(self.links)

    def __str__(self) -> str:
        rows = (f"{self.source[i].text} – {self.target[j].text}  {self.weights[j, i]:.2f}" for i, j in self.links)
        return "\n".join((f"alignment, {self.how} over {len(self.heads)} heads", *rows))


def align(
    record: Record,
    kind: Kind = "cross",
    *,
    heads: Sequence[tuple[int, int]] | None = None,
    how: How = "argmax",
    rows: Rows = "output",
    words: bool = True,
) -> Alignment:
    """Links between the words of source (keys) and target (queries), from the mean weights of ``heads``.

    ``heads`` are (layer, head), by default the :func:`alignment_heads`. ``rows="output"`` reads a target token in the
    row that predicts it, ``"input"`` where it goes into the decoder, one row later (Chen et al. 2020, Shift-Att): which
    is better depends on model and layer. With
    ``words`` subwords are joined (see :func:`regard.measure.words_of`): attention to a word is the sum over its tokens,
    from a word the mean (Clark et al. 2019, §4.1); else every token is a word. Tokens that the tokenizer added take no
    part, however much they are attended to. ``how`` is that of :func:`links_of`.

    Raises ``ArgumentError`` for a record without such attention and for heads that do not exist.
    """
    attention = record.attention(kind)
    if rows not in get_args(Rows):
        raise not_one_of("rows", rows, get_args(Rows))
    chosen = alignment_heads(record, kind) if heads is None else tuple((int(i), int(j)) for i, j in heads)
    if not chosen:
        raise ArgumentError("align: no head was named; heads are (layer, head), such as [(4, 1)]")
    weights = _mean(attention, chosen)
    source = words_of(record.streams[attention.key_stream], joined=words)
    whole = words_of(record.streams[attention.query_stream], joined=words)
    back = int(rows == "output")
    kept = [(word, tuple(token - back for token in word.tokens if token >= back)) for word in whole]
    target = tuple(word for word, queries in kept if queries)
    queries = tuple(found for _, found in kept if found)
    between = word_weights(weights, queries, [word.tokens for word in source])
    found = np.argwhere(links_of(between, how))
    links = tuple(sorted((int(i), int(j)) for j, i in found))
    return Alignment(links, between, source, target, queries, chosen, how)


def links_of(weights: Matrix, how: How = "argmax") -> Linked:
    """Which cells of weights [target, source] are links.

    ``"argmax"`` links each target with its strongest source; of equal ones, with the first. ``"intersection"`` keeps
    those where the target is also the source's strongest, ``"union"`` takes both directions, and ``"grow"`` starts from
    the intersection and adds neighbours of links that are in the union and join a word that has no link yet (grow-diag
    of Koehn et al. 2003, with the two directions of one matrix in place of two models).

    >>> links_of(np.array([[0.9, 0.1], [0.8, 0.2]]), "grow").astype(int)
    array([[1, 0],
           [1, 1]])
    """
    if how not in get_args(How):
        raise not_one_of("way to link", how, get_args(How))
    forward, backward = np.zeros(weights.shape, dtype=bool), np.zeros(weights.shape, dtype=bool)
    if weights.size:
        forward[np.arange(len(weights)), weights.argmax(1)] = True
        backward[weights.argmax(0), np.arange(weights.shape[1])] = True
    if how == "argmax":
        return forward
    if how == "grow":
        return _grown(forward & backward, forward | backward)
    return forward & backward if how == "intersection" else forward | backward


def agreement(record: Record, kind: Kind = "cross") -> PerHead:
    """How far a head's links agree in both directions, 0 to 1, [layer, head].

    ``2 |F ∩ B| / (|F| + |B|)`` with F each target's strongest source and B each source's strongest target, between
    tokens that the tokenizer did not add. A head that pairs tokens one by one scores 1, one that rests on a single
    source scores near 0. It needs no gold alignment; whether such a head pairs the *right* words it cannot tell.
    """
    attention = record.attention(kind)
    queries, keys = (_plain(record, name) for name in (attention.query_stream, attention.key_stream))
    found = np.full((len(attention.layers), attention.heads), np.nan)
    for number in attention.present:
        for head in attention.layer(number).present:
            weights = _mean(attention, [(number, head)])[np.ix_(queries, keys)]
            both, one = links_of(weights, "intersection"), len(queries) + len(keys)
            found[number, head] = 2 * both.sum() / one if one else np.nan
    return found


def alignment_heads(record: Record, kind: Kind = "cross", *, count: int = 4) -> tuple[tuple[int, int], ...]:
    """The ``count`` heads of highest :func:`agreement`, as (layer, head): a guess to begin with.

    With a few gold alignments, choose by :func:`regard.measure.alignment_error` instead.
    """
    scores = agreement(record, kind)
    order = np.argsort(-np.nan_to_num(scores, nan=-1), axis=None, kind="stable")[:count]
    places = zip(*np.unravel_index(order, scores.shape), strict=True)
    return tuple((int(layer), int(head)) for layer, head in places if not np.isnan(scores[layer, head]))


def _mean(attention: Attention, heads: Sequence[tuple[int, int]]) -> Float[np.ndarray, "query key"]:
    total = np.zeros((attention.queries, attention.keys))
    for number, head in heads:
        layer = attention.layer(number)
        if head not in layer.present:
            raise not_one_of("head", head, layer.present)
        total += layer.read("weights", (slice(head, head + 1), slice(0, layer.queries), slice(0, layer.keys)))[0]
    return total / len(heads)


def _plain(record: Record, stream: str) -> np.ndarray:
    return np.flatnonzero(~np.array(record.streams[stream].special, dtype=bool))


def _grown(links: Linked, union: Linked) -> Linked:
    """Links and, as long as there are any, the cells of the union beside one whose row or column has none yet."""
    links, added = links.copy(), True
    while added:
        added = False
        for row, column in np.argwhere(union & ~links):
            near = links[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].any()
            if near and not (links[row].any() and links[:, column].any()):
                links[row, column] = added = True
    return links
