"""Views as images: SVG, PNG and PDF without a browser, and matplotlib figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regard.errors import ArgumentError, not_one_of
from regard.record.atomic import replacing
from regard.serve.image_svg import svg
from regard.serve.layout import ThemeName, drawing
from regard.view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Width = int | float | str
_WIDTH = 800
_DPI = 192
_INCH = 96
_UNITS = {"in": _INCH, "mm": _INCH / 25.4, "cm": _INCH / 2.54, "pt": _INCH / 72, "px": 1.0}
_NAMED = {"column": 3.35, "text": 5.5, "page": 7.0}
_NARROWEST, _WIDEST = 200, 20_000
_MOST_PIXELS = 1 << 27


def save(
    view: View,
    *,
    path: Path,
    width: Width = _WIDTH,
    theme: ThemeName | None = None,
    dpi: float | None = None,
    caption: bool = True,
) -> Path:
    """Write the view as it stands to ``path``: ``.svg``, ``.png`` or ``.pdf``.

    ``width`` is a number of CSS pixels (1/96 inch), a length (``"85mm"``, ``"3.3in"``) or a place in a paper
    (``"column"``, ``"text"``, ``"page"``: 3.35, 5.5 and 7 inches). ``theme`` is ``"light"`` or ``"dark"`` (the view's
    own, else light); ``dpi`` the pixels per inch of a PNG (192); without ``caption`` title and notes are left out. The
    file appears whole or not at all, and the same view gives the same bytes. Raises ``MissingExtraError`` without
    ``regard[images]`` and ``ArgumentError`` for what cannot be drawn.
    """
    kind = path.suffix.lower()
    if dpi is not None and kind != ".png":
        raise ArgumentError(f"dpi= is for .png; a {kind} file has no pixels, only a width=")
    shown = drawing(view, pixels(width), _theme(view, theme), caption=caption)
    if kind == ".svg":
        with replacing(path) as part:
            part.write_text(svg(shown), encoding="utf-8")
        return path
    from regard.serve import image_figure

    dots = _DPI if dpi is None else dpi
    _check_size(shown.width, shown.height, dots if kind == ".png" else 0)
    with replacing(path) as part:
        image_figure.save(image_figure.figure(shown), part, dots)
    return path


def figure(
    view: View, *, ax: Any = None, width: Width | None = None, theme: ThemeName | None = None, caption: bool = False
) -> Figure:
    """The view as a matplotlib figure of vector artists; with ``ax``, drawn into those axes, whose figure is returned.

    ``width`` is as for :func:`save`; axes that are given have one already. Raises ``MissingExtraError`` without
    matplotlib.
    """
    from regard.serve import image_figure

    name = _theme(view, theme)
    if ax is None:
        return image_figure.figure(drawing(view, pixels(_WIDTH if width is None else width), name, caption=caption))
    if width is not None:
        raise ArgumentError("give ax= or width=, not both: axes have a width of their own")
    found = ax.get_figure(root=True)
    across = ax.get_position().width * found.get_size_inches()[0] * _INCH
    image_figure.draw(drawing(view, max(_NARROWEST, round(across)), name, caption=caption), ax)
    return found  # type: ignore[no-any-return]


def pixels(width: Width) -> int:
    """CSS pixels of a width.

    >>> pixels(640), pixels("3.35in"), pixels("85mm"), pixels("column")
    (640, 322, 321, 322)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", str(width))
    if width in _NAMED:
        asked = _NAMED[str(width)] * _INCH
    elif found is None or (found[2] or "px") not in _UNITS:
        raise ArgumentError(
            f"width: expected a number of pixels, a length in {', '.join(_UNITS)} (as in '85mm'), or one of "
            f"{', '.join(map(repr, _NAMED))}; got {width!r}"
        )
    else:
        asked = float(found[1]) * _UNITS[found[2] or "px"]
    if not _NARROWEST <= round(asked) <= _WIDEST:
        raise ArgumentError(
            f"width: {width!r} is {asked:.0f} CSS pixels (1/96 inch); a picture has {_NARROWEST} to {_WIDEST}"
        )
    return round(asked)


def _theme(view: View, asked: str | None) -> ThemeName:
    chosen = asked or ("light" if view.theme == "auto" else view.theme)
    if chosen not in ("light", "dark"):
        raise not_one_of("theme", chosen, ("light", "dark"))
    return chosen  # type: ignore[return-value]


def _check_size(width: float, height: float, dpi: float) -> None:
    across, down = (round(side * dpi / _INCH) for side in (width, height))
    if across * down > _MOST_PIXELS:
        raise ArgumentError(
            f"this picture would be {across} × {down} pixels; at most {_MOST_PIXELS / 1e6:.0f} million open with ease. "
            "Save it as .svg, with a smaller dpi=, or show less of it (a map_view shows any length)"
        )
