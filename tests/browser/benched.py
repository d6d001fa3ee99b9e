"""The workbench's picture worked as a reader does, wherever it stands: sources, forced tokens, attention."""

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect

WAIT_MS = 30_000


class BenchPicture:
    """A live workbench in a page or an output; each action waits until its answer is shown."""

    def __init__(self, within: Page | FrameLocator | Locator):
        self.figure = within.locator("figure.bench").first
        self.figure.locator(".body[data-state=ready]").wait_for(timeout=60_000)
        self.page = self.figure.page

    def says(self, answer: str) -> None:
        """Wait until this is the answer that is shown."""
        expect(self.figure.locator(".answer")).to_have_text(answer, timeout=WAIT_MS)

    def answer(self) -> str:
        """The answer that is shown."""
        return self.figure.locator(".answer").inner_text()

    def settle(self) -> None:
        """Wait until nothing is asked any more."""
        expect(self.figure.locator(".working")).to_have_count(0, timeout=WAIT_MS)

    def translate(self, source: str) -> None:
        """Type a source and press Enter."""
        self.figure.locator(".ask input").fill(source)
        self.page.keyboard.press("Enter")

    def force_candidate(self, step: int, rank: int) -> None:
        """Click one of the likeliest tokens of a step."""
        self.figure.locator("ol.top").nth(step).get_by_role("button").nth(rank).click()
        expect(self.figure.locator(".chip.forced")).to_have_count(step + 1, timeout=WAIT_MS)

    def read_elsewhere(self, step: int, key: int) -> None:
        """Drag the source token that a step reads most onto another, and decode anew."""
        self.figure.locator(".chip.target").nth(step).click()
        self.figure.get_by_role("button", name="Edit attention").click()
        chips = self.figure.locator(".chip.source")
        chips.nth(0).drag_to(chips.nth(key))
        self.figure.get_by_role("button", name="Decode anew").click()
        expect(self.figure.locator(".chip.edited")).to_have_count(1, timeout=WAIT_MS)

    def undo(self) -> None:
        """Take the last change back."""
        self.figure.get_by_role("button", name=re.compile("^Undo")).click()

    def cannot(self, step: int, text: str) -> str:
        """Force something that cannot be; what the picture says to it."""
        self.figure.locator(".chip.target").nth(step).click()
        self.figure.get_by_role("textbox", name="force").fill(text)
        self.figure.get_by_role("button", name="force").click()
        alert = self.figure.get_by_role("alert")
        alert.wait_for(timeout=WAIT_MS)
        said = alert.inner_text()
        alert.get_by_role("button").click()
        return said

    def cancelled(self, source: str) -> tuple[int, int]:
        """Type a source, call it off once a few tokens are there; how many, of at most how many."""
        self.translate(source)
        working = self.figure.locator(".working span").first
        expect(working).to_have_text(re.compile(r"Decoding … [2-9] of at most \d+ tokens"), timeout=WAIT_MS)
        found = re.findall(r"\d+", working.inner_text())
        self.figure.get_by_role("button", name="Cancel").click()
        self.settle()
        return int(found[0]), int(found[1])

    def chosen(self) -> list[int]:
        """The output steps that are chosen."""
        chips = self.figure.locator(".chip.target")
        marks = chips.evaluate_all("chips => chips.map((chip) => chip.getAttribute('aria-pressed'))")
        return [n for n, mark in enumerate(marks) if mark == "true"]


def worked(picture: BenchPicture) -> None:
    """What a debugger of dates does: another source, another token, other attention, back again, and a mistake."""
    picture.says("2026-22-11")
    picture.translate("22.11.2026")
    picture.says("2026-11-22")
    picture.force_candidate(6, 1)
    picture.undo()
    picture.says("2026-11-22")
    picture.read_elsewhere(9, 4)
    picture.undo()
    picture.says("2026-11-22")
    assert "is not in the vocabulary" in picture.cannot(2, "☃☃")
    picture.says("2026-11-22")
