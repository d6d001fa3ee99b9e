"""A long head live, as a notebook shows it: ``python -m benchmarks.length_live TOKENS memory|file``.

The page is the widget's own script; its messages go to the widget's own answering code. Only Jupyter is left out: the
two talk through the browser's automation, which adds some milliseconds to each tile.
"""

from __future__ import annotations

import json
import queue
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

import regard
from benchmarks.long import document
from benchmarks.probe import READY, watched
from regard.record import Record
from regard.serve.bundle import scripts
from regard.serve.messages import Responder
from regard.serve.tiles import Tiles

_START = """async ([code, traits]) => {
  const listeners = new Set();
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  window.deliver = (content, buffers) => { for (const hear of listeners) hear(content, buffers.map(bytes)); };
  const model = {
    get: (name) => traits[name], set() {}, save_changes() {}, send: (content) => window.toPython(content),
    on: (event, hear) => { if (event === 'msg:custom') listeners.add(hear); }, off() {},
  };
  const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const widget = await import(address);
  document.body.replaceChildren(document.createElement('div'));
  window.begun = performance.now();
  widget.default.render({ model, el: document.body.firstChild });
}"""


def main(tokens: int, where: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = document(tokens, 1, lse=True).save(Path(folder) / "long.regard")
        begun = _memory()
        start = time.perf_counter()
        record = regard.open(path)
        found = {"open_ms": 1000 * (time.perf_counter() - start), "file_bytes": path.stat().st_size}
        if where == "memory":
            record = document(tokens, 1, lse=True)
        found |= _shown(record)
        found["memory_bytes"] = _memory() - begun
    print(json.dumps(found))


def _shown(record: Record) -> dict[str, Any]:
    answers: queue.Queue[tuple[dict[str, Any], list[bytes]]] = queue.Queue()
    asked: dict[str, float] = {}
    times: dict[str, list[float]] = defaultdict(list)

    def send(content: dict[str, Any], buffers: list[bytes]) -> None:
        passed = 1000 * (time.perf_counter() - asked[content["id"]])
        times.setdefault(content["id"], []).append(passed)
        answers.put((content, buffers))

    start = time.perf_counter()
    view = regard.map_view(record)
    respond = Responder(Tiles(view), send)
    inbox = _served(respond)
    with watched(offline=False) as page:

        def receive(_: Any, message: dict[str, Any]) -> None:
            if message["type"] == "read":
                asked[message["id"]] = time.perf_counter()
            inbox.put(message)

        page.expose_binding("toPython", receive)
        traits = {"spec": view.spec(), "selection": asdict(view.selection.state), "tiles": [], "tile_spans": []}
        page.evaluate(_START, ["\n".join(scripts("widget.js", [view])), traits])
        while not page.locator(READY).count():
            _deliver(page, answers, 10)
        first = page.evaluate("() => performance.now() - begun")
        made = 1000 * (time.perf_counter() - start)
        _look_about(page, answers)
        inbox.put(None)
    return {
        "first_ms": first,
        "with_browser_ms": made,
        "tile_ms": [each[0] for each in times.values()],
        "tiles": len(times),
    }


def _served(respond: Responder) -> queue.Queue[Any]:
    """A thread that answers one message after another, as a kernel does."""
    inbox: queue.Queue[Any] = queue.Queue()

    def serve() -> None:
        while (message := inbox.get()) is not None:
            respond(message)
        respond.close()

    threading.Thread(target=serve, daemon=True).start()
    return inbox


def _look_about(page: Page, answers: queue.Queue[Any]) -> None:
    """Zoom in to single weights at several places."""
    stage = page.get_by_role("application").first
    box = stage.bounding_box()
    assert box
    stage.focus()
    for share in (0.3, 0.5, 0.7):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + (share + 0.15) * box["height"])
        for _ in range(12):
            page.mouse.wheel(0, -300)
            _deliver(page, answers, 250)
        page.keyboard.press("0")
        _deliver(page, answers, 500)


def _deliver(page: Page, answers: queue.Queue[Any], ms: float) -> None:
    end = time.perf_counter() + ms / 1000
    while True:
        while not answers.empty():
            content, buffers = answers.get()
            page.evaluate("([a, b]) => deliver(a, b)", [content, [b64encode(part).decode() for part in buffers]])
        if time.perf_counter() >= end:
            return
        page.wait_for_timeout(5)


def _memory() -> int:
    """Bytes of this process that are no mapped file."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("RssAnon:")[2].split()[0])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
