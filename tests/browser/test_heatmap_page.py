"""The heatmap as a page from the disk, without a network."""

from collections.abc import Callable

from browser.watched import Picture, Watched

Show = Callable[..., Watched]


def test_it_draws_heads_with_their_sums_and_says_what_is_shown(show: Show) -> None:
    picture = Picture(show("heatmap").page)
    assert picture.ink() > 0.3
    caption = picture.figure.locator("figcaption").inner_text()
    assert "small · Layer 1, 4 of 6 heads; 8 queries × 8 keys." in caption
    assert "Bars are sums over queries" in caption
    assert picture.figure.locator(".masked").inner_text() == "masked"


def test_pointing_at_a_cell_shows_its_weight_in_every_head(show: Show) -> None:
    watched = show("heatmap")
    picture = Picture(watched.page)
    picture.stage.hover(position={"x": 120, "y": 150})
    heading = picture.figure.locator(".readout h2")
    heading.get_by_text("query", exact=False).first.wait_for()
    heading.get_by_text("key", exact=False).first.wait_for()
    assert picture.figure.locator(".links li").count() == 4
    picture.stage.click(position={"x": 120, "y": 150})
    watched.page.mouse.move(0, 0)
    assert "query" in heading.inner_text()
    watched.page.keyboard.press("Escape")


def test_scale_and_sums_are_chosen(show: Show) -> None:
    picture = Picture(show("heatmap").page)
    bar = picture.figure.locator(".bar.second")
    first = picture.fingerprint()
    bar.get_by_role("button", name="Log").click()
    picture.changes_from(first)
    assert "10⁻⁶" in bar.locator(".legend").first.inner_text()
    bar.get_by_role("button", name="Sums").click()
    picture.figure.locator("figcaption").filter(has_not_text="Bars are sums").wait_for()


def test_keys_change_layer_and_head(show: Show) -> None:
    watched = show("heatmap")
    picture = Picture(watched.page)
    picture.stage.focus()
    for key in (",", "]"):
        watched.page.keyboard.press(key)
    picture.figure.locator("figcaption").filter(has_text="Layer 0, head 0").wait_for()
    watched.page.keyboard.press("t")
    picture.figure.get_by_role("group", name="Strongest links").wait_for()
