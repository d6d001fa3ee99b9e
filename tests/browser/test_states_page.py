"""What was found out about an answer, on a page without Python."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from browser.accessible import violations
from browser.watched import Watched

Show = Callable[..., Watched]


def opened(show: Show, **options: object) -> Page:
    page = show("looked_into", **options).page
    page.locator(".bench .body[data-state=ready]").wait_for()
    return page


def test_states_and_their_neighbours_are_there(show: Show) -> None:
    page = opened(show)
    page.get_by_role("tab", name="States").click()
    expect(page.locator(".scatter figcaption")).to_contain_text("MDS of the cosine distances")
    page.get_by_role("button", name="encoder", exact=True).last.click()
    page.get_by_role("button", name="PCA", exact=True).click()
    expect(page.locator(".scatter figcaption")).to_contain_text("PCA: the axes hold")
    page.locator(".small-pictures button").nth(3).click()
    expect(page.locator(".near h2")).to_have_text("Nearest to 1 (position 3)")
    expect(page.locator(".near li")).to_have_count(8)
    expect(page.get_by_role("button", name="Project", exact=True)).to_be_disabled()
    expect(page.locator(".lines path")).to_have_count(5)
    page.get_by_role("button", name="UMAP", exact=True).click()
    expect(page.locator(".panel")).to_contain_text("This was not asked for before the page was saved.")


def test_words_links_and_favourites_are_there(show: Show) -> None:
    page = opened(show)
    page.get_by_role("tab", name="Near words").click()
    expect(page.locator(".word-list li")).to_have_count(7)
    expect(page.locator(".word-list .change")).to_have_count(6)
    page.get_by_role("tab", name="Alignment").click()
    expect(page.locator(".error-rate")).to_contain_text("Alignment error rate 0.")
    assert page.locator(".word-links .right").count() >= 1
    page.get_by_role("tab", name="History").click()
    page.get_by_role("button", name="Favourites only").click()
    expect(page.locator(".history .entry")).to_have_count(1)
    expect(page.get_by_role("button", name="0: favourite")).to_be_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_tab(show: Show, scheme: str) -> None:
    page = opened(show, color_scheme=scheme)
    page.locator(".chip.source").first.click()
    for name in page.get_by_role("tab").all_inner_texts():
        page.get_by_role("tab", name=name).click()
        page.wait_for_timeout(200)
        assert violations(page) == []
