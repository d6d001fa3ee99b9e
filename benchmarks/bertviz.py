"""regard beside BertViz 1.4.1 in one run: ``python -m benchmarks.bertviz``, or ``make bench``.

Every page is built in a process of its own and opened in a browser of its own, the two tools taking turns; figures are
medians over the repeats. A step that dies or takes longer than its limit is shown as such.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress
from itertools import product
from pathlib import Path
from statistics import median

from benchmarks.material import CACHE
from benchmarks.table import Cell, report

TOOLS = ("bertviz", "regard")
VIEWS = ("head", "model")
SIZES = (16, 64, 128, 512)
STEPS = {
    "build": lambda tool, view, count, page: ("benchmarks.build", tool, view, str(count), page),
    "paint": lambda tool, view, _, page: ("benchmarks.browser", tool, view, page),
    "whole": lambda tool, view, count, _: ("benchmarks.whole", tool, view, str(count)),
}
FIGURES = {
    "build": ("build_s", "page_bytes", "peak_bytes"),
    "paint": ("paint_s", "cpu_s", "layer_s", "heap_bytes", "elements"),
    "whole": ("whole_s",),
}
LIMITS = {"build": 300, "paint": 180, "whole": 300}
RESULTS = Path("benchmarks/results/bertviz.md")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bertviz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of tokens (%(default)s)"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each step up to n = 128; above it one (3)")
    parser.add_argument("--output", type=Path, default=RESULTS, help="the Markdown file (%(default)s)")
    arguments = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    cells = {}
    for count in arguments.sizes:
        for view in VIEWS:
            for tool, cell in measure(view, count, arguments.repeats if count <= 128 else 1).items():
                cells[view, count, tool] = cell
    text = report(cells, arguments.sizes, f"python -m benchmarks.bertviz --sizes {' '.join(map(str, arguments.sizes))}")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(text, encoding="utf-8")
    print(text)


def measure(view: str, count: int, repeats: int) -> dict[str, Cell]:
    """Figures of both tools for one view and size, taken in turns; of a step that failed, why."""
    found: dict[str, dict[str, list[float]]] = {tool: defaultdict(list) for tool in TOOLS}
    failed: dict[tuple[str, str], str] = {}
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        for _, tool, step in product(range(repeats), TOOLS, STEPS):
            if (tool, step) in failed or (step == "paint" and (tool, "build") in failed):
                continue
            figures = run(STEPS[step](tool, view, count, f"{folder}/{tool}.html"), LIMITS[step])
            print(f"{view} view, n = {count}, {tool}, {step}: {figures}", file=sys.stderr, flush=True)
            if isinstance(figures, str):
                failed[tool, step] = figures
                continue
            for name, value in figures.items():
                found[tool][name].append(value)
    return {tool: _cell(found[tool], {step: why for (of, step), why in failed.items() if of == tool}) for tool in TOOLS}


def _cell(found: dict[str, list[float]], failed: dict[str, str]) -> Cell:
    reasons = {name: why for step, why in failed.items() for name in FIGURES[step]}
    return {**{name: median(values) for name, values in found.items()}, **reasons}


def run(command: tuple[str, ...], limit: float) -> dict[str, float] | str:
    """What a step printed, or why it failed; it is ended with all its children."""
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "TOKENIZERS_PARALLELISM": "false"}
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        out, _ = process.communicate(timeout=limit)
        return json.loads(out) if process.returncode == 0 else "dies"
    except subprocess.TimeoutExpired:
        return f"> {limit} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    main()
