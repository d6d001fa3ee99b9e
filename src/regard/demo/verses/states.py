"""The states of the verse translator on verses it was trained on, ready to be asked for neighbours."""

from __future__ import annotations

from pathlib import Path

from regard.corpus import Corpus, index, open
from regard.corpus.hidden import Stream
from regard.corpus.identity import Identity
from regard.corpus.indexing import Progress
from regard.demo.cache import folder
from regard.demo.verses.texts import pairs
from regard.demo.verses.weights import load

COUNT = 5000
_STREAMS: tuple[Stream, ...] = ("encoder", "decoder", "context")


def corpus(count: int = COUNT, progress: Progress | None = None) -> Corpus:
    """The last states of encoder, decoder and cross-attention on so many training verses, spread over the whole book.

    Made on the first call and kept in :func:`regard.demo.cache.root`; ``progress(texts done, texts in all)`` is called
    meanwhile. Raises ``MissingExtraError`` without the extra ``corpus``.
    """
    model, tokenizer = load()
    known = pairs()

    def build(path: Path) -> None:
        chosen = known[:: max(1, len(known) // count)][:count]
        index(model, tokenizer, chosen, path, streams=_STREAMS, progress=progress)

    return open(folder(f"verses-states-{count}-{Identity.of(model, tokenizer).weights[:8]}", build))
