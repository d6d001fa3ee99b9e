"""Takes the pictures of docs/guides/any-length.md: ``python docs/length_pictures.py`` (some minutes, no network).

A real language model reads the first 4,096 tokens of this repository's license and documentation.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import regard
from regard.demo import smollm2
from regard.record import Record

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")
TOKENS = 4096
LAYER, HEAD = 7, 7
QUALITY = 72


def read() -> Record:
    """What the model attends to while it reads."""
    model, tokenizer = smollm2()
    pages = [ROOT / "LICENSE", ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    text = re.sub(r" *\n(?!\n) *", " ", "\n\n".join(page.read_text(encoding="utf-8") for page in pages))
    ids = tokenizer(text)["input_ids"][:TOKENS]
    return regard.capture(model, tokenizer, tokenizer.decode(ids))


def figure(browser: Browser, path: Path, scheme: str) -> Page:
    """A page of one view, drawn."""
    page = browser.new_page(viewport={"width": 1140, "height": 960}, color_scheme=scheme)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(path.as_uri())
    page.locator(".body[data-state=ready]").first.wait_for(timeout=120_000)
    return page


def keep(page: Page, name: str) -> None:
    """The figure without its heading, under that name."""
    page.wait_for_timeout(3000)
    box = page.locator("figure").first.bounding_box()
    height = min(box["height"], 952 - box["y"])
    clip = {"x": box["x"] - 8, "y": box["y"] - 8, "width": box["width"] + 16, "height": height + 16}
    page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=QUALITY, clip=clip)
    page.close()


def main() -> None:
    """Save the pages and photograph them."""
    record = read()
    chosen = {"layer": LAYER, "head": HEAD, "include_layers": [LAYER], "include_heads": [HEAD - 1, HEAD]}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = {
            "map": regard.map_view(record, **chosen).save(Path(folder) / "map.html", budget="10 MB"),
            "text": regard.text_view(record, **chosen).save(Path(folder) / "text.html", budget="10 MB"),
        }
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        page = figure(browser, pages["map"], "light")
        stage = page.get_by_role("application").first.bounding_box()
        page.mouse.move(stage["x"] + 0.34 * stage["width"], stage["y"] + 0.62 * stage["height"])
        keep(page, "map")
        page = figure(browser, pages["map"], "dark")
        page.get_by_role("button", name="Next strong edge").click()
        page.get_by_role("button", name="Next strong edge").click()
        keep(page, "map-near")
        keep(figure(browser, pages["text"], "light"), "text")
        browser.close()


if __name__ == "__main__":
    main()
