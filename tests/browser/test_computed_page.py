"""A page of a given size as it lies on a disk: it computes its weights in a worker, without a network."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from browser.pages import LAYERS, factored
from browser.watched import Picture, Watched

Show = Callable[..., Watched]
AIM = 0.005


def pointed_at(page: Page, x: float, y: float) -> tuple[int, int, float]:
    """Query, key and weight that the page names for a place of the map (shares of its width and height)."""
    stage = Picture(page).stage
    box = stage.bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.wait_for_timeout(400)
    readout = page.locator(".readout.map")
    places = readout.locator("h2 .side").all_inner_texts()
    query, key = (int(re.sub(r"\D", "", place)) for place in places)
    return query, key, number(readout.locator(".exact strong").inner_text())


def number(text: str) -> float:
    """``0.123`` or ``1.2 · 10⁻⁵``."""
    factor, _, power = text.partition(" · 10⁻")
    digits = "".join(str("⁰¹²³⁴⁵⁶⁷⁸⁹".index(digit)) for digit in power)
    return float(factor) * 10.0 ** -int(digits or 0)


@pytest.mark.parametrize("head", [0, 1])
def test_every_weight_that_it_names_is_as_near_as_it_says(show: Show, head: int) -> None:
    page = show("computed").page
    caption = page.locator("figcaption").inner_text()
    stated = re.search(r"off by more than ([\d.]+) %", caption)
    assert stated
    assert float(stated[1]) / 100 <= AIM
    if head not in Picture(page).heads():
        Picture(page).head(head).click()
    assert Picture(page).heads() == [head]
    exact = factored().weights[1]
    for x, y in ((0.3, 0.5), (0.2, 0.8), (0.55, 0.62), (0.71, 0.93)):
        query, key, weight = pointed_at(page, x, y)
        assert abs(weight - float(exact[head, query, key])) <= AIM + 5e-4


def test_it_computes_in_a_worker(show: Show) -> None:
    page = show("computed").page
    assert len(page.workers) == 1
    assert page.workers[0].url.startswith("blob:")


def test_where_no_worker_can_be_it_computes_all_the_same(visit: Callable[..., Watched], pages) -> None:
    watched = visit("about:blank")
    watched.page.add_init_script("delete window.Worker; delete window.WebAssembly")
    watched.page.goto((pages / "computed.html").as_uri())
    watched.ready()
    assert watched.page.workers == []
    query, key, weight = pointed_at(watched.page, 0.3, 0.5)
    assert abs(weight - float(factored().weights[1, 0, query, key])) <= AIM + 5e-4


def test_what_is_left_out_is_named_and_asking_for_it_says_so(show: Show) -> None:
    page = show("part").page
    caption = page.locator("figcaption").inner_text()
    found = re.search(r"Left out for the size of the page: (\d) of 8 heads: decoder layer", caption)
    assert found
    for layer in range(LAYERS):
        if f"layer {layer}" in caption or f"{layer}–" in caption:
            break
    page.get_by_label("Layer", exact=True).first.select_option(str(layer))
    failed = page.locator(".corner .failed")
    failed.wait_for()
    assert "left out for its size" in (failed.get_attribute("title") or "")
