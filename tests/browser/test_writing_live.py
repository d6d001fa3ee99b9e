"""The generation view with Python behind it: what is asked in the picture is done, and the whole picture follows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

import regard
from browser.bridged import Bridged
from regard.testing import tiny_model, tiny_tokenizer

TEXTS = ["The cat sat on the mat", "The dog was walking", "One two three four five", "Is it raining now?"]


@pytest.fixture(scope="module")
def writer():
    letters = tiny_tokenizer("byte_level")
    return tiny_model("llama", vocab_size=len(letters)), letters


@pytest.fixture(scope="module")
def corpus(writer, tmp_path_factory: pytest.TempPathFactory):
    pytest.importorskip("lancedb")
    return regard.corpus.index(*writer, TEXTS, Path(tmp_path_factory.mktemp("near")) / "texts", layers="all")


@pytest.fixture
def bench(writer, corpus) -> regard.Workbench:
    return regard.Workbench(*writer, "The cat sat", beams=3, max_new_tokens=6, neighbours=corpus)


@pytest.fixture
def live(browser: Browser, bench: regard.Workbench) -> Iterator[Bridged]:
    page = browser.new_page(viewport={"width": 1180, "height": 1300})
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    found = Bridged(page, bench.generation_view(layer=1, step=2))
    yield found
    found.close()
    page.close()


def shown(live: Bridged) -> list[str]:
    """The text: prompt and answer."""
    return live.page.locator(".text bdi").all_inner_texts()


def written(bench: regard.Workbench) -> list[str]:
    decoding = bench.state.decoding
    return [*decoding.start.labels, *decoding.target.labels]


def matrix(live: Bridged) -> str:
    live.page.wait_for_timeout(200)
    return live.page.locator(".stage.steps canvas").first.evaluate("c => c.toDataURL()")


def test_a_press_on_a_likely_token_forces_it_and_all_of_the_picture_follows(live, bench):
    assert shown(live) == written(bench)
    before = matrix(live)
    other = live.page.locator(".chances button").nth(1)
    label = other.locator(".name").inner_text()
    other.click()
    live.wait()
    assert bench.state.forced[2] == int(bench.state.decoding.target.ids[2])
    assert bench.state.decoding.target.labels[2] == label
    assert shown(live) == written(bench)
    expect(live.page.locator(".chances .chosen .name")).to_have_text(label)
    expect(live.page.locator(".readout h2")).to_contain_text("step 3 of 6")
    expect(live.page.locator(".readout h2")).to_contain_text("forced")
    assert matrix(live) != before
    live.page.locator(".stage.steps").focus()
    live.page.keyboard.press("Control+z")
    live.wait()
    assert shown(live) == written(bench)
    assert bench.state.id == 0
    assert matrix(live) == before


def test_any_text_is_forced_and_what_cannot_be_is_said(live, bench):
    live.page.get_by_role("textbox", name="force").fill(" dog")
    live.page.keyboard.press("Enter")
    live.wait()
    assert bench.state.decoding.target.pieces[2] == " dog"
    assert shown(live) == written(bench)
    live.page.get_by_role("tab", name="History").click()
    live.page.locator(".history .entry").first.click()
    live.wait()
    assert shown(live) == written(bench)


def test_prompt_tokens_are_chosen_in_the_text_replaced_inserted_and_deleted(live, bench):
    live.page.locator(".text bdi").nth(1).click()
    expect(live.page.locator(".text .other")).to_have_count(1)
    expect(live.page.get_by_role("combobox", name="Prompt token")).to_have_value("1")
    live.page.get_by_role("textbox", name="replace by").fill(" dog")
    live.page.get_by_role("button", name="replace by").click()
    live.wait()
    assert bench.state.decoding.source.pieces[1] == " dog"
    live.page.get_by_role("textbox", name="replace by").fill(" old")
    live.page.get_by_role("button", name="insert before").click()
    live.wait()
    assert "".join(bench.state.decoding.source.pieces) == "The old dog sat"
    border = len(bench.state.decoding.start)
    expect(live.page.locator("figcaption").first).to_contain_text(f"a prompt of {border} tokens")
    expect(live.page.locator(".readout h2")).to_contain_text("step 3 of 6")
    live.page.get_by_role("combobox", name="Prompt token").select_option("0")
    live.page.get_by_role("button", name="Delete").click()
    live.wait()
    assert shown(live) == written(bench)
    live.page.locator(".ask textarea").fill("One two")
    live.page.keyboard.press("Enter")
    live.wait()
    assert bench.state.decoding.source.pieces[0].startswith("O")
    assert shown(live) == written(bench)


def test_the_attention_of_a_step_is_edited(live, bench):
    live.page.get_by_role("button", name="Edit attention").click()
    live.page.locator(".attention-edits select").select_option("0")
    live.page.get_by_role("button", name="Hide").click()
    live.page.get_by_role("button", name="Decode anew").click()
    live.wait()
    (edit,) = bench.state.edits
    assert (edit.step, edit.change, edit.keys, edit.kind) == (2, "hide", (0,), "decoder")
    query = bench.state.decoding.steps[2].query
    assert abs(bench.record().attention("decoder").weights[:, :, query, 0]).max() < 1e-6
    expect(live.page.locator(".readout h2")).to_contain_text("edited attention")
    assert "0" not in live.page.locator(".readout .links .side").all_inner_texts() or (
        live.page.locator(".readout .links .value").last.inner_text() == "0"
    )


def test_another_hypothesis_is_looked_at_step_by_step(live, bench):
    node = live.page.locator(".node.is-finished").nth(1)
    node.click()
    live.page.get_by_role("button", name="Show its attention").click()
    live.wait()
    tree = bench.state.decoding.tree
    (found,) = bench.state.decoding.looked_at
    labels = [one.token.label for one in tree.path(found) if one.token is not None]
    assert shown(live) == [*bench.state.decoding.start.labels, *labels]
    assert live.page.locator(".chances button").count() == 0
    live.page.get_by_role("button", name="Back to the answer").click()
    live.wait()
    assert shown(live) == written(bench)


def test_nearest_states_of_a_step_and_near_words(live, bench):
    live.page.get_by_role("tab", name="States and neighbours").click()
    live.page.get_by_role("button", name="Nearest states").click()
    live.wait()
    near = live.page.locator(".near li")
    assert near.count() > 3
    assert any(text in near.first.inner_text() for text in TEXTS)
    live.page.get_by_role("button", name="Project", exact=True).click()
    live.wait()
    assert live.page.locator(".scatter .own").count() == len(written(bench)) - 1
    live.page.locator(".what-if").get_by_role("button", name="Near words").click()
    live.wait()
    word = live.page.locator(".near-word").nth(1)
    label = word.inner_text()
    word.click()
    live.wait()
    assert bench.state.decoding.target.labels[2] == label
    assert shown(live) == written(bench)


def test_what_python_changes_is_shown_too(live, bench):
    bench.force(0, " dog")
    live.wait()
    assert shown(live) == written(bench)


def test_a_long_decoding_shows_how_far_it_is_and_ends_when_it_is_asked_to(live, bench):
    bench.change_settings(beams=1, max_new_tokens=240)
    live.wait()
    live.page.locator(".ask textarea").fill("The dog was walking")
    live.page.keyboard.press("Enter")
    live.page.get_by_role("button", name="Cancel").click()
    live.wait()
    expect(live.page.locator(".working")).to_have_count(0)
    assert len(bench.states) == 2
