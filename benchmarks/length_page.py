"""One long layer as an offline page that computes its weights: ``python -m benchmarks.length_page TOKENS HEADS``."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import regard
from benchmarks.long import document
from benchmarks.probe import READY, gestures, watched
from regard.record import Record

BUDGET = "12 MB"


def main(tokens: int, heads: int) -> None:
    record = document(tokens, heads, lse=True)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        path = regard.map_view(record, head=0).save(Path(folder) / "page.html", budget=BUDGET)
        found: dict[str, Any] = {"build_s": time.perf_counter() - start, "page_bytes": path.stat().st_size}
        with watched() as page:
            page.goto(path.as_uri(), wait_until="commit")
            page.locator(READY).first.wait_for()
            found["first_ms"] = page.evaluate("() => performance.now()")
            found["frames"] = gestures(page)
            _hover(page)
            _visit(page)
            (declared,) = json.loads(page.locator("#regard-spec").text_content() or "[]")
            tiles, kept = page.evaluate("() => [probe.tiles, probe.kept]")
    options = declared["spec"]["options"]
    found["stated"], found["left_out"] = float(options["error"]), options.get("left_out", "")
    pooled = [tile for tile in tiles if tile["order"]["do"] == "pool"]
    found["tile_ms"] = [tile["ms"] for tile in pooled if tile["first"]]
    found["exact_tile_ms"] = [tile["ms"] for tile in pooled if tile["exact"]]
    found["hover_ms"] = [tile["ms"] for tile in tiles if tile["order"]["do"] == "exact"]
    found["error"] = max(_error(record, declared["quantised"], tile) for tile in kept)
    found["compared"] = sum(len(tile["weights"]) for tile in kept)
    print(json.dumps(found))


def _hover(page: Any) -> None:
    """Point here and there, at places of the whole map and close by."""
    box = page.get_by_role("application").first.bounding_box()
    for i in range(12):
        x = 0.1 + 0.06 * i
        page.mouse.move(box["x"] + x * box["width"], box["y"] + (x + 0.15) * box["height"])
        page.wait_for_timeout(600)


def _visit(page: Any) -> None:
    """Go from strong weight to strong weight, so that the tiles compared hold some."""
    for _ in range(4):
        page.get_by_role("button", name="Next strong edge").click()
        page.wait_for_timeout(1500)


def _error(record: Record, quantised: list[dict[str, Any]], tile: dict[str, Any]) -> float:
    """Largest difference of a tile's weights from those that numpy computes."""
    order = tile["order"]
    head = quantised[order["group"] - 1]["heads"][order["place"]]
    rows, columns = (slice(*order[side]) for side in ("rows", "columns"))
    weights = np.array(tile["weights"]).reshape(rows.stop - rows.start, columns.stop - columns.start)
    return float(np.abs(weights - record.weights[0, head, rows, columns]).max())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
