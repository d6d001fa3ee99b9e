"""The generation view of a workbench as a page from the disk: every answer that was tried, and nothing can be asked."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.accessible import violations
from browser.watched import Picture, Watched

Show = Callable[..., Watched]


@pytest.fixture
def page(show: Show) -> Page:
    return show("writing").page


def chosen(page: Page) -> Locator:
    return page.locator(".chances .chosen")


def test_it_shows_the_answer_that_was_shown_at_its_step(page: Page) -> None:
    expect(page.locator(".generation figcaption")).to_contain_text("a prompt of 3 tokens, 6 steps")
    expect(page.locator(".readout h2")).to_contain_text("step 3 of 6")
    expect(page.locator(".readout h2")).to_contain_text("forced")
    expect(chosen(page)).to_contain_text("dog")
    expect(page.locator(".text .source")).to_have_text("dog")
    assert page.locator(".chances button").count() == 0
    expect(page.locator(".offline")).to_contain_text("A page without Python")
    expect(page.locator(".ask textarea")).to_be_disabled()


def test_another_answer_of_the_history_is_shown_as_a_whole(page: Page) -> None:
    steps = page.locator(".stage.steps canvas").first
    before = steps.evaluate("c => c.toDataURL()")
    page.get_by_role("tab", name="History").click()
    page.locator(".history .entry").last.click()
    expect(page.locator(".generation figcaption")).to_contain_text("a prompt of 4 tokens, 6 steps")
    expect(page.locator(".text bdi").nth(1)).to_have_text("dog")
    expect(page.locator(".readout h2")).to_contain_text("step 3 of 6")
    page.locator(".generation .body[data-state=ready]").wait_for()
    page.wait_for_timeout(300)
    assert steps.evaluate("c => c.toDataURL()") != before
    page.locator(".history .entry").first.click()
    expect(page.locator(".readout .marks")).to_have_count(0)


def test_steps_and_keys_are_those_of_every_generation_view(page: Page) -> None:
    page.locator(".stage.steps").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".readout h2")).to_contain_text("step 4 of 6")
    page.keyboard.press("t")
    expect(page.locator(".table tbody tr")).to_have_count(6)
    page.keyboard.press("Escape")
    expect(page.locator(".table")).to_have_count(0)
    page.keyboard.press("6")
    expect(page.get_by_role("tab", name="History")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_what_differs_from_the_pinned_answer_is_marked_with_both_pictures(page: Page) -> None:
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("ins").first).to_contain_text("dog")
    drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)"
    for canvas in page.locator("canvas.still").all():
        expect(canvas).to_have_js_property("height", 6)
        page.wait_for_timeout(300)
        assert canvas.evaluate(drawn)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_tab(show: Show, scheme: str) -> None:
    page = show("writing", color_scheme=scheme).page
    Picture(page).drawn()
    for name in page.get_by_role("tab").all_inner_texts():
        page.get_by_role("tab", name=name).click()
        assert violations(page) == []
