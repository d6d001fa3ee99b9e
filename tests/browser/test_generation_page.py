"""The generation view as a page from the disk, without a network."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from browser.watched import Picture, Watched

Show = Callable[..., Watched]
HEADER = 20


@pytest.fixture
def watched(show: Show) -> Watched:
    return show("written")


def chosen(picture: Picture) -> Locator:
    return picture.figure.locator(".chances .chosen")


def stage(picture: Picture) -> Locator:
    return picture.figure.locator(".stage.steps")


def test_it_shows_the_step_s_text_chances_and_attention(watched: Watched) -> None:
    picture = Picture(watched.page)
    figure = picture.figure
    expect(figure.locator(".readout h2")).to_contain_text("step 3 of 6")
    expect(chosen(picture)).to_have_text("a60 %")
    assert figure.locator(".chances li").count() == 3
    expect(figure.locator(".text .source")).to_have_text("a")
    later = figure.locator(".text .later").all_inner_texts()
    assert later == ["tired", "cat", "."]
    assert figure.locator(".links .value").count() > 3
    assert not watched.harmed()


def test_it_steps_scrubs_and_plays_by_keyboard(watched: Watched) -> None:
    picture = Picture(watched.page)
    stage(picture).focus()
    watched.page.keyboard.press("ArrowRight")
    expect(chosen(picture)).to_contain_text("tired")
    watched.page.keyboard.press("End")
    expect(picture.figure.locator(".readout h2")).to_contain_text("step 6 of 6")
    expect(picture.figure.locator(".text .source")).to_have_text(".")
    watched.page.keyboard.press("Home")
    watched.page.keyboard.press(" ")
    expect(chosen(picture)).to_contain_text("was", timeout=3000)
    picture.figure.get_by_role("button", name="Pause").click()
    picture.figure.get_by_role("slider", name="Step").fill("5")
    expect(chosen(picture)).to_contain_text("cat")


def test_a_row_and_a_token_lead_to_their_step(watched: Watched) -> None:
    picture = Picture(watched.page)
    stage(picture).click(position={"x": 200, "y": HEADER + 18 * 1.5})
    expect(chosen(picture)).to_contain_text("was")
    picture.figure.locator(".text bdi", has_text="cat").last.click()
    expect(picture.figure.locator(".readout h2")).to_contain_text("step 5 of 6")


def test_heads_and_layers_change_the_picture(watched: Watched) -> None:
    picture = Picture(watched.page)
    canvas = stage(picture).locator("canvas").first
    before = canvas.evaluate("c => c.toDataURL()")
    picture.head(1).click()
    watched.page.wait_for_timeout(300)
    assert canvas.evaluate("c => c.toDataURL()") != before
    expect(picture.figure.locator("figcaption")).to_contain_text("Layer 1, head 1; a prompt of 8 tokens, 6 steps.")
