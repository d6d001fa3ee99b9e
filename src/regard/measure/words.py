"""Tokens joined to the words they are pieces of, and attention between words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from regard.record import Tokens

_CONTINUES = "##"
_ALONE = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\U00020000", "\U0003ffff"))
"""Kana and ideographs, which are written without spaces."""


class Word(NamedTuple):
    """A word and the positions of its tokens, which stand side by side."""

    text: str
    tokens: tuple[int, ...]


def words_of(tokens: Tokens, *, joined: bool = True) -> tuple[Word, ...]:
    """The words of a sequence, without tokens that the tokenizer added.

    A token goes on with the word before it where no space stands between them: by its place in the text where that is
    known, else by a space that its piece begins with (or the one before ends with), else by the mark ``##``. Where
    pieces know neither, every token is a word. Punctuation stays with the word it touches; Chinese characters and kana,
    which are written without spaces, are words of their own. A token of nothing but space is no word and no part of
    one. ``joined=False`` makes every token a word.
    """
    plain = [i for i, special in enumerate(tokens.special) if not special]
    spaced = any(tokens.pieces[i][:1].isspace() for i in plain)
    if joined:
        plain = [i for i in plain if not tokens.pieces[i].isspace()]
    found: list[list[int]] = []
    for i in plain:
        if joined and found and found[-1][-1] == i - 1 and _goes_on(tokens, i, spaced):
            found[-1].append(i)
        else:
            found.append([i])
    return tuple(Word("".join(tokens.pieces[i] for i in word).strip(), tuple(word)) for word in found)


def word_weights(
    weights: Float[np.ndarray, "query key"], queries: Sequence[Sequence[int]], keys: Sequence[Sequence[int]]
) -> Float[np.ndarray, "target source"]:
    """Weights between words: the sum over a word's keys, the mean over a word's queries (Clark et al. 2019, §4.1)."""
    columns = [weights[:, list(word)].sum(1) for word in keys]
    summed = np.stack(columns, axis=1) if columns else np.zeros((len(weights), 0))
    means = [summed[list(word)].mean(0) for word in queries]
    return np.stack(means) if means else np.zeros((0, len(keys)))


def _goes_on(tokens: Tokens, i: int, spaced: bool) -> bool:
    piece, before = tokens.pieces[i], tokens.pieces[i - 1]
    if piece[:1].isspace() or before[-1:].isspace() or any(map(_alone, piece[:1] + before[-1:])):
        return False
    if tokens.offsets is not None and tokens.text is not None:
        end, start = int(tokens.offsets[i - 1][1]), int(tokens.offsets[i][0])
        if min(end, start) >= 0:
            return not tokens.text[end:start]
    return spaced or tokens.labels[i].startswith(_CONTINUES)


def _alone(char: str) -> bool:
    return any(first <= char <= last for first, last in _ALONE)
