"""Takes the picture at the top of the README from the demo's page: ``make demo``, then ``python docs/picture.py``."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "build" / "demo.html"
PICTURE = ROOT / "docs" / "images" / "readme.png"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")
SHOTS = ((1, "light", 1380), (0, "dark", 1380))

STYLE = """
body { margin: 0; display: flex; gap: 12px; background: #fff; }
img { width: 690px; height: 452px; box-sizing: border-box; padding: 6px; object-fit: contain; object-position: top; }
img { border: 1px solid #ddd; border-radius: 8px; }
img + img { background: #111; }
"""


def shot(browser: Browser, view: int, scheme: str, width: int) -> str:
    """One view of the demo without its heading, as much of it as has the picture's shape, as a data address."""
    page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme, device_scale_factor=1.5)
    page.goto(DEMO.as_uri())
    shown = page.locator(".regard-view").nth(view).locator(".explore")
    shown.evaluate("element => element.scrollIntoView()")
    page.wait_for_timeout(1500)
    box = shown.bounding_box()
    clip = {"x": box["x"] - 12, "y": box["y"], "width": box["width"] + 24, "height": 0.655 * (box["width"] + 24)}
    data = base64.b64encode(page.screenshot(clip=clip)).decode()
    page.close()
    return f"data:image/png;base64,{data}"


def main() -> None:
    """Lay the shots side by side."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        images = "".join(f'<img src="{shot(browser, *wanted)}">' for wanted in SHOTS)
        page = browser.new_page(viewport={"width": 1400, "height": 454})
        page.set_content(f"<style>{STYLE}</style>{images}")
        page.wait_for_timeout(300)
        PICTURE.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "readme.png"
            page.screenshot(path=made)
            PICTURE.write_bytes(made.read_bytes())
        browser.close()


if __name__ == "__main__":
    main()
