"""Put texts into a corpus: run the model on them and keep the states of every position."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from regard.capture.compiled import original
from regard.capture.inputs import is_encoder_decoder
from regard.corpus import approximate
from regard.corpus.adding import Added, Item, chunk_of
from regard.corpus.corpus import Corpus
from regard.corpus.encoded import most_tokens, read, size
from regard.corpus.hidden import Stream, chosen_layers, hidden_states
from regard.corpus.identity import Identity
from regard.corpus.lock import writing
from regard.corpus.one_input import check_model, of_stream, streams_of
from regard.corpus.settings import FILE, Dtype, Metric, Settings
from regard.corpus.store import Store, lance, name_of
from regard.corpus.text import digest
from regard.errors import ArgumentError

Progress = Callable[[int, int | None], Any]
"""Called with the numbers of texts seen and of all texts (``None``: not known); ``False`` stops."""

_CHUNK_BYTES = 64e6


def index(
    model: nn.Module,
    tokenizer: Any,
    texts: Iterable[str | tuple[str, str]],
    path: str | Path,
    *,
    targets: Iterable[str] | None = None,
    layers: Any = None,
    streams: Sequence[Stream] | None = None,
    metric: Metric | None = None,
    dtype: Dtype | None = None,
    batch: int = 32,
    progress: Progress | None = None,
) -> Corpus:
    """Run the model on texts and keep its hidden states of every position at ``path``; returns the :class:`Corpus`.

    ``texts`` are strings, or (source, target) pairs for an encoder-decoder; ``targets`` are another way to give the
    latter. Without targets an encoder-decoder writes its own, greedily (:attr:`Text.generated` says so). Texts are
    never truncated: those that do not fit are left out. ``corpus.added`` tells what was done with the texts of this
    call.

    A path that has a corpus already is added to: texts that are there (the same source and target) are passed over, so
    a call that was interrupted is finished by calling again. It must be the same model and tokenizer, and ``layers``,
    ``streams``, ``metric`` and ``dtype`` stay as the first call set them: ``layers`` by default the last (see
    :func:`states`), ``streams`` all but ``"context"``, ``metric`` ``"cosine"`` (or ``"l2"``) and ``dtype``
    ``"float32"`` (``"float16"`` halves the disk). A killed process loses at most the chunk it was writing (64 MB).

    ``progress(done, total)`` is told after every ``batch`` how many texts were read, of how many where that is known;
    where it returns ``False``, indexing ends once the chunk is written.

    Tables of 20,000 states and more get an index, whose misses are measured (``corpus.checks``).

    Raises ``ArgumentError`` for another model or other settings than the corpus's, :class:`CorpusBusyError` while
    another process writes, and ``MissingExtraError`` without the extra ``corpus``.
    """
    lance()
    check_model(model)
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
        raise ArgumentError(f"batch is how many texts run together, at least 1; got {batch!r}")
    model, path = original(model), _folder(path)
    pairs = _pairs(texts, targets, is_encoder_decoder(model))
    total = len(texts) if isinstance(texts, Sized) else None
    path.mkdir(parents=True, exist_ok=True)
    with writing(path):
        adding = _Adding(model, tokenizer, path, _Asked(layers, streams, metric, dtype), batch)
        adding.all(pairs, total, progress)
        adding.finish()
    if not (path / FILE).is_file():
        raise ArgumentError(
            f"none of the texts could be added ({adding.added}), so there is no corpus at {str(path)!r}"
        )
    corpus = Corpus(path)
    corpus.added = adding.added
    return corpus


@dataclass(frozen=True)
class _Asked:
    """Settings as they were asked for; ``None``: those of the corpus, or the defaults."""

    layers: Any
    streams: Sequence[Stream] | None
    metric: Metric | None
    dtype: Dtype | None


class _Telling:
    """Tells somebody how many texts of how many there were so far, each number once, and whether it is ``stopped``."""

    def __init__(self, progress: Progress | None, total: int | None) -> None:
        self.stopped = False
        self._progress, self._total, self._last = progress, total, 0

    def tell(self, done: int) -> None:
        """Tell a number."""
        if self._progress is not None and done > self._last:
            self._last = done
            self.stopped |= self._progress(done, self._total) is False

    def of(self, before: int) -> Callable[[int], None]:
        """Tells numbers that count from the text after ``before`` on."""
        return lambda more: self.tell(before + more)


class _Adding:
    """One call of :func:`index`, which holds the folder's lock."""

    def __init__(self, model: nn.Module, tokenizer: Any, path: Path, asked: _Asked, batch: int) -> None:
        self.added = Added()
        self._model, self._tokenizer, self._path, self._asked, self._batch = model, tokenizer, path, asked, batch
        self._identity = Identity.of(model, tokenizer)
        self._settings: Settings | None = None
        self._store: Store | None = None
        self._seen: set[bytes] = set()
        self._limit, self._most = 1, most_tokens(model)
        if (path / FILE).is_file():
            self._settings = Settings.read(path)
            self._settings.identity.check(self._identity, path)

    def all(self, pairs: Iterable[tuple[str, str | None]], total: int | None, progress: Progress | None) -> None:
        """Every text, a chunk at a time; told are all that were read so far, batch by batch."""
        waiting: list[Item] = []
        tokens = done = 0
        telling = _Telling(progress, total)
        for done, (source, target) in enumerate(pairs, start=1):
            item = self._item(source, target)
            if item is not None:
                waiting.append(item)
                tokens += item.size
                if tokens >= self._limit:
                    self._write(waiting, telling.of(done - len(waiting)))
                    waiting, tokens = [], 0
                    if telling.stopped:
                        return
        if waiting:
            self._write(waiting, telling.of(done - len(waiting)))
        if total is not None:
            telling.tell(total)

    def finish(self) -> None:
        """Merge small files and bring indexes up to date, with a check of what they find."""
        if self._settings is None or self._store is None:
            return
        self._store.tidy()
        for space, table in self._store.states.items():
            name, metric = name_of(space), self._settings.metric
            if table is None or not (approximate.renew(table, metric) or name not in self._settings.checks):
                continue
            if approximate.indexed(table):  # also one whose check was never made, as the process was killed
                self._settings = self._settings.with_check(name, approximate.checked(table, metric))
                self._settings.write(self._path)

    def _item(self, source: str, target: str | None) -> Item | None:
        """The text as it is added; ``None`` for one that is not, which is counted."""
        count = size(self._tokenizer, source, target, self._most)
        if isinstance(count, str):
            setattr(self.added, count, getattr(self.added, count) + 1)
            return None
        if self._store is None:
            self._begin(source, target)
        name = digest(source, target)
        if name in self._seen:
            self.added.there += 1
            return None
        self._seen.add(name)
        return Item(source, target, name, count)

    def _begin(self, source: str, target: str | None) -> None:
        """Settle what is kept, by running the model on the first text, and open the tables."""
        asked, old = self._asked, self._settings
        streams = streams_of(self._model, self._tokenizer, source, asked.streams)
        if old is not None and asked.streams is None:
            streams = tuple(old.layers)
        inputs, _ = read(self._model, self._tokenizer, [source], None if target is None else [target])
        states = hidden_states(self._model, inputs, streams)
        layers = {s: chosen_layers(of_stream(asked.layers, s), len(states[s]), s) for s in streams}
        if old is not None and asked.layers is None:
            layers = dict(old.layers)
        given = Settings(
            self._identity,
            inputs.encoder_decoder,
            layers,
            asked.metric or (old.metric if old else "cosine"),
            asked.dtype or (old.dtype if old else "float32"),
        )
        if old is None:
            given.write(self._path)
        else:
            _check_same(old, given, self._path)
        self._settings = old or given
        self._store = Store(self._path, self._settings)
        self._store.repair()
        self._seen = self._store.digests()
        widths = [states[stream][layer].shape[-1] for stream, layer in self._settings.spaces]  # type: ignore[union-attr]
        self._limit = max(1, int(_CHUNK_BYTES / (4 * sum(widths))))

    def _write(self, items: Sequence[Item], told: Callable[[int], None]) -> None:
        assert self._settings is not None
        assert self._store is not None
        count = self._store.count
        chunk = chunk_of(self._model, self._tokenizer, items, count, self._settings, self._batch, told)
        self._store.append(chunk.texts, chunk.states)
        self.added.texts += len(items)
        self.added.states += sum(len(rows.text) for rows in chunk.states.values())
        self.added.left_out += chunk.left_out
        self.added.cut += sum(text["cut"] for text in chunk.texts)
        self.added.generated += sum(text["generated"] for text in chunk.texts)


def _pairs(
    texts: Iterable[Any], targets: Iterable[str] | None, encoder_decoder: bool
) -> Iterator[tuple[str, str | None]]:
    """(source, target) of every text; raises ``ArgumentError`` for what is neither text nor pair."""
    if isinstance(texts, str):
        raise ArgumentError(
            f"texts must be an iterable of strings or (source, target) pairs; got the string {texts!r:.40}"
        )
    both = ((text, None) for text in texts) if targets is None else _zipped(texts, targets)
    return (_pair(text, target, encoder_decoder, number) for number, (text, target) in enumerate(both))


def _zipped(texts: Iterable[Any], targets: Iterable[str]) -> Iterator[tuple[Any, str]]:
    try:
        yield from zip(texts, targets, strict=True)
    except ValueError as error:
        raise ArgumentError(f"there must be one target per text: {error}; what came before is in the corpus") from error


def _pair(text: Any, target: str | None, encoder_decoder: bool, number: int) -> tuple[str, str | None]:
    source = text
    if isinstance(text, (tuple, list)) and len(text) == 2 and target is None:
        source, target = text
    if not isinstance(source, str) or not (target is None or isinstance(target, str)):
        raise ArgumentError(
            f"text {number} must be a string or a (source, target) pair of strings; got {type(text).__name__} "
            f"{text!r:.40}"
        )
    if target is not None and not encoder_decoder:
        raise ArgumentError(
            f"text {number} has a target, but the model is no encoder-decoder: it reads one sequence; pass that as "
            "one string"
        )
    return source, target


def _folder(path: str | Path) -> Path:
    """The corpus's folder; raises ``ArgumentError`` for one that holds something else."""
    found = Path(path)
    if found.exists() and not found.is_dir():
        raise ArgumentError(f"a corpus is a folder, but {str(found)!r} is a file")
    if found.is_dir() and not (found / FILE).is_file():
        other = next((child.name for child in found.iterdir() if not child.name.startswith(".")), None)
        if other is not None:
            raise ArgumentError(
                f"the folder {str(found)!r} is no corpus but holds {other!r}; pass a path that does not exist yet"
            )
    return found


def _check_same(old: Settings, asked: Settings, path: Path) -> None:
    for name in ("layers", "metric", "dtype"):
        mine, theirs = getattr(old, name), getattr(asked, name)
        if mine != theirs:
            raise ArgumentError(
                f"the corpus at {str(path)!r} was made with {name}={mine!r}, not {theirs!r}; leave {name} out to "
                "add to it, or pass another path"
            )
