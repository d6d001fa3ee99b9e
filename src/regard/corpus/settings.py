"""What a corpus is of and how it is kept: one small JSON file beside its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from regard.corpus.hidden import STREAMS, Stream
from regard.corpus.identity import Identity
from regard.errors import ArgumentError, FileFormatError, not_one_of
from regard.record.atomic import replacing

Metric = Literal["cosine", "l2"]
Dtype = Literal["float32", "float16"]
FILE, VERSION = "corpus.json", 1


@dataclass(frozen=True)
class Check:
    """How well the approximate search of one table finds the true neighbours.

    ``recall`` is the share of the true ``k`` nearest that it found, over ``queries`` states of the corpus itself, when
    the table held ``states``; ``probes`` is how many cells of the index a query visits.
    """

    recall: float
    queries: int
    k: int
    states: int
    probes: int


@dataclass(frozen=True)
class Settings:
    """Model, metric, dtype, and the layers kept of each stream; and what was found of each table's index."""

    identity: Identity
    encoder_decoder: bool
    layers: Mapping[Stream, tuple[int, ...]]
    metric: Metric = "cosine"
    dtype: Dtype = "float32"
    checks: Mapping[str, Check] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.metric not in get_args(Metric):
            raise not_one_of("metric", self.metric, get_args(Metric))
        if self.dtype not in get_args(Dtype):
            raise not_one_of("dtype of a corpus", self.dtype, get_args(Dtype))

    @property
    def spaces(self) -> tuple[tuple[Stream, int], ...]:
        """(stream, layer) of every table of states."""
        return tuple((stream, layer) for stream in STREAMS for layer in self.layers.get(stream, ()))

    def chosen(self, stream: str | None, layer: int | None) -> tuple[tuple[Stream, int], ...]:
        """The spaces of a stream and a layer, ``None`` meaning all; raises ``ArgumentError`` where there is none."""
        if stream is not None and stream not in self.layers:
            raise not_one_of("stream in this corpus", stream, self.layers)
        found = [space for space in self.spaces if stream in (None, space[0])]
        if layer is not None and layer not in [number for _, number in found]:
            raise not_one_of("layer in this corpus", layer, sorted({number for _, number in found}))
        return tuple(space for space in found if layer in (None, space[1]))

    def with_check(self, table: str, check: Check) -> Settings:
        """The same, with what was found of a table's index."""
        return replace(self, checks={**self.checks, table: check})

    def write(self, path: Path) -> None:
        """Into a corpus's folder, whole or not at all."""
        with replacing(path / FILE) as to:
            to.write_text(json.dumps({"version": VERSION, **asdict(self)}, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Settings:
        """From a corpus's folder.

        Raises ``ArgumentError`` for a folder that is no corpus, ``FileFormatError`` for one that is damaged or newer.
        """
        file = path / FILE
        if not file.is_file():
            found = "no corpus.json in it" if path.is_dir() else "a file" if path.exists() else "nothing there"
            raise ArgumentError(
                f"{str(path)!r} is no corpus: there is {found}; regard.corpus.index(model, tokenizer, texts, "
                "path) makes one"
            )
        try:
            values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            version = values.pop("version")
            if version != VERSION:
                raise FileFormatError(f"{file} is of version {version}; this regard reads version {VERSION}")
            layers = {stream: tuple(numbers) for stream, numbers in values.pop("layers").items()}
            checks = {name: Check(**check) for name, check in values.pop("checks").items()}
            return cls(identity=Identity(**values.pop("identity")), layers=layers, checks=checks, **values)
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise FileFormatError(f"{file} is damaged ({type(error).__name__}: {error})") from error
