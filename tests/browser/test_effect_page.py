"""Views that are coloured by effect, as pages from the disk."""

from collections.abc import Callable

import pytest

from browser.watched import Picture, Watched

Show = Callable[..., Watched]
PYTHON = "Tests need a live notebook."
NAME = "Δ log p of “ mat”, nats"


def test_lines_are_coloured_by_effect_and_can_be_switched(show: Show) -> None:
    watched = show("tested")
    picture = Picture(watched.page)
    bar = watched.page.get_by_role("group", name="What colours mean")
    assert bar.get_by_role("img", name=NAME).get_attribute("aria-label") == f"{NAME}: −2.00 – 2.00"
    by_effect = picture.fingerprint()
    bar.get_by_role("button", name="Weight").click()
    picture.changes_from(by_effect)
    by_weight = picture.fingerprint()
    assert watched.page.locator(".evidence").inner_text() == f"Untested: shows where the head looked, not why. {PYTHON}"
    picture.stage.focus()
    watched.page.keyboard.press("e")
    picture.changes_from(by_weight)
    assert watched.page.locator(".evidence").inner_text() == f"Tested: each edge alone, mask knock-out. {PYTHON}"


def test_the_strongest_effects_are_listed_first(show: Show) -> None:
    page = show("tested").page
    found = page.locator(".readout .effect").all_inner_texts()
    assert found[:4] == ["2.00", "−1.75", "1.50", "−1.25"]


def test_small_effects_can_be_left_out(show: Show) -> None:
    watched = show("tested")
    picture = Picture(watched.page)
    everything = picture.fingerprint()
    watched.page.get_by_label("Show only effects of this size and more").fill("0.9")
    picture.changes_from(everything)
    assert watched.page.locator(".readout .effect").all_inner_texts() == ["2.00", "−1.75"]
    assert "Only effects of size 1.62 and more are coloured." in watched.page.locator("figcaption").inner_text()


def test_another_head_is_not_coloured_by_it(show: Show) -> None:
    watched = show("tested")
    picture = Picture(watched.page)
    picture.head(3).dblclick()
    caption = watched.page.locator("figcaption")
    caption.get_by_text("The effects are of other heads than layer 1, head 3.").wait_for()
    assert set(watched.page.locator(".readout .effect").all_inner_texts()) == {"–"}


def test_heads_have_their_effects_beside_their_pictures(show: Show) -> None:
    watched = show("tested_heads")
    Picture(watched.page).drawn()
    cell = watched.page.locator(".pointed")
    assert "; Effect: " in cell.inner_text()
    assert (
        watched.page.locator(".evidence").inner_text() == f"Coloured by numbers that were given with the view. {PYTHON}"
    )


def test_an_answer_is_coloured_by_it_step_by_step(show: Show) -> None:
    page = show("tested_written").page
    assert page.get_by_role("img", name="Δ log p of “ a”, nats").count() == 1
    assert page.locator(".readout .effect").all_inner_texts()[:3] == ["−1.25", "1.13", "−1.00"]
    fills = page.locator(".text bdi").evaluate_all("all => all.map((one) => one.style.background)")
    assert all(fills[:10])
    assert "Coloured: the effect" in page.locator("figcaption").inner_text()
    matrix = page.locator(".stage.steps canvas").first
    before = matrix.evaluate("c => c.toDataURL()")
    page.locator(".stage.steps").focus()
    page.keyboard.press("e")
    page.get_by_text("Untested").wait_for()
    page.wait_for_timeout(200)
    assert matrix.evaluate("c => c.toDataURL()") != before
    assert page.locator(".readout .effect").count() == 0


@pytest.mark.parametrize("name", ["tested_map", "tested_text"])
def test_maps_and_texts_are_coloured_by_it(show: Show, name: str) -> None:
    watched = show(name)
    picture = Picture(watched.page)
    picture.drawn()
    assert watched.page.get_by_role("img", name=NAME).count() == 1
    watched.page.get_by_role("group", name="What colours mean").get_by_role("button", name="Weight").first.click()
    watched.page.get_by_text("Untested").wait_for()
    assert watched.page.get_by_role("img", name=NAME).count() == 0
    if name == "tested_text":
        watched.page.get_by_role("button", name="Effect").click()
        watched.page.locator('.text bdi[style*="rgb"]').nth(7).wait_for()
