"""The benchmark's figures as a Markdown page."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

import regard
from benchmarks.material import DESCRIPTION

Cell = Mapping[str, float | str]


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 20 else f"{value:.1f} s" if value >= 2 else f"{value:.2f} s"


def _bytes(value: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.1f} {unit}" if value < 10 * size else f"{value / size:,.0f} {unit}"
    return f"{value:.0f} B"


def _count(value: float) -> str:
    return f"{value:,.0f}"


COLUMNS: dict[str, tuple[str, Callable[[float], str]]] = {
    "build_s": ("build", _seconds),
    "whole_s": ("model + build", _seconds),
    "page_bytes": ("page", _bytes),
    "peak_bytes": ("peak memory", _bytes),
    "paint_s": ("first paint, main thread", _seconds),
    "cpu_s": ("first paint, all CPU", _seconds),
    "layer_s": ("layer change, main thread", _seconds),
    "heap_bytes": ("JS heap", _bytes),
    "elements": ("DOM elements", _count),
}
NOTES = """
- **build**: from the finished weights (a tuple of tensors) to the page's text: BertViz with `html_action='return'`,
  regard with `regard.from_weights` and a page. Imports are not counted.
- **model + build**: from token ids to the page's text. BertViz needs the model's weights, so the model runs eagerly;
  regard captures it on its own kernel (SDPA).
- **peak memory**: of the building Python process, torch and the weights included.
- **first paint, main thread**: CPU seconds of Chromium's main thread until the picture stands and the thread is idle;
  **all CPU**: of all processes that draw the page, their start included (about 0.8 s). The window is 1300 × 1000;
  regard draws what is in sight, BertViz everything.
- **layer change**: CPU seconds of the main thread after choosing layer 6 in the menu (BertViz's model view has none).
- **JS heap** after a garbage collection; **DOM elements** with those in shadow roots.
- **×**: how many times less regard takes. **dies**: the process ended with an error (Chromium or Python); **> 180 s**:
  it was stopped at its limit (build 300 s, paint 180 s).
- regard's page is whole and offline; BertViz's loads D3, jQuery and require.js from a CDN: here they are answered
  from npm packages and not counted.
"""


def report(cells: Mapping[tuple[str, int, str], Cell], sizes: Sequence[int], command: str) -> str:
    """The whole page: how it was measured, a table per view, what the columns mean."""
    tables = "\n".join(f"## {view.capitalize()} view\n\n{_table(cells, view, sizes)}" for view in ("head", "model"))
    return f"# regard beside BertViz\n\n{_setting(command)}\n{tables}\n## What is measured\n{NOTES}"


def _setting(command: str) -> str:
    browser = subprocess.run(["chromium", "--version"], capture_output=True, text=True, check=False).stdout.split(
        " built"
    )[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("bertviz", "torch", "transformers", "numpy"))
    return (
        f"Both tools in one run, taking turns, medians of the repeats: `{command}`.\n{DESCRIPTION}\n"
        f"regard {regard.__version__}, {packages}, Python {platform.python_version()}, {browser.strip()}, "
        f"{os.cpu_count()} CPU cores, no GPU.\n"
    )


def _table(cells: Mapping[tuple[str, int, str], Cell], view: str, sizes: Sequence[int]) -> str:
    names = [name for name in COLUMNS if view == "head" or name != "layer_s"]
    head = ["n", "", *(COLUMNS[name][0] for name in names)]
    rows = [head, ["---:", ":---", *["---:"] * len(names)]]
    for count in sizes:
        peer, ours = cells[view, count, "bertviz"], cells[view, count, "regard"]
        rows.append([str(count), "BertViz", *(_figure(peer, name) for name in names)])
        rows.append(["", "regard", *(_figure(ours, name) for name in names)])
        rows.append(["", "**×**", *(_ratio(peer, ours, name) for name in names)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _figure(cell: Cell, name: str) -> str:
    value = cell.get(name, "–")
    return value if isinstance(value, str) else COLUMNS[name][1](value)


def _ratio(peer: Cell, ours: Cell, name: str) -> str:
    theirs, own = peer.get(name), ours.get(name)
    if not (isinstance(theirs, float | int) and isinstance(own, float | int)):
        return ""
    ratio = theirs / own
    return f"**{ratio:,.0f}**" if ratio >= 10 else f"**{ratio:.1f}**"
