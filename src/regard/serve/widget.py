"""The live picture in a notebook: an anywidget that shares the view's selection and reads tiles as they are needed."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from itertools import accumulate
from typing import Any

import anywidget
import traitlets

from regard.errors import RegardError
from regard.serve.asking import Asked, Asking
from regard.serve.bundle import scripts
from regard.serve.lab import Lab
from regard.serve.messages import Responder, selection_fields
from regard.serve.tiles import Tiles
from regard.view import SelectionSpec, View

_FIRST_WEIGHTS = 1 << 23


class ViewWidget(anywidget.AnyWidget):
    """One picture of a view. ``selection`` is the view's: set either and both change, in Python and on screen.

    ``tiles`` and ``tile_bytes`` hold what the first paint needs; ``tile_spans`` are [offset, length] of each tile's
    bytes. Everything else is asked for by message (see :class:`regard.serve.messages.Responder`, and
    :class:`regard.serve.asking.Asking` for what changes something). ``asked`` is the question by which what is selected
    can be tested, in words, ``tests`` are those of the view.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    selection = traitlets.Dict().tag(sync=True)
    tiles: traitlets.List[Any] = traitlets.List().tag(sync=True)
    tile_spans: traitlets.List[Any] = traitlets.List().tag(sync=True)
    tile_bytes = traitlets.Bytes().tag(sync=True)
    asked = traitlets.Unicode().tag(sync=True)
    tests: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, view: View):
        self._following = ExitStack()
        tiles = Tiles(view)
        first = tiles.first(_FIRST_WEIGHTS)
        super().__init__(
            _esm="\n".join(scripts("widget.js", [view])),
            spec=_sendable(view.spec()),
            selection=asdict(view.selection.state),
            tiles=[asdict(header) for header, _ in first],
            tile_spans=_spans([len(content) for _, content in first]),
            tile_bytes=b"".join(content for _, content in first),
            asked="" if view.question is None else _utf8(repr(view.question)),
            tests=_tests(view),
        )
        self._view = view
        self._respond = Responder(tiles, self.send)
        self._try = Lab(view)
        self._following.callback(self._respond.close)
        self._asking = Asking(view, self._tell) if isinstance(view, Asked) else None
        if self._asking is not None:
            self._following.callback(self._asking.close)
        self._following.callback(view.tests.observe(self._report))
        self._following.callback(view.selection.observe(self._show))
        self.on_msg(self._receive)
        self.observe(self._select, names="selection")

    def close(self) -> None:
        """Take the picture away and stop following the view."""
        self._following.close()
        super().close()

    def _receive(self, widget: Any, message: object, buffers: object) -> None:
        if self._asking is not None and isinstance(message, dict) and message.get("type") == "ask":
            self._asking(message)
            return
        if not self._try(message):
            self._respond(message)

    def _report(self) -> None:
        self.tests = _tests(self._view)

    def _tell(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(_sendable(content), buffers)

    def _show(self, state: SelectionSpec) -> None:
        self.selection = asdict(state)

    def _select(self, change: Any) -> None:
        """Take a selection from the browser; one that makes no sense is put back to what it was."""
        try:
            self._view.selection.update(**selection_fields(change["new"]))
        except RegardError:
            self._show(self._view.selection.state)


def _sendable(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec with U+FFFD for lone surrogates: a kernel's messages are UTF-8, which cannot hold them."""
    return dict(json.loads(_utf8(json.dumps(spec, ensure_ascii=False))))


def _utf8(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _tests(view: View) -> list[dict[str, Any]]:
    """The tests of the view, as a message can hold them: without what is no finite number."""
    found = [asdict(test) for test in view.tests]
    return list(json.loads(_utf8(json.dumps(found, ensure_ascii=False)).replace("NaN", "null")))


def _spans(sizes: list[int]) -> list[list[int]]:
    return [[start, size] for start, size in zip(accumulate(sizes, initial=0), sizes, strict=False)]
