"""A browser page that keeps a log of itself: tiles that were computed, and the script time of every frame."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.browser import FLAGS, VIEWPORT

LEFT, TOP = 172, 67
"""Where the map begins in its stage: beyond its axes."""
READY = ".body[data-state=ready]"
_KEPT_TILES = 12
_PROBE = """() => {
  const probe = { tiles: [], kept: [], frames: [] };
  window.probe = probe;
  let computer, last = -1;
  const asked = new Map();
  const note = (answer) => {
    const { at, order, seen } = asked.get(answer.id) ?? {};
    if (!order) return;
    const exact = answer.share === 1;
    probe.tiles.push({ order, exact, first: !seen, ms: performance.now() - at });
    asked.set(answer.id, { at, order, seen: true });
    if (!exact || order.do !== 'pool' || order.level > 0) return;
    probe.kept.push({ order, weights: Array.from(answer.weights) });
    if (probe.kept.length > KEPT) probe.kept.shift();
  };
  const start = (answer) => {
    const inner = computer((found) => { note(found); answer(found); });
    const send = (order) => {
      if (order.do === 'pool' || order.do === 'exact') asked.set(order.id, { at: performance.now(), order });
      inner.send(order);
    };
    return { send, stop: () => inner.stop() };
  };
  Object.defineProperty(window, 'regardCompute', {
    get: () => computer && start,
    set: (found) => { computer = found; },
  });
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => ask((now) => {
    const begun = performance.now();
    draw(now);
    if (now !== last) probe.frames.push(0);
    last = now;
    probe.frames[probe.frames.length - 1] += performance.now() - begun;
  });
}""".replace("KEPT", str(_KEPT_TILES))


@contextmanager
def watched(*, offline: bool = True) -> Iterator[Page]:
    """A page with the log in ``window.probe``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        page = browser.new_context(viewport=VIEWPORT, offline=offline).new_page()
        page.set_default_timeout(120_000)
        page.add_init_script(f"({_PROBE})()")
        yield page
        browser.close()


def gestures(page: Page) -> dict[str, dict[str, Any]]:
    """Script milliseconds of each frame while the map is zoomed in, moved about and zoomed out again.

    ``frames`` is what a clock says, which other work on the machine lengthens; ``cpu_ms`` the main thread's own time
    for script, layout and painting, of a frame on average.
    """
    stage = page.get_by_role("application").first
    box = stage.bounding_box()
    assert box
    x, y = (
        box[at] + axis + 0.5 * (box[size] - axis) for at, size, axis in (("x", "width", LEFT), ("y", "height", TOP))
    )
    stage.focus()
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.mouse.move(x, y)
    return {
        "zoom in": _frames(page, cdp, lambda: _wheel(page, -120)),
        "pan": _frames(page, cdp, lambda: _drag(page, x, y)),
        "zoom out": _frames(page, cdp, lambda: _wheel(page, 120)),
    }


def _frames(page: Page, cdp: CDPSession, act: Callable[[], None]) -> dict[str, Any]:
    page.evaluate("() => { probe.frames.length = 0; }")
    before = _cpu(cdp)
    act()
    spent = _cpu(cdp) - before
    found: list[float] = page.evaluate("() => probe.frames")
    page.wait_for_timeout(1500)
    return {"frames": found, "cpu_ms": 1000 * spent / max(1, len(found))}


def _cpu(cdp: CDPSession) -> float:
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def _wheel(page: Page, by: int) -> None:
    for _ in range(60):
        page.mouse.wheel(0, by)
        page.wait_for_timeout(16)


def _drag(page: Page, x: float, y: float) -> None:
    for right, down in ((-200, -150), (180, -120), (150, 200)):
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 21):
            page.mouse.move(x + right * step / 20, y + down * step / 20)
            page.wait_for_timeout(16)
        page.mouse.up()
