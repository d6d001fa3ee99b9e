"""A live picture without a notebook: the widget's script in a page, its messages answered by the widget in Python."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import deque
from typing import Any

from playwright.sync_api import Page

from regard.serve.widget import ViewWidget
from regard.view import View

_MOUNT = """async ([esm, traits]) => {
  const listeners = {};
  const model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    save_changes() {},
    on(event, callback) { (listeners[event] ??= []).push(callback); },
    off() {},
    send(content) { window.tellPython(JSON.stringify(content)); },
  };
  window.hear = (content, buffers) => {
    const views = buffers.map((text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
    for (const callback of listeners["msg:custom"] ?? []) callback(content, views);
  };
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  (await import(address)).default.render({ model, el: document.body.firstElementChild });
}"""
_STEP_MS = 40


class _Told(ViewWidget):
    """A widget whose messages are kept instead of sent."""

    def __init__(self, view: View) -> None:
        self.told: deque[tuple[dict[str, Any], list[bytes]]] = deque()
        super().__init__(view)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.told.append((content, list(buffers or [])))


class Bridged:
    """A view's live picture in ``page``. Messages pass while :meth:`wait` runs."""

    def __init__(self, page: Page, view: View) -> None:
        self.page, self.widget = page, _Told(view)
        page.expose_function("tellPython", self._hear)
        page.set_content("<body style='margin: 12px'><div></div></body>")
        traits = {"spec": self.widget.spec, "selection": self.widget.selection, "tiles": []}
        page.evaluate(_MOUNT, [self.widget._esm, traits])
        self.wait()

    def wait(self, quiet_ms: int = 600, most_ms: int = 60_000) -> None:
        """Pass messages on until nothing has been said and nothing is asked for this long."""
        quiet = spent = 0
        while quiet < quiet_ms and spent < most_ms:
            self.page.wait_for_timeout(_STEP_MS)
            spent += _STEP_MS
            quiet += _STEP_MS
            if self.page.locator(".working").count():
                quiet = 0
            while self.widget.told:
                content, buffers = self.widget.told.popleft()
                told = [json.loads(json.dumps(content)), [b64encode(part).decode() for part in buffers]]
                self.page.evaluate("([content, buffers]) => window.hear(content, buffers)", told)
                quiet = 0

    def close(self) -> None:
        """Take the picture down."""
        self.widget.close()

    def _hear(self, message: str) -> None:
        self.widget._receive(self.widget, json.loads(message), [])
