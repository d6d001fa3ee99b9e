"""The map view as a page from the disk: going somewhere, keeping the place, selecting a rectangle, choosing colours."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from browser.pages import factored
from browser.watched import Picture, Watched

Show = Callable[..., Watched]


@pytest.fixture
def page(show: Show) -> Page:
    return show("computed").page


def place(page: Page) -> tuple[int, int]:
    """Query and key that the readout names."""
    sides = page.locator(".readout.map h2 .side")
    sides.first.wait_for()
    query, key = (int(re.sub(r"\D", "", text)) for text in sides.all_inner_texts())
    return query, key


def go_to(page: Page, text: str) -> None:
    page.locator("input.find").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)


def test_a_number_leads_to_a_token_and_other_layers_and_heads_keep_the_place(page: Page) -> None:
    go_to(page, "300, 120")
    assert place(page) == (300, 120)
    assert "1 cell = 1 weight" in page.locator(".corner").inner_text()
    picture = Picture(page)
    before = picture.fingerprint()
    page.get_by_label("Layer", exact=True).first.select_option("3")
    picture.changes_from(before)
    picture.head(1).click()
    assert place(page) == (300, 120)
    exact = page.locator(".exact strong")
    exact.wait_for()
    page.wait_for_timeout(500)
    factor, _, power = exact.inner_text().partition(" · 10⁻")
    shown = float(factor) * (10.0 ** -int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))) if power else 1)
    assert abs(shown - float(factored().weights[3, 1, 300, 120])) <= 0.0055


def test_text_leads_to_a_token_and_what_is_not_there_is_said(page: Page) -> None:
    go_to(page, "token37")
    page.locator("input.find").fill("token12")
    page.keyboard.press("Shift+Enter")
    assert place(page) == (37, 12)
    go_to(page, "nowhere")
    assert "nowhere" in page.locator(".note[role=status]").inner_text()


def test_strong_edges_are_found_one_after_another(page: Page) -> None:
    weights = factored().weights[1, 0]
    visited = []
    for _ in range(3):
        before = place(page) if visited else None
        page.get_by_role("button", name="Next strong edge").click()
        page.wait_for_timeout(700)
        query, key = place(page)
        assert (query, key) != before
        visited.append(float(weights[query, key]))
    assert min(visited) > 0.5


def test_a_rectangle_is_selected_and_named(page: Page) -> None:
    box = Picture(page).stage.bounding_box()
    assert box
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 250, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 450, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    brushed = page.locator(".brushed p").first
    brushed.wait_for()
    assert len(re.findall(r"\d+", brushed.inner_text())) >= 4
    assert "view.sums()" in page.locator(".brushed").inner_text()
    page.get_by_role("button", name="Clear").click()
    brushed.wait_for(state="detached")


def test_the_handle_and_the_scale_change_the_colours(page: Page) -> None:
    picture = Picture(page)
    before = picture.fingerprint()
    page.get_by_role("slider").first.fill("0.3")
    picture.changes_from(before)
    before = picture.fingerprint()
    page.get_by_role("button", name="Log", exact=True).click()
    picture.changes_from(before)
    page.get_by_role("button", name="p · n", exact=True).click()
    assert "masked" in page.locator(".legend").inner_text()


def test_keys_move_zoom_and_step(page: Page) -> None:
    stage = Picture(page).stage
    go_to(page, "200, 100")
    stage.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_timeout(300)
    before = Picture(page).fingerprint()
    page.keyboard.press("-")
    page.keyboard.press("0")
    Picture(page).changes_from(before)
