"""Gold alignments: which words of an answer an annotator linked with which of its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regard.errors import ArgumentError
from regard.measure.links import AlignmentError, Link, alignment_error, from_pharaoh, pharaoh
from regard.measure.words import Word, words_of
from regard.record.record import Record


@dataclass(frozen=True)
class Gold:
    """Links (source, target) that annotators agree on (``sure``) and those they allow (``possible`` only), between
    ``words`` or, where that is false, between tokens."""

    sure: frozenset[Link]
    possible: frozenset[Link]
    words: bool

    def pharaoh(self) -> str:
        """The links as text."""
        return pharaoh(self.sure, self.possible)

    def error(self, found: Any) -> AlignmentError:
        """Counts of found links against these, and their rate (Och & Ney 2003)."""
        return alignment_error(found, self.sure, self.possible)


def linked_words(record: Record, start: int, *, joined: bool) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words of source and answer that links number, as :func:`regard.measure.align` does.

    ``start`` is how many tokens the decoder began with, which are no part of the answer. Tokens that the tokenizer
    added have no number, and neither has the answer's last token, which was chosen and never read.
    """
    attention = record.attention("cross")
    source = words_of(record.streams[attention.key_stream], joined=joined)
    target = words_of(record.streams[attention.query_stream], joined=joined)
    return source, tuple(word for word in target if word.tokens[0] >= start)


def gold_of(text: str, record: Record, start: int, *, words: bool = True) -> Gold:
    """Gold links of one answer from a line of the Pharaoh format; ``?`` and ``p`` mark possible ones.

    Raises ``ArgumentError`` for what is no link, and for numbers of words that the source or the answer does not have.
    """
    if not isinstance(text, str):
        raise ArgumentError(f"gold links are a line such as '0-0 1-2p'; got {type(text).__name__}")
    if "cross" not in record.attentions:
        raise ArgumentError("words are aligned by cross attention, which a model without an encoder does not have")
    sure, possible = from_pharaoh(text)
    if not sure | possible:
        raise ArgumentError("the gold alignment has no link; write them as source-target, such as '0-0 1-2p'")
    sides = linked_words(record, start, joined=words)
    for link in sorted(sure | possible):
        for side, number, found in zip(("source", "answer"), link, sides, strict=True):
            if number >= len(found):
                raise ArgumentError(_beyond(link, side, found, words=words))
    return Gold(sure, possible, words)


def _beyond(link: Link, side: str, found: tuple[Word, ...], *, words: bool) -> str:
    unit, other = ("words", "tokens") if words else ("tokens", "words")
    there = f"has {len(found)} {unit}, from 0 on: {' '.join(word.text for word in found):.80}" if found else "is empty"
    more = f"gold between {other} is given with words={not words}"
    if side == "answer":
        more += "; gold of another answer belongs to that one: score(reference) shows it"
    return f"the gold link {link[0]}-{link[1]} does not fit: the {side} {there}. {more[0].upper()}{more[1:]}"
