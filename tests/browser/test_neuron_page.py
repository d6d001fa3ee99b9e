"""The neuron view as a page from the disk, without a network."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from browser.watched import Picture, Watched

Show = Callable[..., Watched]
HEADER, ROW = 44, 22


@pytest.fixture
def picture(show: Show) -> Picture:
    return Picture(show("neuron").page)


def summed(picture: Picture) -> Locator:
    return picture.figure.locator(".sum")


def test_it_draws_vectors_and_says_what_is_shown(picture: Picture) -> None:
    assert picture.ink() > 0.1
    caption = picture.figure.locator("figcaption").inner_text()
    assert "Layer 1, head 2 (key head 1, which 2 heads share). 24 of 40 keys, with " in caption
    assert "Left out" not in caption


def test_a_pointed_row_adds_up(picture: Picture) -> None:
    box = picture.stage.bounding_box()
    assert box
    picture.stage.hover(position={"x": box["width"] - 30, "y": HEADER + ROW * 2.5})
    numbers = [float(text.replace("−", "-")) for text in summed(picture).locator(".term b").all_inner_texts()]
    dot, scale, score, again, lse, weight = numbers
    assert dot * scale == pytest.approx(score, rel=2e-2, abs=2e-2)
    assert score == again
    assert 2.718281828 ** (score - lse) == pytest.approx(weight, rel=5e-2, abs=2e-3)


def test_a_pointed_dimension_is_named(picture: Picture) -> None:
    box = picture.stage.bounding_box()
    assert box
    for across in (0.35, 0.4, 0.45, 0.5, 0.55):
        picture.stage.hover(position={"x": box["width"] * across, "y": HEADER + ROW * 0.5})
        if "dimension " in summed(picture).inner_text():
            return
    raise AssertionError(summed(picture).inner_text())


def test_pointing_at_a_query_shows_its_weights_and_a_click_keeps_it(picture: Picture) -> None:
    before = picture.fingerprint()
    picture.stage.hover(position={"x": 15, "y": HEADER + ROW * 1.5})
    picture.changes_from(before)
    expect(summed(picture)).to_contain_text("query 17")
    picture.stage.click(position={"x": 15, "y": HEADER + ROW * 1.5})
    picture.figure.locator(".bar").first.hover()
    expect(summed(picture)).to_contain_text("query 17")


def test_keys_move_open_and_close(picture: Picture) -> None:
    picture.stage.focus()
    page = picture.stage.page
    page.keyboard.press("ArrowUp")
    expect(summed(picture)).to_contain_text("query 38")
    page.keyboard.press("Shift+ArrowDown")
    before = picture.fingerprint()
    page.keyboard.press("e")
    picture.changes_from(before)
    page.keyboard.press("]")
    expect(picture.figure.locator("figcaption")).to_contain_text("head 3")
    page.keyboard.press("t")
    table = picture.figure.get_by_role("table")
    assert table.get_by_role("row").count() == 25
    assert table.get_by_role("columnheader").all_inner_texts()[:3] == ["key", "q · k", "× scale"]
    page.keyboard.press("?")
    picture.figure.get_by_role("dialog").wait_for()


def test_keys_by_their_text_and_all_of_them(picture: Picture) -> None:
    picture.figure.get_by_role("button", name="Search").click()
    picture.figure.get_by_placeholder("Text in a key").fill("token3")
    expect(picture.figure.locator("figcaption")).to_contain_text("11 of 40 keys")
    picture.figure.get_by_role("button", name="All", exact=True).click()
    expect(picture.figure.locator("figcaption")).to_contain_text("All 40 keys")
    page = picture.stage.page
    picture.stage.evaluate("stage => stage.scrollTop = 400")
    page.wait_for_timeout(200)
    assert picture.ink() > 0.1


def test_it_is_a_picture_when_narrow_and_dark(show: Show) -> None:
    watched = show("neuron", color_scheme="dark")
    watched.page.set_viewport_size({"width": 420, "height": 800})
    watched.page.wait_for_timeout(300)
    assert Picture(watched.page).ink() > 0.05
    assert watched.page.evaluate("() => document.documentElement.scrollWidth") <= 420
