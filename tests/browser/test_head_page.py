"""The head view as a page from the disk, without a network."""

from collections.abc import Callable

import numpy as np
import pytest

from browser.pages import HOSTILE, WORDS, weights
from browser.watched import Picture, Watched
from regard.record.labels import label

Show = Callable[..., Watched]


def test_it_draws(show: Show) -> None:
    picture = Picture(show("head").page)
    assert picture.ink() > 0.01
    assert (picture.layer(), picture.heads()) == (1, [1, 2])


def test_a_click_shows_or_hides_a_head(show: Show) -> None:
    picture = Picture(show("head").page)
    before = picture.fingerprint()
    picture.head(2).click()
    assert picture.heads() == [1]
    picture.head(5).click()
    assert picture.heads() == [1, 5]
    picture.changes_from(before)


def test_a_double_click_shows_a_head_alone(show: Show) -> None:
    picture = Picture(show("head").page)
    picture.head(4).dblclick()
    assert picture.heads() == [4]


def test_pointing_at_a_token_shows_its_weights(show: Show) -> None:
    watched = show("head")
    picture = Picture(watched.page)
    picture.hover_query(2)
    picture.figure.locator(".readout h2 .token").wait_for()
    layer = weights(8, 8)[1]
    found = sorted(layer[[1, 2], 2, :].ravel(), reverse=True)[:10]
    assert [value for _, value in picture.readout()] == pytest.approx(found, abs=0.006)
    key = int(np.argmax(layer[[1, 2], 2, :].max(axis=0)))
    assert picture.readout()[0][0] == label(WORDS[key])
    watched.page.mouse.move(2, 2)
    picture.figure.get_by_role("heading", name="Strongest links").wait_for()


def test_keys_change_layer_and_head(show: Show) -> None:
    watched = show("head")
    picture = Picture(watched.page)
    picture.stage.focus()
    watched.page.keyboard.press(".")
    assert picture.layer() == 2
    for _ in range(3):
        watched.page.keyboard.press(",")
    assert picture.layer() == 0
    watched.page.keyboard.press("]")
    assert len(picture.heads()) == 1
    watched.page.keyboard.press("a")
    assert picture.heads() == list(range(6))


def test_everything_can_be_reached_by_tab(show: Show) -> None:
    watched = show("head")
    reached = set()
    for _ in range(20):
        watched.page.keyboard.press("Tab")
        reached.add(
            watched.page.evaluate(
                "() => { let e = document.activeElement; while (e?.shadowRoot) e = e.shadowRoot.activeElement;"
                " return e?.getAttribute('aria-label') || e?.textContent }"
            )
        )
    assert {"Layer", "Head 0", "Head 5", "Attention of one layer as lines between query and key tokens"} <= reached


def test_a_pair_is_filtered_by_sentence(show: Show) -> None:
    picture = Picture(show("pair").page)
    everything = picture.fingerprint()
    assert picture.figure.get_by_role("group", name="Sentences").get_by_role("button").all_inner_texts() == [
        "All",
        "A → A",
        "A → B",
        "B → A",
        "B → B",
    ]
    picture.figure.get_by_role("button", name="A → B").click()
    picture.changes_from(everything)
    assert "4 queries × 4 keys" in picture.figure.locator("figcaption").inner_text()


def test_kinds_of_attention_are_chosen(show: Show) -> None:
    picture = Picture(show("translation").page)
    picture.figure.get_by_role("button", name="Cross").click()
    picture.drawn()
    assert "4 queries × 3 keys" in picture.figure.locator("figcaption").inner_text()


def test_hostile_text_is_only_text(show: Show) -> None:
    watched = show("hostile")
    picture = Picture(watched.page)
    picture.hover_query(0)
    picture.stage.focus()
    watched.page.keyboard.press("t")
    shown = picture.figure.get_by_role("table").locator("bdi").all_inner_texts()
    assert set(shown) <= {label(token) for token in HOSTILE}
    assert {label(HOSTILE[0]), label(HOSTILE[1])} <= set(shown)
    assert watched.page.get_by_role("heading", name=HOSTILE[0], exact=True).count() == 2
    assert watched.page.locator("img, main script").count() == 0
    assert not watched.harmed()


def test_a_long_text_scrolls_and_says_what_is_left_out(show: Show) -> None:
    watched = show("long")
    picture = Picture(watched.page)
    caption = picture.figure.locator("figcaption").inner_text()
    assert "of the attention" in caption
    before = picture.fingerprint()
    picture.stage.evaluate("stage => stage.scrollTo(0, 4000)")
    picture.changes_from(before)


@pytest.mark.parametrize(
    ("name", "scheme", "dark"), [("head", "light", False), ("head", "dark", True), ("dark", "light", True)]
)
def test_light_or_dark_as_asked_or_as_the_system(show: Show, name: str, scheme: str, dark: bool) -> None:
    page = show(name, color_scheme=scheme).page
    assert page.locator(".regard[data-theme=dark]").count() == int(dark)
    background = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert (background != "rgb(255, 255, 255)") == dark


def test_the_same_page_gives_the_same_pixels(show: Show) -> None:
    assert Picture(show("head").page).fingerprint() == Picture(show("head").page).fingerprint()
