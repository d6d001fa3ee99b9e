"""The figures of ``benchmarks.length`` as a Markdown page."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import regard

Figures = Mapping[str, Any]


def report(found: Mapping[str, Figures], page: Sequence[int], live: int, runs: int, load: Sequence[float]) -> str:
    """The whole page: how it was measured, and a table for each question."""
    sections = [_page(found["page"], *page), _frames(found["page"]), _live(found, live), _views(found)]
    return f"# regard and length\n\n{_setting(runs, load)}\n" + "\n".join(sections)


def _setting(runs: int, load: Sequence[float]) -> str:
    browser = subprocess.run(["chromium", "--version"], capture_output=True, text=True, check=False).stdout
    return (
        "`python -m benchmarks.length`: every step in a process of its own, the steps taking turns, and each figure\n"
        f"{'from one run' if runs == 1 else f'the smallest of {runs} runs'}. The attention is made: heads that look\n"
        "nearby, at their topic, at what stood before a repetition, or at the first token (d_head 64).\n"
        f"regard {regard.__version__}, numpy {np.__version__},\n"
        f"Python {platform.python_version()}, {browser.split(' built')[0].strip()} without a GPU, {os.cpu_count()} CPU "
        f"cores, on which\n{load[2]:.0f} processes wanted to run while this was measured: times are upper bounds.\n"
    )


def _page(found: Figures, tokens: int, heads: int) -> str:
    size = found["page_bytes"] / 1e6
    rows = [
        ("page", f"{size:.1f} MB", "≤ 10 MB"),
        ("made in", f"{found['build_s']:.0f} s", ""),
        ("first picture after", f"{found['first_ms']:.0f} ms", "≤ 1,000 ms"),
        ("first picture of a tile, p50 / p95", _pair(found["tile_ms"]), "p95 ≤ 50 ms"),
        ("exact tile, p50 / p95", _pair(found["exact_tile_ms"]), ""),
        ("weight, row or column under the pointer, p50 / p95", _pair(found["hover_ms"]), ""),
        ("largest error that the page states", f"{found['stated']:.3%}", "≤ 0.5 %"),
        (f"largest difference from numpy, {found['compared']:,} weights", f"{found['error']:.3%}", "≤ 0.5 %"),
        ("left out for its size", found["left_out"] or "nothing", "nothing"),
    ]
    title = f"## One layer of {heads} heads over {tokens:,} tokens, as one offline page"
    return f"{title}\n\n{_table(('', 'found', 'aim'), rows)}"


def _frames(found: Figures) -> str:
    rows = [
        (name, *(f"{value:.1f}" for value in each["frames"]), f"{each['cpu_ms']:.1f}")
        for name, each in found["frames"].items()
    ]
    head = ("ms a frame", "p50", "p95", "most", "main thread, all work")
    return (
        "## Frames of that page's map\n\nScript time of a frame by the clock (aim: ≤ 8 ms), and the main thread's own\n"
        f"CPU time for all that belongs to it (script, layout, painting), on average.\n\n{_table(head, rows)}"
    )


def _live(found: Mapping[str, Figures], tokens: int) -> str:
    names = {"memory": "in memory", "file": "from a .regard file"}
    rows = [
        (
            label,
            f"{found[name]['open_ms']:.0f} ms" if name == "file" else "",
            f"{found[name]['first_ms']:.0f} ms",
            _pair(found[name]["tile_ms"]),
            f"{found[name]['memory_bytes'] / 1e6:,.0f} MB",
        )
        for name, label in names.items()
    ]
    head = (
        f"{tokens:,} tokens",
        "opened in",
        "first picture (aim ≤ 1 s)",
        "first picture of a tile, p50 / p95",
        "memory",
    )
    return (
        "## One head, live\n\nThe widget's script and its answering code, without Jupyter between them; the record\n"
        "holds queries, keys and log-sum-exp. Memory is what opening and looking added to the Python process. As\n"
        f"weights this head would take {4 * tokens**2 / 1e9:,.0f} GB.\n\n{_table(head, rows)}"
    )


def _views(found: Mapping[str, Figures]) -> str:
    rows = []
    for name, each in found.items():
        view, _, count = name.partition(" ")
        if not count or not each:
            continue
        seconds = [f"{each[key]:.2f} s" if key in each else "–" for key in ("build_s", "paint_s", "cpu_s", "layer_s")]
        rows.append((view, count, seconds[0], f"{each['page_bytes'] / 1e6:.1f} MB", *seconds[1:]))
    head = ("view", "n", "build", "page", "first paint, main thread", "first paint, all CPU", "layer change")
    return (
        "## Head and model views\n\n12 layers × 12 heads as one offline page, columns as in [the comparison with\n"
        "BertViz](bertviz.md), which reaches none of these sizes. Up to 1,024 tokens a page carries every weight;\n"
        f"beyond, runs of tokens share a row.\n\n{_table(head, rows)}"
    )


def _pair(values: Sequence[float]) -> str:
    return f"{values[0]:.1f} / {values[1]:.0f} ms" if values else "–"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, [":---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
