"""The display list of a view: the front end's own layout, run by an embedded JavaScript engine instead of a browser."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np

from regard.errors import ArgumentError, RegardError, missing_extra
from regard.serve.bundle import script
from regard.serve.encode import Coding
from regard.serve.visible import visible
from regard.view import View

ThemeName = Literal["light", "dark"]
Item = dict[str, Any]
_MOST_WEIGHTS = 1 << 25
_STEPS = Coding("u8", 2)
_LINES_UP_TO = 32


class LayoutError(RegardError):
    """The layout of a view failed; the message is the front end's."""


@dataclass(frozen=True)
class Drawing:
    """What a picture is made of, in CSS pixels (1/96 inch) and in painting order.

    ``name`` says in words what it shows. ``items`` are the display list's (``web/src/engine/display_list.ts``), with
    colours as ``"#rrggbb"`` and matrices as ``pixels``: base64 of RGBA bytes, row by row.
    """

    name: str
    width: float
    height: float
    surface: str
    theme: ThemeName
    items: list[Item]


def drawing(view: View, width: int, theme: ThemeName, *, caption: bool = True) -> Drawing:
    """Lay the view out as its page does, ``width`` CSS pixels wide (a grid of many heads may be wider).

    Text is measured by fixed metrics, so the answer is the same on every machine. Raises ``MissingExtraError`` without
    quickjs-ng, ``ArgumentError`` for a picture of too many weights, ``LayoutError`` for a view that has no picture.
    """
    reader = _Reader(view)
    context = _engine()
    context.add_callable("regardRead", reader)
    context.eval(script("layout.js"))
    request = {"spec": view.spec(), "theme": theme, "width": width, "caption": caption}
    context.set("regardRequest", json.dumps(request))
    context.eval("globalThis.regardAnswer = regardImage(regardRequest)")
    while context.execute_pending_job():
        pass
    answer = context.eval("regardAnswer.text")
    if reader.error is not None:
        raise reader.error
    ended = isinstance(answer, str)
    found: dict[str, Any] = json.loads(answer) if ended else {"error": f"the layout of {view.name} did not end"}
    if "error" in found:
        raise LayoutError(found["error"])
    table = np.frombuffer(b64decode(found["table"]), np.uint8).reshape(-1, 4)
    items = [_plain(item, table) for item in found["items"]]
    return Drawing(visible(found["name"]), found["width"], found["height"], found["surface"], theme, items)


def _plain(item: Item, table: np.ndarray) -> Item:
    """An item with text that any file can hold, and matrices as [row, column, channel]."""
    if item["kind"] == "text":
        return {**item, "text": visible(item["text"])}
    if item["kind"] != "pixels":
        return item
    shape = (item["rows"], item["columns"], 4)
    steps = np.frombuffer(b64decode(item.pop("steps", "")), np.uint8)
    cells = table[steps] if steps.size else np.frombuffer(b64decode(item["rgba"]), np.uint8)
    return {**item, "rgba": cells.reshape(shape)}


class _Reader:
    """Answers the layout's reads; keeps the first error, which JavaScript would flatten to a message."""

    def __init__(self, view: View):
        self._view = view
        self._read = 0
        self.error: Exception | None = None

    def __call__(self, array: str, slices: str) -> str:
        """The rectangle of an array, base64 of float32; nothing after an error.

        Overviews too fine for lines are only coloured, in 256 steps: they are coded as steps here, which is faster.
        """
        try:
            spans = tuple(slice(start, stop) for start, stop in json.loads(slices))
            self._count(prod(span.stop - span.start for span in spans))
            weights = self._view.read(array, spans)
        except Exception as error:
            self.error = self.error or error
            return ""
        if array.endswith(".overview") and max(weights.shape[-2:]) > _LINES_UP_TO and _STEPS.holds(weights):
            return "u8:" + b64encode(_STEPS.codes(weights).tobytes()).decode("ascii")
        return b64encode(np.ascontiguousarray(weights, "<f4").tobytes()).decode("ascii")

    def _count(self, weights: int) -> None:
        self._read += weights
        if self._read > _MOST_WEIGHTS:
            raise ArgumentError(
                f"this picture would read {self._read / 1e6:.0f} million weights; at most {_MOST_WEIGHTS / 1e6:.0f} "
                "million make one. Show fewer heads or layers (heads=, include_layers=), or a map (regard.map_view), "
                "which is a picture of any length"
            )


def _engine() -> Any:
    try:
        import quickjs
    except ModuleNotFoundError:
        raise missing_extra("a picture of a view", "quickjs-ng", "images") from None
    context = quickjs.Context()
    if context.eval("typeof Uint8Array.fromBase64") != "function":
        raise missing_extra("a picture of a view (the quickjs installed here is older)", "quickjs-ng", "images")
    return context
