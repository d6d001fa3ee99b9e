"""Opens one page in Chromium, in a process of its own: ``python -m benchmarks.browser TOOL VIEW PATH`` prints JSON.

Times are Chromium's own: CPU seconds of its main thread, and of all processes that draw the page, read when the
picture stands and the main thread has been idle for a second. Unlike wall time they hardly depend on what else the
machine does. BertViz's scripts, which it loads from a CDN, are answered from npm packages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, Route, sync_playwright

from benchmarks.material import CACHE

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
VIEWPORT = {"width": 1300, "height": 1000}
PACKAGES = {"d3": "d3@5.7.0", "jquery": "jquery@2.1.4", "require": "requirejs@2.3.6"}
FILES = {"d3": "d3/dist/d3.min.js", "jquery": "jquery/dist/jquery.min.js", "require": "requirejs/require.js"}
STANDS = {
    "bertviz": "() => document.querySelector('#vis svg line') !== null",
    "regard": """() => [...document.querySelectorAll('.regard-view *')].some(
      (e) => e.shadowRoot?.querySelector('canvas'))""",
}
ELEMENTS = """() => {
  const inside = (e) => (e.shadowRoot ? count(e.shadowRoot) : 0);
  const count = (root) => [...root.querySelectorAll('*')].reduce((n, e) => n + 1 + inside(e), 0);
  return count(document);
}"""
CHANGE = "e => { e.value = '6'; e.dispatchEvent(new Event('change', { bubbles: true })); }"


def main(tool: str, view: str, path: str) -> None:
    libraries = _libraries() if tool == "bertviz" else {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        page = browser.new_page(viewport=VIEWPORT)
        page.set_default_timeout(0)
        page.on("crash", lambda _: os._exit(1))
        page.route("https://cdnjs.cloudflare.com/**", lambda route: _answer(route, libraries))
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(Path(path).resolve().as_uri(), wait_until="commit")
        first = _settled(page, cdp, STANDS[tool])
        found = {"paint_s": first["TaskDuration"], "cpu_s": _cpu(browser.new_browser_cdp_session())}
        cdp.send("HeapProfiler.collectGarbage")
        found["heap_bytes"] = _metrics(cdp)["JSHeapUsedSize"]
        found["elements"] = page.evaluate(ELEMENTS)
        if view == "head":
            before = _metrics(cdp)["TaskDuration"]
            page.locator("select").first.evaluate(CHANGE)
            found["layer_s"] = _settled(page, cdp, STANDS[tool])["TaskDuration"] - before
        page.screenshot(path=Path(path).with_suffix(".png"))
        browser.close()
    print(json.dumps(found))


def _settled(page: Page, cdp: CDPSession, stands: str) -> dict[str, float]:
    """Chromium's metrics once the picture stands and nothing has run for a second."""
    while not page.evaluate(stands):
        time.sleep(0.1)
    idle, last = 0, _metrics(cdp)
    while idle < 5:
        time.sleep(0.2)
        now = _metrics(cdp)
        idle = idle + 1 if now["TaskDuration"] - last["TaskDuration"] < 0.005 else 0
        last = now
    return last


def _metrics(cdp: CDPSession) -> dict[str, float]:
    return {metric["name"]: metric["value"] for metric in cdp.send("Performance.getMetrics")["metrics"]}


def _cpu(cdp: Any) -> float:
    """CPU seconds of the processes that draw the page."""
    processes = cdp.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(process["cpuTime"] for process in processes if process["type"] in ("renderer", "GPU")))


def _libraries() -> dict[str, str]:
    folder = CACHE / "node_modules"
    if not all((folder / file).exists() for file in FILES.values()):
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(CACHE), *PACKAGES.values()], check=True)
    return {name: (folder / file).read_text(encoding="utf-8") for name, file in FILES.items()}


def _answer(route: Route, libraries: dict[str, str]) -> None:
    name = next(name for name in libraries if name in route.request.url)
    route.fulfill(body=libraries[name], content_type="text/javascript")


if __name__ == "__main__":
    main(*sys.argv[1:])
