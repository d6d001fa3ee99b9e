"""The verses that the translator learned from: each in the English of 1611 and in that of today."""

from __future__ import annotations

import lzma
import random
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "verses.tsv.xz"
HELD_OUT = 500
"""So many verses, drawn by chance, were kept from training."""


class Verse(NamedTuple):
    """A verse, and where it stands."""

    place: str
    old: str
    modern: str


@cache
def verses() -> tuple[Verse, ...]:
    """All verses, in order.

    >>> verses()[2].place, verses()[2].old
    ('Genesis 1:3', 'And God said, Let there be light: and there was light.')
    >>> verses()[2].modern
    'God said, Let there be light, and there was light.'
    """
    return tuple(Verse(*row.split("\t")) for row in lzma.decompress(FILE.read_bytes()).decode().splitlines())


def held_out() -> tuple[Verse, ...]:
    """Those that the model has never seen."""
    return tuple(verses()[i] for i in sorted(_chosen()))


def pairs() -> list[tuple[str, str]]:
    """Old and modern text of the verses that the model was given, in order; it learned from those short enough."""
    chosen = _chosen()
    return [(verse.old, verse.modern) for i, verse in enumerate(verses()) if i not in chosen]


def _chosen() -> frozenset[int]:
    return frozenset(random.Random(0).sample(range(len(verses())), HELD_OUT))
