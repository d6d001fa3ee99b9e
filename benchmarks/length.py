"""How regard holds up with length: ``python -m benchmarks.length`` (a quarter of an hour).

Every step runs in a process of its own. Steps take turns over the repeats, and of each figure the smallest counts: what
else the machine does only ever adds. The attention is made (see ``long.py``), for no packaged model reads so much.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bertviz import run
from benchmarks.length_table import report
from benchmarks.long import document

RESULTS = Path("benchmarks/results/length.md")
LIMIT = 1500
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.length", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--page", type=int, nargs=2, default=(16384, 12), metavar=("N", "HEADS"), help="%(default)s")
    parser.add_argument("--live", type=int, default=100_000, metavar="N", help="tokens of the live head (%(default)s)")
    parser.add_argument("--views", type=int, nargs="*", default=(1024, 2048, 4096), metavar="N", help="%(default)s")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each step (%(default)s)")
    parser.add_argument("--output", type=Path, default=RESULTS, help="the Markdown file (%(default)s)")
    arguments = parser.parse_args()
    steps = _steps(arguments)
    found: dict[str, list[Figures]] = {name: [] for name in steps}
    for _ in range(arguments.repeats):
        for name, command in steps.items():
            figures = run(command, LIMIT)
            print(f"{name}: {_short(figures)}", file=sys.stderr, flush=True)
            if isinstance(figures, dict):
                found[name].append(figures)
    text = report(
        {name: least(runs) for name, runs in found.items()},
        arguments.page,
        arguments.live,
        arguments.repeats,
        os.getloadavg(),
    )
    arguments.output.write_text(text, encoding="utf-8")
    print(text)


def _steps(arguments: argparse.Namespace) -> dict[str, tuple[str, ...]]:
    steps = {"page": ("benchmarks.length_page", *map(str, arguments.page))}
    steps |= {where: ("benchmarks.length_live", str(arguments.live), where) for where in ("memory", "file")}
    views = [(view, count) for count in arguments.views for view in ("head", "model")]
    return steps | {f"{view} {count}": ("benchmarks.length", "--one", view, str(count)) for view, count in views}


def least(runs: list[Figures]) -> Figures:
    """The smallest of each figure over the runs; a list of times counts by its median and its 95th percentile."""
    found: Figures = {}
    for name in runs[0] if runs else ():
        values = [figures[name] for figures in runs]
        if isinstance(values[0], dict):
            found[name] = least(values)
        elif isinstance(values[0], list):
            parts = np.array([np.percentile(value, [50, 95, 100]) for value in values if value])
            found[name] = parts.min(axis=0).tolist() if len(parts) else []
        else:
            found[name] = min(values)
    return found


def one(view: str, count: int) -> None:
    """One view of 12 layers × 12 heads as a page, and how it paints."""
    import regard

    record = document(count, 12, 12)
    shown = {"head": regard.head_view, "model": regard.model_view}[view](record)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        path = shown.save(Path(folder) / "page.html")
        found = {"build_s": time.perf_counter() - start, "page_bytes": path.stat().st_size}
        painted = run(("benchmarks.browser", "regard", view, str(path)), LIMIT)
    print(json.dumps(found | (painted if isinstance(painted, dict) else {})))


def _short(figures: Figures | str) -> str:
    if isinstance(figures, str):
        return figures
    return str({name: value for name, value in figures.items() if not isinstance(value, (list, dict))})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]))
    else:
        main()
