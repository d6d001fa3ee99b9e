"""The workbench as a page from the disk, without a network: all that was tried is there, and nothing can be asked."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from browser.accessible import violations
from browser.watched import Watched

Show = Callable[..., Watched]


@pytest.fixture
def page(show: Show) -> Page:
    page = show("workbench").page
    page.locator(".bench .body[data-state=ready]").wait_for()
    return page


def test_it_shows_the_answer_its_steps_and_its_attention(page: Page) -> None:
    expect(page.locator(".answer")).to_have_text("2026-11-22")
    expect(page.locator(".chip.source")).to_have_text([*"22.11.2026", "</s>"])
    expect(page.locator(".chip.target")).to_have_text([*"2026-11-22", "</s>"])
    assert page.locator(".ribbons path").count() > 11
    assert page.locator("ol.top").count() == 11
    expect(page.locator("ol.top").nth(5).locator(".taken bdi")).to_have_text("1")
    expect(page.locator(".offline")).to_contain_text("A page without Python")
    expect(page.locator(".ask input")).to_be_disabled()


def test_a_step_shows_what_it_read(page: Page) -> None:
    page.locator(".chip.target").nth(5).click()
    weights = page.locator(".weights text").all_text_contents()
    assert sum(map(float, weights)) == pytest.approx(1, abs=0.25)
    faint = page.locator(".ribbons path.faint").count()
    assert 0 < faint < page.locator(".ribbons path").count()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".chip.target").nth(6)).to_have_attribute("aria-pressed", "true")


def test_more_of_the_attention_is_more_lines(page: Page) -> None:
    before = page.locator(".ribbons path").count()
    page.get_by_role("combobox", name="Lines carry").select_option("1")
    assert page.locator(".ribbons path").count() > 2 * before


def test_the_search_tree_has_the_answer_along_the_top_and_what_was_dropped_on_request(page: Page) -> None:
    nodes = page.locator(".node")
    assert page.locator(".node.winner").count() == 12
    before = nodes.count()
    page.get_by_role("button", name=re.compile("dropped at once")).click()
    assert nodes.count() > before
    nodes.nth(3).click()
    expect(page.get_by_role("button", name="Go on from here")).to_be_disabled()


def test_what_changed_is_marked_beside_what_was_pinned(page: Page) -> None:
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("del").first).to_have_text("/")
    expect(page.locator("ins").first).to_have_text(".")
    expect(page.locator("canvas.still")).to_have_count(2)
    drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)"
    for canvas in page.locator("canvas.still").all():
        expect(canvas).to_have_js_property("width", 11)
        page.wait_for_timeout(300)
        assert canvas.evaluate(drawn)


def test_the_history_leads_back_to_every_answer(page: Page) -> None:
    page.get_by_role("tab", name="History").click()
    entries = page.locator(".history .entry")
    expect(entries).to_have_count(3)
    entries.first.click()
    expect(page.locator(".answer")).to_have_text("2026-22-11")
    entries.last.click()
    expect(page.locator(".chip.forced")).to_have_count(9)


def looked_at(page: Page) -> dict[str, str]:
    """What the address says."""
    return {name: value for name, (value,) in parse_qs(urlsplit(page.url).fragment).items()}


def test_what_is_looked_at_is_in_the_address_and_back_goes_back(page: Page) -> None:
    assert looked_at(page) == {}
    page.get_by_role("tab", name="History").click()
    page.locator(".history .entry").first.click()
    page.locator(".chip.target").nth(5).click()
    page.get_by_role("button", name="all layers").click()
    link = page.url
    assert looked_at(page) == {"state": "0", "tab": "history", "token": "t5", "of": "all"}
    page.go_back()
    expect(page.locator(".answer")).to_have_text("2026-11-22")
    assert looked_at(page) == {"tab": "history"}
    page.go_back()
    expect(page.get_by_role("tab", name="Beam tree")).to_have_attribute("aria-selected", "true")
    page.go_forward()
    page.go_forward()
    expect(page.locator(".answer")).to_have_text("2026-22-11")

    page.goto("about:blank")
    page.goto(link)
    expect(page.locator(".answer")).to_have_text("2026-22-11")
    expect(page.get_by_role("tab", name="History")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".chip.target").nth(5)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="all layers")).to_have_attribute("aria-pressed", "true")


def test_an_address_that_makes_no_sense_shows_the_page_as_it_is(page: Page) -> None:
    page.evaluate("location.hash = 'state=99&tab=x&token=t77&layer=8&heads=a&kind=vision&lines=7&pinned=b'")
    expect(page.locator(".answer")).to_have_text("2026-11-22")
    expect(page.locator(".chip[aria-pressed=true]")).to_have_count(0)
    expect(page.locator(".bench .body[data-state=ready]")).to_be_attached()


def test_a_page_in_a_frame_leaves_addresses_alone(page: Page, pages: Path) -> None:
    page.goto("about:blank")
    page.set_content('<iframe sandbox="allow-scripts" style="width: 100%; height: 2000px"></iframe>')
    content = (pages / "workbench.html").read_text(encoding="utf-8")
    page.evaluate("content => { document.querySelector('iframe').srcdoc = content; }", content)
    before = page.evaluate("history.length")
    frame = page.frame_locator("iframe")
    frame.get_by_role("tab", name="History").click()
    frame.locator(".history .entry").first.click()
    expect(frame.locator(".answer")).to_have_text("2026-22-11")
    assert page.evaluate("history.length") == before
    assert looked_at(page) == {}
    assert page.frames[1].evaluate("location.hash") == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_tab(show: Show, scheme: str) -> None:
    page = show("workbench", color_scheme=scheme).page
    for name in page.get_by_role("tab").all_inner_texts():
        page.get_by_role("tab", name=name).click()
        assert violations(page) == []
