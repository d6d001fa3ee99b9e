"""What kind of token each is, by its text: for controls that are like the tokens they stand beside."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from regard.record.tokens import Tokens

Sort = Literal["word", "number", "punctuation", "space"]


@dataclass(frozen=True)
class TokenKind:
    """``sort`` by the token's characters, and whether a word ``begins`` with it."""

    sort: Sort
    begins: bool

    def differences(self, other: TokenKind) -> int:
        """In how many of the two they differ: 0, 1 or 2."""
        return (self.sort != other.sort) + (self.begins != other.begins)

    def __str__(self) -> str:
        return f"{self.sort}, {'at the beginning of' if self.begins else 'within'} a word"


def kinds_of(tokens: Tokens) -> list[TokenKind]:
    """The kind of every token.

    A word begins where whitespace, or nothing, stands before a token or at its own beginning: by its place in the text
    where that is known, else by the token itself (its ``##`` in vocabularies that mark what goes on).

    >>> [kind.sort for kind in kinds_of(Tokens((" Berlin", "!", " 42", "\\n")))]
    ['word', 'punctuation', 'number', 'space']
    """
    spaced = any(piece[:1].isspace() for piece in tokens.pieces)
    return [TokenKind(_sort(piece), _begins(tokens, number, spaced)) for number, piece in enumerate(tokens.pieces)]


def _sort(piece: str) -> Sort:
    shown = piece.strip()
    if not shown:
        return "space"
    if any(character.isalpha() for character in shown):
        return "word"
    if any(character.isnumeric() for character in shown):
        return "number"
    marks = all(unicodedata.category(character)[0] in "PSC" for character in shown)
    return "punctuation" if marks else "word"


def _begins(tokens: Tokens, number: int, spaced: bool) -> bool:
    piece = tokens.pieces[number]
    if piece[:1].isspace():
        return True
    if tokens.offsets is not None and tokens.text is not None and tokens.offsets[number][0] >= 0:
        start = int(tokens.offsets[number][0])
        return start == 0 or tokens.text[start - 1 : start + 1][:1].isspace()
    return not spaced and not (tokens.labels[number].startswith("##") and not piece.startswith("##"))
