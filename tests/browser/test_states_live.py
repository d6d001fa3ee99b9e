"""States, neighbours, near words and gold links with Python behind the picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

import regard
from browser.accessible import violations
from browser.bridged import Bridged
from regard.demo import dates
from regard.errors import StoppedError

pytest.importorskip("lancedb")


@pytest.fixture(scope="module")
def loaded() -> Any:
    return dates.load()


@pytest.fixture(scope="module")
def corpus(loaded: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    where = tmp_path_factory.mktemp("corpus") / "dates"
    return regard.corpus.index(*loaded, list(dates.pairs(30)), where, layers="all")


@pytest.fixture
def bench(loaded: Any, corpus: Any) -> regard.Workbench:
    return regard.Workbench(*loaded, "22/11/2026", beams=2, neighbours=corpus)


@pytest.fixture
def opened(browser: Browser, bench: regard.Workbench) -> Iterator[Callable[..., Bridged]]:
    shown: list[Bridged] = []

    def show(width: int = 1180, scheme: str = "light", **options: Any) -> Bridged:
        page = browser.new_page(viewport={"width": width, "height": 1300}, color_scheme=scheme)
        shown.append(Bridged(page, bench.view(layer=1, **options)))
        return shown[-1]

    yield show
    for one in shown:
        one.close()
        one.page.close()


@pytest.fixture
def states(opened: Callable[..., Bridged]) -> Bridged:
    """The encoder's states, projected, with those near the first one."""
    return projected(opened())


def projected(live: Bridged) -> Bridged:
    live.page.get_by_role("tab", name="States").click()
    live.page.locator(".chip.source").nth(0).click()
    live.page.get_by_role("button", name="Project", exact=True).click()
    live.wait()
    return live


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def spread(live: Bridged) -> float:
    """How far two points of the plane are from each other."""
    dots = live.page.locator(".scatter .other")
    (a, b), (c, d) = middle(dots.nth(0)), middle(dots.nth(9))
    return ((a - c) ** 2 + (b - d) ** 2) ** 0.5


def test_the_plane_comes_closer_about_the_pointer_and_goes_back(states: Bridged) -> None:
    page = states.page
    whole = spread(states)
    page.locator(".stage.plane").focus()
    x, y = middle(page.locator(".scatter .other").nth(0))
    page.mouse.move(x, y)
    page.mouse.wheel(0, -500)
    page.wait_for_timeout(100)
    assert spread(states) > 2 * whole
    assert middle(page.locator(".scatter .other").nth(0)) == pytest.approx((x, y), abs=2)
    page.mouse.down()
    page.mouse.move(x + 25, y + 10, steps=3)
    page.mouse.up()
    assert middle(page.locator(".scatter .other").nth(0)) != pytest.approx((x, y), abs=2)
    page.keyboard.press("0")
    assert spread(states) == pytest.approx(whole, abs=1)
    page.keyboard.press("+")
    assert spread(states) == pytest.approx(1.5 * whole, rel=0.02)
    page.keyboard.press("-")
    page.get_by_role("button", name="Closer").click()
    page.get_by_role("button", name="Closer").click()
    assert spread(states) == pytest.approx(2.25 * whole, rel=0.02)
    empty = page.locator(".stage.plane").bounding_box()
    assert empty is not None
    page.mouse.dblclick(empty["x"] + 5, empty["y"] + 5)
    assert spread(states) == pytest.approx(whole, abs=1)

    two_fingers(states, whole)


def two_fingers(states: Bridged, whole: float) -> None:
    page = states.page
    plane = page.locator(".stage.plane").bounding_box()
    assert plane is not None
    x, y = plane["x"] + plane["width"] / 2, plane["y"] + 6  # where no token stands
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", 0)):
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}] if apart else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(50)
    assert spread(states) > 1.5 * whole


def test_a_neighbour_is_found_in_the_list_and_a_small_picture_leads_to_its_state(
    states: Bridged, bench: regard.Workbench
) -> None:
    page = states.page
    assert page.locator(".near li").count() == 20
    dot = page.locator(".scatter .other.near").nth(2)
    page.mouse.click(*middle(dot))
    expect(page.locator(".near [aria-current]")).to_have_count(1)
    expect(page.locator(".scatter .marked")).to_have_count(1)
    expect(page.locator(".scatter figcaption")).to_contain_text("Text ")
    page.locator(".near li button").nth(5).click()
    expect(page.locator(".near li button").nth(5)).to_have_attribute("aria-current", "true")
    expect(page.locator(".near .note")).to_contain_text("exact: compared with all")
    page.locator(".scatter .own").nth(4).hover()
    near = page.locator(".scatter .other.near").count()
    assert near == 20
    assert page.locator(".scatter .link").count() == near
    assert page.locator(".scatter .hull").get_attribute("points").count(",") >= 3
    expect(page.locator(".ribbons path.faint").first).to_be_attached()
    small_pictures_lead_to_their_states(states, bench)


def small_pictures_lead_to_their_states(states: Bridged, bench: regard.Workbench) -> None:
    page = states.page
    pictures = page.locator(".small-pictures button")
    assert pictures.count() == len(bench.state.source)
    expect(page.get_by_role("button", name="1, position 3: 20 neighbours")).to_have_count(1)
    lit = "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return d.some((v) => v); }"
    assert all(canvas.evaluate(lit) for canvas in page.locator(".small canvas").all())
    pictures.nth(3).click()
    expect(page.locator(".chip.source").nth(3)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".near h2")).to_have_text("Nearest to 1 (position 3)")
    pictures.nth(5).focus()
    page.keyboard.press("Enter")
    expect(pictures.nth(5)).to_have_attribute("aria-pressed", "true")


def test_only_small_pictures_in_sight_are_drawn(opened: Callable[..., Bridged]) -> None:
    live = projected(opened(430))
    drawn = live.page.locator(".small canvas").count()
    assert 0 < drawn < live.page.locator(".small-pictures button").count()
    live.page.locator(".small-pictures").evaluate("row => { row.scrollLeft = 1e6; }")
    expect(live.page.locator(".small-pictures li").last.locator("canvas")).to_have_count(1)
    wide = live.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 430
    plane = live.page.locator(".stage.plane").bounding_box()
    assert plane is not None
    assert plane["x"] + plane["width"] <= 430


def test_other_projections(states: Bridged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # compiling takes longer than running
    page = states.page
    for method, said in (("UMAP", "UMAP of"), ("t-SNE", "t-SNE of"), ("MDS", "MDS of the cosine")):
        page.get_by_role("button", name=method, exact=True).click()
        expect(page.locator(".scatter")).to_have_count(0)
        page.get_by_role("button", name="Project", exact=True).click()
        states.wait(most_ms=200_000)
        expect(page.locator(".scatter figcaption")).to_contain_text(said)
    page.get_by_role("button", name="PCA", exact=True).click()
    expect(page.locator(".scatter figcaption")).to_contain_text("PCA: the axes hold")


def test_what_is_not_installed_says_which_extra_brings_it(
    opened: Callable[..., Bridged], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    page = opened().page
    page.get_by_role("tab", name="States").click()
    page.get_by_role("button", name="UMAP", exact=True).click()
    expect(page.locator(".panel")).to_contain_text("pip install 'regard[umap]'")
    expect(page.get_by_role("button", name="Project", exact=True)).to_be_disabled()


def test_a_projection_that_takes_long_can_be_cancelled(
    opened: Callable[..., Bridged], bench: regard.Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    def slow(*_state: Any, progress: Any, stop: Any, **_asked: Any) -> Any:
        progress(3, 12)
        while not stop():
            time.sleep(0.02)
        ended.append("stopped")
        raise StoppedError("the projection was stopped before it was done")

    monkeypatch.setattr(bench.neighbours, "projected", slow)
    live = opened()
    live.page.get_by_role("tab", name="States").click()
    live.page.get_by_role("button", name="Project", exact=True).click()
    live.wait(most_ms=1500)
    expect(live.page.locator(".working")).to_contain_text("3 of 12")
    live.page.get_by_role("button", name="Cancel").click()
    live.wait()
    expect(live.page.locator(".working")).to_have_count(0)
    expect(live.page.get_by_role("alert")).to_have_count(0)
    assert ended == ["stopped"]


def test_numbers_of_states_between_two_positions_and_beside_the_pinned(states: Bridged, bench: Any) -> None:
    page = states.page
    page.get_by_label("Change", exact=True).select_option("4")
    page.get_by_label("Dimensions").first.select_option("4")
    page.get_by_role("button", name="Plot").click()
    states.wait()
    expect(page.locator(".lines path")).to_have_count(4)
    found = bench.components(stream="encoder", layer=2, positions=[0, 4], count=4)
    expect(page.locator(".dimensions li").first).to_contain_text(f"{found.dimensions[0]}: changes by")
    page.locator(".dimensions button").nth(1).focus()
    expect(page.locator(".lines g.lit")).to_have_count(1)
    bench.pin()
    bench.translate("22.11.2026")
    states.wait()
    page.get_by_label("Change", exact=True).select_option("pinned")
    page.get_by_role("button", name="Plot").click()
    states.wait()
    expect(page.locator(".lines path.beside")).to_have_count(4)


def test_near_words_are_a_list_and_can_be_ranked(opened: Callable[..., Bridged], bench: regard.Workbench) -> None:
    live = opened()
    page = live.page
    page.locator(".chip.source").nth(0).click()
    page.get_by_role("button", name="Near words").click()
    live.wait()
    rows = page.locator(".word-list li")
    assert rows.count() == page.locator(".near-word").count()
    page.get_by_role("button", name="Rank by change").click()
    live.wait(most_ms=120_000)
    best = bench.replacements(0, heads=[(1, head) for head in range(4)], k=20)[0]
    expect(rows.first).to_contain_text(best.word.label)
    expect(rows.first).to_contain_text(f"most at step {best.step}")
    page.get_by_role("button", name="log p", exact=True).click()
    rows.first.locator("button").click()
    live.wait()
    assert len(bench.states) == 2


def test_gold_links_mark_the_alignment(opened: Callable[..., Bridged], bench: regard.Workbench) -> None:
    live = opened()
    page = live.page
    page.get_by_role("tab", name="Alignment").click()
    page.get_by_role("button", name="Extract").click()
    live.wait()
    assert page.locator(".word-links path.plain").count() == len(
        bench.alignment(heads=[(1, h) for h in range(4)]).links
    )
    page.get_by_label("Gold links").fill("0-0 nonsense")
    page.keyboard.press("Enter")
    live.wait()
    expect(page.get_by_role("alert")).to_contain_text("links are written source-target")
    page.get_by_label("Gold links").fill("6-0 7-1 8-2 9-3 0-8p 3-5")
    page.keyboard.press("Enter")
    live.wait()
    error = bench.alignment_error(heads=[(1, head) for head in range(4)])
    expect(page.locator(".error-rate")).to_contain_text(f"Alignment error rate {error.rate:.3f}")
    assert page.locator(".word-links .right").count() == error.found_sure
    assert page.locator(".word-links .wrong").count() == error.found - error.found_possible
    expect(page.locator(".links.missed li")).to_have_count(error.sure - error.found_sure)
    page.get_by_role("button", name="Without gold").click()
    live.wait()
    expect(page.locator(".word-links .plain").first).to_be_attached()


def test_favourites(opened: Callable[..., Bridged], bench: regard.Workbench) -> None:
    bench.force(5, "1")
    live = opened()
    page = live.page
    page.get_by_role("tab", name="History").click()
    page.get_by_role("button", name="1: favourite").click()
    live.wait()
    assert [state.favourite for state in bench.states] == [False, True]
    page.get_by_role("button", name="Favourites only").click()
    expect(page.locator(".history .entry")).to_have_count(1)


def test_axe_finds_nothing(opened: Callable[..., Bridged]) -> None:
    live = projected(opened(scheme="dark"))
    live.page.get_by_role("button", name="Plot").click()
    live.wait()
    live.page.locator(".near li button").nth(1).click()
    of_the_page = ("document-title", "html-has-lang", "landmark-one-main", "page-has-heading-one", "region")
    assert [one for one in violations(live.page) if not one.startswith(of_the_page)] == []
