"""How a piece of text is written on screen, so that nothing in it is invisible or takes control of the page."""

from __future__ import annotations

import unicodedata

_NAMED = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\x7f": "␡"}
_JOINERS = {"\u200c", "\u200d"}


def label(piece: str, *, continues: str = "") -> str:
    """The visible form of a token's text.

    One leading space is dropped (it only says that a word starts), other spaces become ``·``, newline ``⏎``, tab
    ``⇥``, control characters their Unicode pictures, and characters that would be invisible or reorder the text
    around them (direction overrides, zero-width characters, lone surrogates) their code point. ``continues`` is put
    in front: the mark of a WordPiece that goes on with the word before it.

    >>> label(" cat"), label("  "), label("ing", continues="##"), label("\\x00"), label("\\u202egpj"), label("")
    ('cat', '··', '##ing', '␀', '<U+202E>gpj', '∅')
    """
    if not piece:
        return "∅"
    body = piece[1:] if piece[0] == " " and len(piece.strip(" ")) > 0 else piece
    shown = "".join(_shown(char, body) for char in body)
    if unicodedata.combining(shown[0]):
        shown = "◌" + shown
    return continues + shown


def _shown(char: str, context: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if char == " ":
        return "·"
    if code < 0x20:
        return chr(0x2400 + code)
    category = unicodedata.category(char)
    if char in _JOINERS and len(context) > 1:
        return char
    if category in ("Cf", "Cc", "Cs", "Zl", "Zp", "Cn", "Co") or (category == "Zs" and char != " "):
        return f"<U+{code:04X}>"
    return char
