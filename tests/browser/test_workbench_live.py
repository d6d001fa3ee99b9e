"""The workbench with Python behind it: what is asked in the picture is done by the model, and shown."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

import regard
from browser.bridged import Bridged
from regard.demo import dates
from workbench.families import processor, whisper

SLASHES = "22/11/2026"


@pytest.fixture(scope="module")
def loaded():
    return dates.load()


@pytest.fixture
def bench(loaded) -> regard.Workbench:
    return regard.Workbench(*loaded, SLASHES, beams=3)


@pytest.fixture
def live(browser: Browser, bench: regard.Workbench) -> Iterator[Bridged]:
    page = browser.new_page(viewport={"width": 1180, "height": 1200})
    found = Bridged(page, bench.view(layer=1))
    yield found
    found.close()
    page.close()


def answer(live: Bridged):
    return live.page.locator(".answer")


def test_another_source_is_translated_and_can_be_taken_back(live, bench):
    expect(answer(live)).to_have_text("2026-22-11")
    live.page.locator(".ask input").fill("22.11.2026")
    live.page.keyboard.press("Enter")
    live.wait()
    expect(answer(live)).to_have_text("2026-11-22")
    assert bench.state.decoding.text == "2026-11-22"
    live.page.locator(".chip.target").first.click()
    live.page.keyboard.press("Control+z")
    live.wait()
    expect(answer(live)).to_have_text("2026-22-11")
    live.page.keyboard.press("Control+Shift+z")
    live.wait()
    expect(answer(live)).to_have_text("2026-11-22")


def test_another_token_is_forced_and_decoding_goes_on(live, bench):
    live.page.locator("ol.top").nth(5).get_by_role("button").nth(1).click()
    live.wait()
    expect(live.page.locator(".chip.forced")).to_have_count(6)
    assert bench.state.forced[5] == bench.states[0].decoding.steps[5].predictions.top[1].id
    expect(answer(live)).to_have_text(bench.state.decoding.text)


def test_attention_is_dragged_from_one_source_token_to_another(live, bench):
    live.page.locator(".chip.target").nth(5).click()
    live.page.get_by_role("button", name="Edit attention").click()
    live.page.locator(".chip.source").nth(0).drag_to(live.page.locator(".chip.source").nth(3))
    expect(live.page.locator(".chip-note")).to_have_text("step 5: move 2 → 1×")
    live.page.get_by_role("button", name="Decode anew").click()
    live.wait()
    (edit,) = bench.state.edits
    assert (edit.step, edit.change, edit.keys, edit.to, edit.layers) == (5, "move", (0,), (3,), None)
    expect(live.page.locator(".chip.edited")).to_have_count(1)
    before, after = (bench.record(state).attention("cross").weights[0, :, 5, :] for state in (0, 1))
    assert abs(after[:, 0]).max() < 1e-6
    assert after[:, 3] == pytest.approx(before[:, 3] + before[:, 0], abs=1e-5)


def test_a_source_token_is_replaced_deleted_and_inserted(live, bench):
    live.page.locator(".chip.source").nth(2).click()
    live.page.get_by_role("textbox", name="replace by").fill(".")
    live.page.get_by_role("button", name="replace by").click()
    live.wait()
    assert bench.state.decoding.source.pieces[2] == "."
    live.page.get_by_role("button", name="Delete").click()
    live.wait()
    assert len(bench.state.decoding.source) == len(bench.states[0].decoding.source) - 1


def test_what_cannot_be_done_is_said_and_changes_nothing(live, bench):
    live.page.locator(".chip.target").nth(2).click()
    live.page.get_by_role("textbox", name="force").fill("☃☃")
    live.page.get_by_role("button", name="force").click()
    live.wait()
    expect(live.page.get_by_role("alert")).to_contain_text("is not in the vocabulary")
    assert len(bench.states) == 1
    expect(answer(live)).to_have_text("2026-22-11")


def test_other_hypotheses_are_looked_at_and_followed(live, bench):
    finished = live.page.locator(".node.is-finished").nth(1)
    finished.click()
    live.page.get_by_role("button", name="Show its attention").click()
    live.wait()
    expect(live.page.locator(".said")).to_contain_text("Attention of another hypothesis")
    live.page.get_by_role("button", name="Back to the answer").click()
    live.page.locator(".node.is-finished").nth(1).click()
    live.page.get_by_role("button", name="Go on from here").click()
    live.wait()
    assert len(bench.states) == 2
    expect(answer(live)).to_have_text(bench.state.decoding.text)


def test_near_words_stand_apart_and_one_takes_the_place(live, bench):
    live.page.locator(".chip.source").nth(2).click()
    live.page.get_by_role("button", name="Near words").click()
    live.wait()
    found = live.page.locator(".near-word")
    boxes = [box.bounding_box() for box in found.all()]
    assert len(boxes) > 5
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert abs(a["x"] - b["x"]) >= 4 or abs(a["y"] - b["y"]) >= 4
    word = found.nth(1).inner_text()
    found.nth(1).click()
    live.wait()
    assert bench.state.decoding.source.labels[2] == word


def test_links_are_extracted_in_pharaoh_form(live, bench):
    live.page.get_by_role("tab", name="Alignment").click()
    live.page.get_by_role("button", name="Extract").click()
    live.wait()
    pairs = live.page.locator(".pharaoh").inner_text().split()
    assert pairs
    assert all(0 <= int(pair.split("-")[0]) < len(bench.state.decoding.source) for pair in pairs)


def test_a_stretch_of_a_sound_is_chosen_over_its_time_and_silenced(browser: Browser):
    sound = regard.Sound(np.random.default_rng(0).normal(0, 0.1, 6400), 16000)
    bench = regard.Workbench(whisper(positions=50), processor(), sound, max_new_tokens=4)
    page = browser.new_page(viewport={"width": 1180, "height": 1200})
    live = Bridged(page, bench.view(layer=1))
    assert page.locator(".time-axis span").all_inner_texts() == [
        "0 s",
        "0.05 s",
        "0.1 s",
        "0.15 s",
        "0.2 s",
        "0.25 s",
        "0.3 s",
        "0.35 s",
        "0.4 s",
    ]
    expect(page.locator(".body")).to_contain_text("30 frames of padding after 0.40 s are not shown. They take")
    strip = page.locator(".strip-row").first
    box = strip.bounding_box()
    at = [box["x"] + box["width"] * share for share in (0.26, 0.49)]
    page.mouse.move(at[0], box["y"] + 10)
    page.mouse.down()
    page.mouse.move(at[1], box["y"] + 10, steps=4)
    page.mouse.up()
    expect(page.get_by_label("from s")).to_have_value("0.10")
    expect(page.get_by_label("to s")).to_have_value("0.20")
    page.get_by_role("button", name="silence", exact=True).click()
    live.wait()
    assert bench.state.made == "0.1–0.2 s silenced"
    page.locator(".chip.target").nth(1).click()
    page.get_by_role("button", name="where this step listened").click()
    page.get_by_label("to s").fill("0.3")
    page.get_by_label("to s").press("Enter")
    page.get_by_role("button", name="cut out").click()
    live.wait()
    assert bench.state.source.seconds < 0.4
    live.close()
    page.close()
