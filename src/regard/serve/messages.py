"""What a picture in a notebook asks of Python, and the answers. Whatever comes from the browser is checked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeGuard

from regard.errors import ArgumentError, RegardError
from regard.serve.background import Background
from regard.serve.tiles import Tiles
from regard.view import SelectionSpec

Send = Callable[[dict[str, Any], list[bytes]], None]
_PART_SECONDS = 0.4


class Responder:
    """Answers ``{type: "read", id, array, slices}`` with a tile and ``{type: "cancel", id}`` with nothing.

    A tile is ``{type: "tile", id, header}`` with one buffer. Where it takes long, ``{type: "part", id, header}`` come
    before it, from a sample of the queries; all but the first are worked out in the background. The answer to what
    cannot be done is ``{type: "error", id, message}``, never an exception: messages arrive while the user's own code
    runs, in JupyterLab in another thread.
    """

    def __init__(self, tiles: Tiles, send: Send):
        self._tiles = tiles
        self._send = send
        self._lock = threading.Lock()
        self._wanted: set[int | str] = set()
        self._background = Background()

    def __call__(self, message: object) -> None:
        """Answer one message."""
        fields = message if isinstance(message, Mapping) else {}
        name = fields.get("id")
        if not _is_id(name):
            return
        if fields.get("type") == "cancel":
            self._settle(name)
        elif fields.get("type") == "read":
            self._read(name, fields)
        else:
            self._fail(name, f"no message type {fields.get('type')!r}; there are: 'read', 'cancel'")

    def _read(self, name: int | str, fields: Mapping[str, Any]) -> None:
        with self._lock:
            self._wanted.add(name)
        answers = self._answers(name, fields)
        with self._background.foreground():
            next(answers, None)
        if self._is_wanted(name):
            self._background.add(answers)

    def _answers(self, name: int | str, fields: Mapping[str, Any]) -> Iterator[None]:
        """Sends the tile as it gets better, a part at most every so often, until it is exact or no longer wanted."""
        sent = -_PART_SECONDS
        try:
            for header, content in self._tiles.refine(*_rectangle(fields)):
                is_last = header.share == 1
                if not (self._settle(name) if is_last else self._is_wanted(name)):
                    return
                if is_last or time.monotonic() - sent >= _PART_SECONDS:
                    sent = time.monotonic()
                    kind = "tile" if is_last else "part"
                    self._send({"type": kind, "id": name, "header": asdict(header)}, [content])
                yield
        except Exception as error:  # the reader may be anybody's Source, and the user's cell must go on
            if self._settle(name):
                self._fail(name, str(error) if isinstance(error, RegardError) else f"{type(error).__name__}: {error}")

    def _is_wanted(self, name: int | str) -> bool:
        with self._lock:
            return name in self._wanted

    def close(self) -> None:
        """Want nothing more: what is being worked out ends soon."""
        with self._lock:
            self._wanted.clear()

    def _settle(self, name: int | str) -> bool:
        """Forget a request; whether it was still wanted."""
        with self._lock:
            wanted = name in self._wanted
            self._wanted.discard(name)
        return wanted

    def _fail(self, name: int | str, message: str) -> None:
        self._send({"type": "error", "id": name, "message": message}, [])


def selection_fields(value: object) -> dict[str, Any]:
    """The fields of a selection that a browser sent, their types checked; their sense is the selection's to judge."""
    names = list(SelectionSpec.__dataclass_fields__)
    if not isinstance(value, Mapping) or sorted(value) != sorted(names):
        raise ArgumentError(f"a selection needs exactly {names}; got {value!r}")
    checks = {
        "layer": _is_count,
        "heads": _are_counts,
        "query": _is_place,
        "key": _is_place,
        "rectangle": _is_rectangle,
        "least": _is_number,
    }
    for name in names:
        if not checks.get(name, _is_text)(value[name]):
            raise ArgumentError(f"selection field {name!r} cannot be {value[name]!r}")
    return dict(value)


def _rectangle(fields: Mapping[str, Any]) -> tuple[str, list[slice]]:
    array, slices = fields.get("array"), fields.get("slices")
    if not isinstance(array, str):
        raise ArgumentError(f"read needs the name of an array; got {array!r}")
    if not isinstance(slices, Sequence) or not all(_are_counts(pair) and len(pair) == 2 for pair in slices):
        raise ArgumentError(f"read needs slices [[start, stop], …], one per axis; got {slices!r}")
    return array, [slice(start, stop) for start, stop in slices]


def _is_id(value: object) -> TypeGuard[int | str]:
    return _is_count(value) or isinstance(value, str)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_place(value: object) -> bool:
    return value is None or _is_count(value)


def _is_rectangle(value: object) -> bool:
    return value is None or _are_counts(value)


def _are_counts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(_is_count(one) for one in value)
