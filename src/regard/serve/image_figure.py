"""A drawing as matplotlib artists: for those who compose figures, and on the way to PDF and PNG."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from regard.errors import missing_extra
from regard.serve.fonts import families
from regard.serve.image_svg import BASELINE, cells, ordered
from regard.serve.layout import Drawing, Item

try:
    from matplotlib import font_manager, rc_context
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.patches import FancyBboxPatch, Rectangle
except ModuleNotFoundError as error:
    raise missing_extra("a figure, a PNG or a PDF", str(error.name).partition(".")[0], "images") from None

PIXELS_PER_INCH = 96
_POINTS = 72 / PIXELS_PER_INCH
_WIDE_FALLBACK = 0.88
"""DejaVu Sans, which matplotlib carries, is that much wider than the metrics that pictures are laid out by."""


def figure(shown: Drawing) -> Figure:
    """A figure of the drawing's own size, all of it one axes."""
    made = Figure(
        figsize=(shown.width / PIXELS_PER_INCH, shown.height / PIXELS_PER_INCH),
        facecolor=shown.surface,
        label=shown.name,
    )
    draw(shown, made.add_axes((0, 0, 1, 1)))
    return made


def draw(shown: Drawing, ax: Axes) -> None:
    """Put a drawing into axes: from the upper left corner, as large as fits, without ticks and frame."""
    ax.set_axis_off()
    ax.set(xlim=(0, shown.width), ylim=(shown.height, 0), aspect="equal", anchor="NW")
    box = ax.get_position()
    inches = ax.get_figure(root=True).get_size_inches()  # type: ignore[union-attr]
    across = box.width * inches[0] * PIXELS_PER_INCH / shown.width
    down = box.height * inches[1] * PIXELS_PER_INCH / shown.height
    scale = min(across, down) * _POINTS
    for order, (look, items) in enumerate(groupby(shown.items, _look)):
        made = (
            _patches(list(items), ax) if look else (a for item in items for a in _MAKERS[item["kind"]](item, ax, scale))
        )
        for step, artist in enumerate(made):
            artist.set_zorder(1 + order / 1e3 + step / 1e7)


def _look(item: Item) -> tuple[str, float] | None:
    """What plain rectangles have in common that can be drawn as one collection: thousands of artists take seconds."""
    if item["kind"] != "rect" or item.get("stroke") or item.get("radius"):
        return None
    return item["fill"], item.get("alpha", 1)


def _patches(items: list[Item], ax: Axes) -> Iterator[Any]:
    look = {"facecolors": items[0]["fill"], "alpha": items[0].get("alpha"), "edgecolors": "none", "linewidths": 0}
    corners = [_corners(item) for item in items]
    yield ax.add_collection(PolyCollection(corners, closed=True, **look), autolim=False)


def _corners(item: Item) -> list[tuple[float, float]]:
    x0, y0 = item["x"], item["y"]
    x1, y1 = x0 + item["width"], y0 + item["height"]
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def save(made: Figure, path: Path, dpi: float) -> None:
    """Write a figure as PNG or PDF, by the ending; the same figure gives the same bytes."""
    made.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(made) if path.suffix.lower() == ".png" else FigureCanvasPdf(made)
    with rc_context({"pdf.fonttype": 42, "hatch.linewidth": 0.6}), _honest_about_fonts():
        if path.suffix.lower() == ".png":
            canvas.print_png(path, metadata={"Software": None})
        else:
            canvas.print_pdf(path, metadata={"CreationDate": None, "Title": made.get_label()})


@contextmanager
def _honest_about_fonts() -> Iterator[None]:
    """One warning for all characters that no font has, instead of one for each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    missing = []
    for warning in caught:
        words = str(warning.message).split()
        if words[:1] == ["Glyph"]:
            missing.append(int(words[1]))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if missing:
        codes = ", ".join(f"U+{code:04X}" for code in sorted(set(missing))[:12])
        warnings.warn(
            f"no installed font has {len(set(missing))} of the characters here ({codes}): they are drawn as boxes. "
            "Install a font that has them (Noto Sans and Noto Emoji together have nearly all)",
            stacklevel=4,
        )


def _lines(item: Item, ax: Axes, scale: float) -> Iterator[Any]:
    order = ordered(item)
    if not len(order):
        return
    segments = [[(item["x0"], item["y0"][i]), (item["x1"], item["y1"][i])] for i in order]
    colours = [(item["hues"][item["hue"][i]], item["alpha"][i] / 255) for i in order]
    given = item.get("widths")
    widths = item["width"] * scale if not given else [given[i] * scale for i in order]
    yield ax.add_collection(LineCollection(segments, colors=colours, linewidths=widths, capstyle="butt"), autolim=False)


def _pixels(item: Item, ax: Axes, _scale: float) -> Iterator[Any]:
    smooth = item["width"] < item["columns"] or item["height"] < item["rows"]
    x, y = item["x"], item["y"]
    extent = (x, x + item["width"], y + item["height"], y)
    image = AxesImage(ax, interpolation="antialiased" if smooth else "none", extent=extent, origin="upper")
    image.set_data(cells(item))
    image.set_clip_path(ax.patch)
    yield ax.add_image(image)


def _hatch(item: Item, ax: Axes, _scale: float) -> Iterator[Any]:
    place = ((item["x"], item["y"]), item["width"], item["height"])
    yield ax.add_patch(Rectangle(*place, facecolor=item["ground"], edgecolor=item["rule"], hatch="////", linewidth=0))


def _rect(item: Item, ax: Axes, scale: float) -> Iterator[Any]:
    look: dict[str, Any] = {
        "facecolor": item.get("fill") or "none",
        "edgecolor": item.get("stroke") or "none",
        "alpha": item.get("alpha"),
        "linewidth": scale if item.get("stroke") else 0,
    }
    place = ((item["x"], item["y"]), item["width"], item["height"])
    if item.get("radius"):
        yield ax.add_patch(FancyBboxPatch(*place, boxstyle=f"round,pad=0,rounding_size={item['radius']}", **look))
    else:
        yield ax.add_patch(Rectangle(*place, **look))


def _text(item: Item, ax: Axes, scale: float) -> Iterator[Any]:
    fonts = _installed(families(item["text"]))
    size = item["size"] * (_WIDE_FALLBACK if fonts[0] == "DejaVu Sans" else 1)
    shift, turned = BASELINE * item["size"], bool(item.get("turned"))
    yield ax.text(
        item["x"] + (shift if turned else 0),
        item["y"] + (0 if turned else shift),
        item["text"],
        fontsize=size * scale,
        fontfamily=fonts,
        fontweight="bold" if item.get("bold") else "normal",
        color=item["colour"],
        alpha=item.get("alpha"),
        horizontalalignment=item["align"],
        verticalalignment="baseline",
        rotation=90 if turned else 0,
        rotation_mode="anchor",
        parse_math=False,
        clip_on=False,
    )


@cache
def _known() -> frozenset[str]:
    return frozenset(entry.name for entry in font_manager.fontManager.ttflist)


@cache
def _installed(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in _known()] or ["DejaVu Sans"]


_MAKERS = {"lines": _lines, "pixels": _pixels, "hatch": _hatch, "rect": _rect, "text": _text}
