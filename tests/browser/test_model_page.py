"""The model view as a page from the disk, without a network."""

from collections.abc import Callable

from browser.watched import Picture, Watched

Show = Callable[..., Watched]


def test_it_draws_every_layer_and_head(show: Show) -> None:
    picture = Picture(show("model").page)
    assert picture.ink() > 0.05
    assert "4 layers × 6 heads" in picture.figure.locator("figcaption").inner_text()


def test_a_click_opens_a_cell_and_escape_closes_it(show: Show) -> None:
    watched = show("model")
    picture = Picture(watched.page)
    picture.stage.click(position={"x": 60, "y": 60})
    cell = picture.figure.get_by_role("dialog")
    cell.wait_for()
    assert cell.get_attribute("aria-label") == "Layer 0, head 0"
    opened = Picture(watched.page)
    opened.figure = cell
    opened.drawn()
    watched.page.keyboard.press("Escape")
    cell.wait_for(state="detached")


def test_keys_move_and_open(show: Show) -> None:
    watched = show("model")
    picture = Picture(watched.page)
    picture.stage.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        watched.page.keyboard.press(key)
    assert picture.figure.get_by_role("dialog").get_attribute("aria-label") == "Layer 1, head 2"


def test_an_opened_cell_shows_values(show: Show) -> None:
    watched = show("model")
    picture = Picture(watched.page)
    picture.stage.click(position={"x": 60, "y": 60})
    picture.figure = picture.figure.get_by_role("dialog")
    picture.drawn()
    if not picture.figure.locator("canvas.lines").count():
        picture.figure.get_by_role("button", name="Lines").click()
        picture.drawn()
    picture.hover_query(3)
    picture.figure.locator(".readout h2 .token").wait_for()
    assert abs(sum(value for _, value in picture.readout()) - 1) < 0.05
