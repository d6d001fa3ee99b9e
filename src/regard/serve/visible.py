"""Text for files that hold text: what cannot stand in XML, or would reorder what is around it, is written out."""

from __future__ import annotations

import re

_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]"
)


def visible(text: str) -> str:
    """The text with control characters, lone surrogates, non-characters and direction marks as their code points.

    >>> visible("a\\x00b \\u202egpj"), visible("tab\\tend")
    ('a<U+0000>b <U+202E>gpj', 'tab end')
    """
    return _UNFIT.sub(lambda found: f"<U+{ord(found[0]):04X}>", re.sub(r"[\t\r\n]+", " ", text))
