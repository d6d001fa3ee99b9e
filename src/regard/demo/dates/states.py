"""The states of the date normaliser on dates it was trained on, ready to be asked for neighbours."""

from __future__ import annotations

from pathlib import Path

from regard.corpus import Corpus, index, open
from regard.corpus.hidden import Stream
from regard.corpus.identity import Identity
from regard.demo.cache import folder
from regard.demo.dates.texts import pairs
from regard.demo.dates.weights import load

COUNT = 2000
_STREAMS: tuple[Stream, ...] = ("encoder", "decoder", "context")


def corpus(count: int = COUNT) -> Corpus:
    """All states of encoder, decoder and cross-attention on the first ``count`` training texts.

    Made on the first call (2,000 texts: half a minute on two cores) and kept in :func:`regard.demo.cache.root`. Raises
    ``MissingExtraError`` without the extra ``corpus``.
    """
    model, tokenizer = load()

    def build(path: Path) -> None:
        index(model, tokenizer, pairs(count), path, layers="all", streams=_STREAMS)

    return open(folder(f"dates-states-{count}-{Identity.of(model, tokenizer).weights[:8]}", build))
