"""Takes the pictures of docs/guides/from-seq2seq-vis.md: ``PYTHONPATH=tests python docs/seq2seq_pictures.py``.

The shipped date normaliser at work, live, with the states of 1,500 of its training texts indexed; the packaged LLM;
Whisper tiny.en, which hears; and the verse translator.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import seq2seq_cells
from playwright.sync_api import Browser, sync_playwright

import regard
from browser.bridged import Bridged
from regard import demo
from regard.demo import dates, heard, translated, verses
from regard.demo.verses.states import corpus as verses_corpus

IMAGES = Path(__file__).parent / "images" / "seq2seq"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")
QUALITY = 80
CHAT = [{"role": "user", "content": "What is the capital of Germany?"}]
WRONG = "22/11/2026"
GOLD = "6-0 7-1 8-2 9-3 2-4 3-5 4-6 5-7p 0-8 1-9"


def shoot(live: Bridged, name: str, of: str | None = None, more: int = 0) -> None:
    """The picture, or a part of it, under that name."""
    live.wait()
    page = live.page
    box = (page.locator(of) if of else page.locator("figure.view")).first.bounding_box()
    assert box is not None
    clip = {
        "x": max(0, box["x"] - 8),
        "y": max(0, box["y"] - 8),
        "width": box["width"] + 16,
        "height": box["height"] + more + 16,
    }
    page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=QUALITY, clip=clip)


def tab(live: Bridged, name: str) -> None:
    """Turn to another tab."""
    live.page.get_by_role("tab", name=name).click()


def story(live: Bridged) -> None:
    """An error, its cause, and the what-ifs that repair it."""
    page = live.page
    shoot(live, "answer")
    page.locator(".chip.target").nth(5).click()
    shoot(live, "step")
    tab(live, "Beam tree")
    page.locator(".node.is-finished").nth(1).click()
    shoot(live, "tree", "[role=tabpanel]")
    page.get_by_role("button", name="Show its attention").click()
    shoot(live, "branch")
    page.get_by_role("button", name="Back to the answer").click()
    tab(live, "States and neighbours")
    page.locator(".chip.source").nth(0).click()
    page.get_by_role("button", name="Project", exact=True).click()
    live.wait()
    page.locator(".small-pictures button").first.hover()
    shoot(live, "states", "[role=tabpanel]")
    closer(live)
    page.get_by_label("Change", exact=True).select_option("3")
    page.get_by_role("button", name="Plot").click()
    shoot(live, "lines", ".components")
    page.get_by_role("button", name="UMAP", exact=True).click()
    page.get_by_role("button", name="Project", exact=True).click()
    live.wait(most_ms=300_000)
    shoot(live, "umap", "[role=tabpanel] .states")
    page.locator(".chip.source").nth(2).click()
    page.get_by_role("button", name="Near words").click()
    shoot(live, "words", "[role=tabpanel]")
    page.get_by_role("button", name="Rank by change").click()
    live.wait(most_ms=300_000)
    shoot(live, "ranked", "[role=tabpanel]")
    tab(live, "Compare")
    page.get_by_role("button", name="Pin", exact=True).click()
    live.wait()
    page.locator(".chip.target").nth(5).click()
    page.get_by_role("button", name="Edit attention").click()
    page.locator(".attention-edits select").select_option("3")
    page.locator(".attention-edits .act").first.click()
    shoot(live, "editing", ".what-if")
    page.get_by_role("button", name="Decode anew").click()
    shoot(live, "edited")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator(".ask input").fill("22.11.2026")
    page.keyboard.press("Enter")
    shoot(live, "compared")
    tab(live, "Alignment")
    page.get_by_role("button", name="Extract").click()
    live.wait()
    page.get_by_label("Gold links").fill(GOLD)
    page.keyboard.press("Enter")
    shoot(live, "alignment")
    tab(live, "History")
    page.get_by_role("button", name="2: favourite").click()
    shoot(live, "history", "[role=tabpanel]")


def generation(browser: Browser) -> None:
    """A chat model's answer as text, another token forced at the step that names the city."""
    model, tokenizer = demo.smollm2()
    view = regard.generation_view(model, tokenizer, CHAT, beams=3, max_new_tokens=12, layer=18, step=5)
    live = Bridged(browser.new_page(viewport={"width": 1180, "height": 1500}, color_scheme="light"), view)
    live.page.locator(".chances button").first.click()
    shoot(live, "generation")
    live.close()


def speech(browser: Browser) -> None:
    """A sound that Whisper gets wrong: where the step that goes wrong listened."""
    bench = heard.workbench()
    bench.show(0)
    live = Bridged(
        browser.new_page(viewport={"width": 1180, "height": 1500}, color_scheme="light"), bench.view(layer=3)
    )
    live.page.locator(".chip.target").nth(6).click()
    live.page.get_by_role("button", name="where this step listened").click()
    live.page.locator(".chip.target").nth(6).hover()
    shoot(live, "speech", "figure.view .body", more=4)
    live.close()


def translation(browser: Browser) -> None:
    """A word that the verse translator takes for another: the training verses near to the step that goes wrong."""
    bench = regard.Workbench(*verses.load(), translated.OLD, beams=4, neighbours=verses_corpus())
    live = Bridged(
        browser.new_page(viewport={"width": 1180, "height": 1500}, color_scheme="light"), bench.view(layer=2)
    )
    live.page.locator(".chip.target").nth(3).click()
    tab(live, "States and neighbours")
    live.page.get_by_role("button", name="Project", exact=True).click()
    live.wait()
    live.page.get_by_role("button", name="Target", exact=True).click()
    shoot(live, "translation")
    live.close()


def closer(live: Bridged) -> None:
    """The plane about the first state, one of its neighbours found in the list."""
    page = live.page
    boxes = [one.bounding_box() for one in page.locator(".scatter .other.near").all()]
    dot = min((box for box in boxes if box), key=lambda box: box["y"])  # the one that is farthest from the state
    place = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
    page.mouse.click(*place)
    page.mouse.wheel(0, -600)
    shoot(live, "closer", "[role=tabpanel] .states")


def main() -> None:
    """Index, decode, and photograph."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    model, tokenizer = dates.load()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        corpus = regard.corpus.index(model, tokenizer, list(dates.pairs(1500)), Path(folder) / "dates", layers="all")
        view = regard.seq2seq_view(model, tokenizer, WRONG, beams=4, layer=1, neighbours=corpus)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        live = Bridged(browser.new_page(viewport={"width": 1180, "height": 1500}, color_scheme="light"), view)
        story(live)
        live.close()
        seq2seq_cells.take(browser)
        generation(browser)
        speech(browser)
        translation(browser)
        browser.close()


if __name__ == "__main__":
    main()
