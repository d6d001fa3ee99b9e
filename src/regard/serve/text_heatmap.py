"""A heatmap as text: each head's cells in shades of a few characters beside the queries' tokens."""

from __future__ import annotations

import numpy as np

from regard.view import Heatmap

_SHADES = "·░▒▓█"
_MASKED, _ZERO, _UNKNOWN = " ", ".", "?"
_ROWS, _COLUMNS = 48, 64
_MARGIN = 16


def heatmap_text(view: Heatmap, width: int) -> list[str]:
    """Lines of text: for each selected head its cells, queries from top to bottom, and what the characters mean.

    Each character is one weight on the view's scale; of a larger part the first rows and columns are shown, which is
    said.
    """
    state = view.selection.state
    attention = view.record.attentions[state.kind]
    layer = attention.layer(state.layer)
    q0, q1, k0, k1 = state.rectangle or (0, attention.queries, 0, attention.keys)
    rows, columns = min(q1 - q0, _ROWS), max(1, min(k1 - k0, _COLUMNS, width - _MARGIN - 4))
    title = f"{state.kind} attention, layer {state.layer}, queries {q0}–{q1 - 1} × keys {k0}–{k1 - 1}"
    if not state.heads:
        return [f"{title}: no head is selected"]
    queries, keys = slice(q0, q0 + rows), slice(k0, k0 + columns)
    weights = np.stack([layer.read("weights", (slice(h, h + 1), queries, keys))[0] for h in state.heads])
    top = view.top or float(np.nanmax(weights, initial=0)) or 1.0
    seen = layer.mask.visible(queries, keys)
    labels = view.record.streams[attention.query_stream].labels[queries]
    lines = [title]
    for head, found in zip(state.heads, weights, strict=True):
        lines += [f"head {head}", *_matrix(found, seen, labels, view.scale, top)]
    if (rows, columns) != (q1 - q0, k1 - k0):
        lines.append(f"  the first {rows} of {q1 - q0} queries and {columns} of {k1 - k0} keys")
    return [*lines, f"  {_SHADES} up to {top:.3g} ({view.scale}); {_ZERO} zero, blank masked, {_UNKNOWN} not a number"]


def _matrix(weights: np.ndarray, seen: np.ndarray, labels: tuple[str, ...], scale: str, top: float) -> list[str]:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(weights / top, 0, 1)
        places = {"linear": share, "root": np.sqrt(share), "log": np.maximum(0, 1 + np.log10(weights) / 6)}[scale]
        steps = np.nan_to_num(np.ceil(places * len(_SHADES)) - 1).clip(0, len(_SHADES) - 1).astype(int)
    shown = np.array(list(_SHADES))[steps]
    shown[weights == 0] = _ZERO
    shown[np.isnan(weights)] = _UNKNOWN
    shown[~seen] = _MASKED
    names = (label if len(label) <= _MARGIN else label[: _MARGIN - 1] + "…" for label in labels)
    return [f"{name:>{_MARGIN}} │{''.join(row)}│" for name, row in zip(names, shown, strict=True)]
