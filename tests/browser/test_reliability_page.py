"""A reliability report as a page from the disk, without a network."""

from collections.abc import Callable

from playwright.sync_api import expect

from browser.watched import Watched

Show = Callable[..., Watched]


def test_it_says_the_verdict_and_every_number_on_one_scale(show: Show) -> None:
    page = show("report").page
    expect(page.locator(".verdict .word")).to_have_text("SUPPORTED, NOT THROUGH THIS PICTURE")
    expect(page.locator(".verdict")).to_contain_text("lowered log p(' Madrid') by 12.1 nats")
    expect(page.locator(".judged")).to_have_count(5)
    plots = page.get_by_role("img")
    expect(plots).to_have_count(6)
    spain = "Spain [17] · bright: replaced −5.90; zeroed here 0.035, in all layers −3.44"
    expect(plots.nth(3)).to_have_attribute("aria-label", spain)
    expect(page.locator("dt")).to_have_count(6)
    expect(page.locator("figcaption")).to_contain_text("n = 1 text")


def test_tokens_are_shown_as_text(show: Show) -> None:
    page = show("report").page
    expect(page.locator(".shaded")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".shaded .tested").all_text_contents() == ["The", "Berlin", "Paris", "Spain"]
    assert page.locator(".shaded .parked").all_text_contents() == ["The"]


def test_it_fits_a_narrow_page(show: Show) -> None:
    page = show("report", viewport={"width": 360, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
