"""Text that is no text: half of a character, as a wrongly cut or decoded string holds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from regard.errors import ArgumentError

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@contextmanager
def tokenizing(*texts: str) -> Iterator[None]:
    """While a tokenizer reads these texts: where it fails over a lone surrogate, ``ArgumentError`` says which one.

    Some tokenizers read them (one number a character), so nothing is refused beforehand.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        for text in texts:
            if found := _LONE_SURROGATE.search(text):
                raise ArgumentError(
                    f"the text holds half of a character, the lone surrogate U+{ord(found[0]):04X} at position "
                    f"{found.start()}, which this tokenizer cannot read; replace it, for example by "
                    "text.encode('utf-8', 'replace').decode()"
                ) from error
        raise
