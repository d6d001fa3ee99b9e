"""Explore as a page from the disk, without a network: one selection, views drawn when they are looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from browser.pages import LAYERS, small
from browser.watched import Picture, Watched

Show = Callable[..., Watched]


def tab(page: Page, name: str) -> None:
    """Open a tab and wait until its view is there."""
    page.get_by_role("tab", name=name).click()
    page.locator("[role=tabpanel] .body[data-state=ready]").wait_for()


def detail(page: Page) -> Picture:
    """The view in the open tab."""
    return Picture(page.locator("[role=tabpanel]"))


def test_it_says_what_was_captured(show: Show) -> None:
    page = show("explore").page
    facts = page.locator(".overview").inner_text()
    assert "small" in facts
    assert "4 layers × 6 heads, 8 tokens" in facts
    assert "[CLS]" in facts


def test_a_click_on_a_small_picture_is_a_selection_everywhere(show: Show) -> None:
    page = show("explore").page
    assert (detail(page).layer(), detail(page).heads()) == (1, [2])
    stage = page.locator(".pane.model_view .stage")
    box = stage.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.85)
    picture = detail(page)
    picture.drawn()
    layer, heads = picture.layer(), picture.heads()
    assert (layer, heads) == (LAYERS - 1, [5])
    for name in ("Map", "Text", "Neurons"):
        tab(page, name)
        assert detail(page).layer() == layer
    assert page.locator(".opened").count() == 0


def test_arrow_keys_walk_over_heads_and_over_tabs(show: Show) -> None:
    page = show("explore").page
    page.locator(".pane.model_view .stage").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert (detail(page).layer(), detail(page).heads()) == (2, [3])
    page.get_by_role("tab", name="Lines").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", selected=True).inner_text() == "Map"
    page.keyboard.press("End")
    assert page.get_by_role("tab", selected=True).inner_text() == "Neurons"


def test_a_kept_token_is_kept_in_every_tab(show: Show) -> None:
    page = show("explore").page
    detail(page).stage.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    tab(page, "Neurons")
    record = small()
    weights = record.weights[1, 2, 2]
    assert "query 2" in page.locator("[role=tabpanel]").inner_text()
    assert weights.argmax() <= 2


def test_only_what_is_looked_at_is_drawn(show: Show) -> None:
    page = show("explore").page
    assert page.locator("figure.view").count() == 2
    tab(page, "Text")
    assert page.locator("figure.view").count() == 2


@pytest.mark.parametrize("width", [480, 1100, 1600])
def test_it_fits_the_window(show: Show, width: int) -> None:
    page = show("explore", viewport={"width": width, "height": 900}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    grid, panel = (page.locator(name).bounding_box() for name in (".pane.model_view", "[role=tabpanel]"))
    assert grid
    assert panel
    assert (grid["x"] + grid["width"] <= panel["x"]) == (width > 480)


def test_kinds_are_chosen_for_all(show: Show) -> None:
    page = show("kinds").page
    page.get_by_role("button", name="Cross").click()
    page.locator(".pane.model_view figcaption", has_text="4 queries × 3 keys").wait_for()


def test_views_linked_in_python_follow_each_other_on_the_page(show: Show) -> None:
    page = show("linked").page
    lines, chart = Picture(page, 0), Picture(page, 1)
    chart.figure.get_by_label("Layer", exact=True).select_option("3")
    lines.drawn()
    assert lines.layer() == 3
    lines.head(4).dblclick()
    assert chart.heads() == [4]


def test_a_view_further_down_is_drawn_when_it_is_about_to_be_seen(show: Show) -> None:
    page = show("linked", viewport={"width": 1200, "height": 150}).page
    page.wait_for_timeout(800)
    assert page.locator("figure.view").count() == 1
    Picture(page).head(3).dblclick()
    page.locator(".regard-view").nth(1).scroll_into_view_if_needed()
    chart = Picture(page, 1)
    chart.drawn()
    assert chart.heads() == [3]
