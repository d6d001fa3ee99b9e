"""Views and records in notebooks: a page inside the output that outlives the kernel, or a live widget."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from regard.errors import MissingExtraError, missing_extra
from regard.record import Record
from regard.serve.asking import Asked
from regard.serve.html import escaped, page
from regard.serve.thumbnail import caption, cost, thumbnail
from regard.serve.tiles import Tiles
from regard.view import HeadView, ModelView, View, model_view

_MOST_BYTES = 4 << 20
_MOST_READ = 1 << 28
_MAP_HEIGHT = 860
_MOST_THUMBNAIL_WEIGHTS = 1 << 26


def mimebundle(shown: View | Record) -> dict[str, Any]:
    """What a notebook shows of a view, or of a record as a model view.

    Up to 4 MB of weights (that are made in about a second): one self-contained ``text/html``, which needs no kernel, no
    network and no extension, and keeps its still picture where scripts are not trusted. Above that, and of a workbench,
    which is there to be asked: the live widget.
    """
    view = model_view(shown) if isinstance(shown, Record) else shown
    plain = repr(shown).encode("utf-8", "backslashreplace").decode()
    tiles = Tiles(view)
    is_small = tiles.nbytes <= _MOST_BYTES and tiles.cost <= _MOST_READ
    if is_small and not isinstance(view, Asked):
        return {"text/plain": plain, "text/html": frame(view)}
    try:
        return {**_live(view), "text/plain": plain}
    except MissingExtraError as error:
        kept = frame(view) if is_small else _still(view)
        return {"text/plain": f"{plain}\n{error}", "text/html": f"{kept}<p>{escaped(str(error))}</p>"}


def widget(view: View) -> Any:
    """The view as a live widget, whose selection is the view's; raises ``MissingExtraError`` without anywidget."""
    try:
        from regard.serve.widget import ViewWidget
    except ModuleNotFoundError as error:
        raise missing_extra("a live picture in a notebook", str(error.name), "notebook") from None
    return ViewWidget(view)


def frame(view: View) -> str:
    """The view's page in a sandboxed frame, over its still picture: where frames are stripped, the picture stays."""
    content = page(view, bare=True).replace("&", "&amp;").replace('"', "&quot;")
    return (
        f'<div style="position: relative; height: {height(view)}px; overflow: hidden; resize: vertical">'
        f"{_still(view)}"
        f'<iframe sandbox="allow-scripts" title="{escaped(caption(view))}" srcdoc="{content}" '
        'style="position: absolute; inset: 0; width: 100%; height: 100%; border: 0"></iframe></div>'
    )


def height(view: View) -> int:
    """Pixels that a frame gets: enough for the picture, at most about one screen. The reader can drag it larger."""
    offer = next(offer for offer in view.attentions() if offer.kind == view.selection.kind)
    if isinstance(view, HeadView):
        rows = 20 * max(offer.queries, offer.keys)
    elif not isinstance(view, ModelView):
        return _MAP_HEIGHT
    else:
        rows = max(32, min(94, 960 // len(offer.heads))) * len(offer.layers)
    return max(420, min(1080, 180 + rows))


def _live(view: View) -> dict[str, Any]:
    """The widget and its still picture; never beside ``text/html``, or a reopened notebook shows only an error."""
    live = widget(view)
    data = live._repr_mimebundle_()[0]
    return data if _is_costly(view) else {**data, "image/png": b64encode(thumbnail(view)).decode("ascii")}


def _still(view: View) -> str:
    if _is_costly(view):
        return ""
    content = b64encode(thumbnail(view)).decode("ascii")
    return f'<img src="data:image/png;base64,{content}" alt="{escaped(caption(view))}">'


def _is_costly(view: View) -> bool:
    """Whether the still picture would read so many weights that the user waits for it."""
    return cost(view) > _MOST_THUMBNAIL_WEIGHTS
