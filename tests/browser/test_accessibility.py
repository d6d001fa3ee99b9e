"""axe-core finds nothing on any page, light or dark, whatever is open; and everything can be done by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from browser.accessible import violations
from browser.watched import Watched

Show = Callable[..., Watched]
PAGES = [
    "head",
    "chinese",
    "model",
    "pair",
    "translation",
    "hostile",
    "long",
    "dark",
    "heatmap",
    "neuron",
    "written",
    "explore",
    "kinds",
    "linked",
    "computed",
    "part",
    "workbench",
    "looked_into",
    "writing",
    "tested",
    "tested_heads",
    "tested_map",
    "tested_text",
    "tested_written",
]
STILL = ["report"]
"""Pages with nothing to press."""

_FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const mark = element.classList.contains("grid") && element.querySelector(".cursor");
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const name = element.getAttribute("aria-label") || element.textContent.trim() || element.placeholder;
  return { name, seen: seen || (!!mark && getComputedStyle(mark).opacity === "1") };
}"""


def test_every_page_is_looked_at(pages: Path) -> None:
    assert {path.stem for path in pages.glob("*.html")} == {*PAGES, *STILL}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", STILL)
def test_axe_finds_nothing_on_pages_to_be_read(show: Show, name: str, scheme: str) -> None:
    assert violations(show(name, color_scheme=scheme).page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(show: Show, name: str, scheme: str) -> None:
    page = show(name, color_scheme=scheme).page
    assert violations(page) == []
    page.locator("[role=application], .stage.graph, .page").first.focus()
    page.keyboard.press("t")
    page.keyboard.press("?")
    page.get_by_role("dialog", name=re.compile("Keyboard|键盘")).wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_tab_nor_in_an_opened_cell(show: Show, scheme: str) -> None:
    page = show("explore", color_scheme=scheme).page
    for name in page.get_by_role("tab").all_inner_texts():
        page.get_by_role("tab", name=name).click()
        page.locator("[role=tabpanel] .body[data-state=ready]").wait_for()
        assert violations(page) == []
    page = show("model", color_scheme=scheme).page
    page.locator("[role=application]").first.focus()
    page.keyboard.press("Enter")
    page.locator(".opened .body[data-state=ready]").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("name", ["head", "model", "neuron", "explore", "linked"])
def test_whatever_tab_reaches_has_a_name_and_a_visible_focus(show: Show, name: str) -> None:
    page = show(name).page
    reached = focused_one_by_one(page)
    assert len(reached) > 3
    assert [one for one in reached if not one["name"] or not one["seen"]] == []


def focused_one_by_one(page: Page, most: int = 80) -> list[dict[str, object]]:
    """What has the focus after each press of Tab, until it leaves the page."""
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(_FOCUSED)
        if here is None:
            break
        found.append(here)
    return found


def test_a_map_is_read_as_a_table_of_what_is_in_sight(show: Show) -> None:
    page = show("linked").page
    chart = page.locator("figure.map")
    chart.get_by_role("application").focus()
    page.keyboard.press("t")
    rows = chart.locator(".table tbody tr")
    rows.first.wait_for()
    assert rows.count() == 20
    weights = [float(text) for text in chart.locator(".table td:last-child").all_inner_texts()]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == 1


def test_nothing_moves_where_motion_is_unwanted(show: Show) -> None:
    page = show("head").page
    moving = page.evaluate(
        """() => [...document.querySelectorAll("[data-lm-suppress-shortcuts]")]
          .flatMap(host => [...host.shadowRoot.querySelectorAll("*")])
          .filter(one => getComputedStyle(one).transitionDuration.split(", ").some(time => parseFloat(time) > 0))
          .length"""
    )
    assert moving == 0
