"""A page whose every complaint is kept, and what its pictures show."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Dialog, FrameLocator, Locator, Page

HEADER, ROW = 24, 20
_PIXELS = """canvas => {
  const copy = new OffscreenCanvas(canvas.width || 1, canvas.height || 1);
  const context = copy.getContext("2d", { willReadFrequently: true });
  if (canvas.width && canvas.height) context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, copy.width, copy.height);
  let inked = 0, sum = 0;
  for (let i = 0; i < data.length; i++) {
    if (i % 4 === 3 && data[i]) inked++;
    sum = (sum * 31 + data[i]) % 4294967291;
  }
  return { inked: (4 * inked) / data.length, sum };
}"""


class Watched:
    """A page, and what went wrong on it: console errors, exceptions, refused policies, dialogs, requests that failed.

    What scripts from ``foreign`` addresses complain of is not ours to mind.
    """

    def __init__(self, page: Page, foreign: str = ""):
        self.page = page
        self._foreign = foreign
        self.problems: list[str] = []
        self.sockets: list[str] = []
        page.on("websocket", lambda socket: self.sockets.append(socket.url))
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._note(error.stack or "", f"exception: {error.message}"))
        page.on("dialog", self._dismiss)
        page.on("requestfailed", lambda request: self._note(request.url, "request failed"))

    def ready(self, within: Page | FrameLocator | Locator | None = None) -> None:
        """Wait until a view says that its weights are there, and has drawn."""
        Picture(within or self.page).drawn()

    def harmed(self) -> bool:
        """Whether any hostile text has run."""
        return bool(self.page.evaluate("() => 'harm' in window"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "was preloaded using link preload" not in message.text:
            self._note(message.location["url"], f"console {message.type}: {message.text}")

    def _note(self, address: str, text: str) -> None:
        if not self._foreign or self._foreign not in address:
            self.problems.append(f"{text} ({address[:200]})")

    def _dismiss(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()


class Picture:
    """One view in a page or frame, found by what it calls itself."""

    def __init__(self, within: Page | FrameLocator | Locator, number: int = 0):
        self.figure = within.locator("figure.view").nth(number)

    def drawn(self) -> None:
        """Wait until the weights are there and the canvas has ink; two views draw without a canvas."""
        if "report" in (self.figure.get_attribute("class") or "").split():
            return
        self.figure.locator(".body[data-state=ready]").first.wait_for(timeout=60_000)
        if "bench" in (self.figure.get_attribute("class") or "").split() and not self.figure.locator("figure").count():
            self.figure.locator(".ribbons path").first.wait_for(state="attached")
            return
        self.canvas.wait_for(state="attached")
        self.canvas.scroll_into_view_if_needed()
        for _ in range(600):
            if self.ink() > 0.001:
                return
            self.canvas.page.wait_for_timeout(50)
        raise AssertionError("the picture stayed blank")

    @property
    def canvas(self) -> Locator:
        """The canvas with lines or cells."""
        return self.figure.locator("canvas").first

    @property
    def stage(self) -> Locator:
        """The part that takes keys and pointer."""
        return self.figure.get_by_role("application").first

    def ink(self) -> float:
        """The part of the canvas that is not blank."""
        return float(self.canvas.evaluate(_PIXELS)["inked"])

    def fingerprint(self) -> float:
        """A number that differs when the pixels do."""
        return float(self.canvas.evaluate(_PIXELS)["sum"])

    def changes_from(self, before: float) -> None:
        """Wait until the picture is another one than that of the fingerprint ``before``, and not blank."""
        for _ in range(100):
            if self.fingerprint() != before and self.ink() > 0.001:
                return
            self.canvas.page.wait_for_timeout(50)
        raise AssertionError("the picture stayed as it was")

    def head(self, head: int) -> Locator:
        """The square of a head."""
        return self.figure.get_by_role("button", name=f"Head {head}", exact=True)

    def heads(self) -> list[int]:
        """Heads whose squares are pressed."""
        pressed = self.figure.locator("button.square[aria-pressed=true]")
        return [int(text) for text in pressed.all_inner_texts()]

    def layer(self) -> int:
        """The layer that the menu shows."""
        return int(self.figure.get_by_label("Layer", exact=True).first.input_value())

    def hover_query(self, position: int) -> None:
        """Point at a token of the left column."""
        self.stage.hover(position={"x": 20, "y": HEADER + ROW * (position + 0.5)})

    def readout(self) -> list[tuple[str, float]]:
        """Names and weights beside the picture."""
        rows = self.figure.locator(".readout .links button")
        names = rows.locator(".name").all_inner_texts()
        values = rows.locator(".value").all_inner_texts()
        return [(name, float(value.replace("−", "-"))) for name, value in zip(names, values, strict=True)]
