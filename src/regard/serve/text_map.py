"""A map view as text: the whole matrix in shades of a few characters."""

from __future__ import annotations

import numpy as np

from regard.record.progressive import progressive
from regard.view import MapView

_SHADES = " ·░▒▓█"
_DOWN, _ACROSS = 24, 48


def map_text(view: MapView, width: int) -> list[str]:
    """Lines of text: what is shown, the matrix with queries from top to bottom, and what the shades mean.

    Each character is the largest (or the mean) weight of its block and of the selected heads, on a square-root scale.
    What would take long is sampled, and says so.
    """
    state = view.selection.state
    attention = view.record.attentions[state.kind]
    layer, heads = attention.layer(state.layer), state.heads
    title = f"{state.kind} attention, layer {state.layer}, heads {heads}: {attention.queries} × {attention.keys}"
    if not heads:
        return [title, "no head is selected"]
    cells = (_DOWN, max(4, min(_ACROSS, width - 4)))
    pictures = [next(progressive(layer, slice(head, head + 1), cells, view.pool)) for head in heads]
    each = np.stack([picture.weights[0] for picture in pictures])
    shown = each.max(axis=0) if view.pool == "max" else each.mean(axis=0)
    top = float(shown.max(initial=0))
    steps = np.ceil((len(_SHADES) - 1) * np.sqrt(shown / top if top else shown)).astype(int)
    rows = [f"  │{''.join(_SHADES[step] for step in row)}│" for row in steps]
    blocks = " × ".join(
        str(-(-size // cell)) for size, cell in zip(layer.shape("weights")[1:], shown.shape, strict=True)
    )
    what = "the largest" if view.pool == "max" else "the mean"
    sampled = "" if all(picture.exact for picture in pictures) else " (from a sample of the queries)"
    return [title, *rows, f"  each character: {what} of up to {blocks} weights, █ is {top:.3g}{sampled}"]
