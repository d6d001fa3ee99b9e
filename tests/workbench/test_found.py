"""What is found out about an answer: gold links, components of states, near words ranked, favourites."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.measure.links import alignment_error
from regard.testing import tiny_model
from regard.workbench.components import components
from workbench.test_messages import ask

GOLD = "9-0 10-1 11-2 12-3 4-8 5-9p"


def test_gold_links_say_what_is_right_missed_and_wrong(bench):
    bench.give_gold(GOLD, words=False)
    links = bench.alignment().links
    found = bench.alignment_error()
    sure = {(9, 0), (10, 1), (11, 2), (12, 3), (4, 8)}
    assert found == alignment_error(links, sure, {(5, 9)})
    assert found.rate == 1 - (found.found_sure + found.found_possible) / (len(links) + 5)
    spec = ask(bench, "links", state=0, heads=None, how=None, words=None)["links"]
    rates = {"rate": found.rate, "precision": found.precision, "recall": found.recall}
    assert spec["error"] == {**found._asdict(), **rates}
    assert spec["words"] is False
    assert ask(bench, "links", state=0, heads=None, how=None, words=True)["links"]["error"] is None
    gold = ask(bench, "show", state=0)["session"]["states"][0]["gold"]
    assert gold["possible"] == [[5, 9]]
    assert gold["pharaoh"] == "4-8 5?9 9-0 10-1 11-2 12-3"
    assert gold["words"] is False
    assert f"error rate {found.rate:.3f}: {len(links)} links, 5 sure in gold" not in bench.view().text()
    bench.alignment()
    assert f"error rate {found.rate:.3f}: {len(links)} links, 5 sure in gold" in bench.view().text()


def test_gold_between_words_counts_written_words(normaliser):
    view = regard.seq2seq_view(*normaliser, "Nov 22nd 2026", gold="0-0 1-0 2-0")
    bench = view.session.bench
    assert bench.alignment(words=True).links
    assert bench.alignment_error().sure == 3
    assert ask(bench, "links", state=0, heads=None, how=None, words=None)["links"]["words"] is True


def test_gold_stays_with_the_same_source_and_answer_only(bench):
    bench.give_gold(GOLD, words=False)
    kept = bench.edit_attention(step=9, change="scale", keys=[0], share=1.0)
    assert kept.target == bench.states[0].target
    assert kept.gold == bench.states[0].gold
    assert bench.force(5, "0").gold is None
    with pytest.raises(ArgumentError, match=r"this state has no gold alignment to compare with; give one: give_gold"):
        bench.alignment_error()
    assert bench.give_gold(None, state=0).gold is None


@pytest.mark.parametrize(
    ("links", "words", "said"),
    [
        ("0:0", True, r"links are written source-target, such as '0-0 1-2' or '2\?3'; got '0:0'"),
        (" ", True, r"the gold alignment has no link; write them as source-target"),
        ("0-0 3-0", True, r"the gold link 3-0 does not fit: the source has 3 words, from 0 on: Nov 22nd 2026\. "
                          r"Gold between tokens is given with words=False"),
        ("0-10", False, r"the gold link 0-10 does not fit: the answer has 10 tokens, from 0 on: 2 0 2 6 - 1 1 - 2 2\. "
                        r"Gold between words is given with words=True; gold of another answer belongs to that one"),
    ],
)  # fmt: skip
def test_gold_that_does_not_fit_is_told(bench, links, words, said):
    with pytest.raises(ArgumentError, match=said):
        bench.give_gold(links, words=words)
    answer = ask(bench, "gold", state=0, links=links, words=words)
    assert answer["error"]
    assert bench.state.gold is None


def test_gold_needs_cross_attention():
    llama = regard.Workbench(tiny_model("llama"), None, [5, 8, 13], max_new_tokens=3)
    with pytest.raises(ArgumentError, match=r"words are aligned by cross attention, which a model without an encoder"):
        llama.give_gold("0-0")


def test_near_words_are_ranked_by_the_change_of_attention(bench):
    heads = [(1, 0), (1, 1)]
    found = bench.replacements(0, heads=heads, k=6)
    assert len(found) == 6
    assert [one.attention for one in found] == sorted((one.attention for one in found), reverse=True)
    best, state = found[0], bench.states[0]
    assert best.word.id != state.source[0]
    assert len(best.steps) == len(state.target)
    assert best.attention == pytest.approx(np.mean(best.steps))
    assert best.steps[best.step] == max(best.steps)
    bench.replace_source(0, best.word.id)
    bench.score(state.target)  # the same answer under that source
    rows = [bench.record(n).attentions["cross"].weights[1, 0:2, :, :].mean(0) for n in (0, bench.state.id)]
    assert best.attention == pytest.approx(0.5 * np.abs(rows[1] - rows[0]).sum(1).mean(), abs=1e-5)
    assert best.total == pytest.approx(bench.state.decoding.total - state.decoding.total, abs=1e-3)


def test_a_ranking_tells_how_far_it_is_and_ends_when_asked(bench):
    told: list[tuple[int, int]] = []

    def progress(done: int, of: int) -> None:
        told.append((done, of))
        if done == 2:
            bench.interrupt()

    request = bench.take({"id": 3, "ask": "replacements", "fields": {"state": 0, "position": 0, "heads": None, "k": 5}})
    answer = request(progress=progress)
    assert told == [(0, 5), (1, 5), (2, 5)]
    assert answer["cancelled"]
    assert answer["replacements"] is None


def test_a_sound_has_no_words_to_replace():
    bench = regard.Workbench(tiny_model("llama"), None, [5, 8, 13], max_new_tokens=3)
    with pytest.raises(ArgumentError, match=r"source position 7 does not exist; there are 3"):
        bench.replacements(7)
    with pytest.raises(ArgumentError, match=r"no head was named"):
        bench.replacements(0, heads=[], k=2)
    assert len(bench.replacements(1, heads=[[0, 0]], k=2)) == 2


def test_components_are_those_that_change_most():
    own = np.array([[0.0, 1.0, 5.0, 2.0], [0.0, 4.0, 5.0, 2.5], [3.0, 2.0, 5.0, 2.0]])
    assert components(own, count=2).dimensions == (0, 1)
    between = components(own, positions=(-3, 1), count=4)
    assert between.positions == (0, 1)
    assert between.dimensions == (1, 3, 0, 2)
    assert between.change == (3, 0.5, 0, 0)
    np.testing.assert_array_equal(between.values[0], own[:, 1])
    other = own[:2] + np.array([0, 0, 7, 0])
    beside = components(own, other=other, beside=4, count=1)
    assert (beside.dimensions, beside.change, beside.beside) == ((2,), (7.0,), 4)
    np.testing.assert_array_equal(beside.others, other[:, [2]].T)
    with pytest.raises(ArgumentError, match=r"position 2 does not exist; the other state has 2 \(0 to 1\)"):
        components(own, other=other, positions=(2,))
    with pytest.raises(ArgumentError, match=r"position 3 does not exist; the state has 3 \(0 to 2\)"):
        components(own, positions=(3,))
    with pytest.raises(ArgumentError, match=r"components change between two positions; got 3"):
        components(own, positions=(0, 1, 2))
    with pytest.raises(ArgumentError, match=r"count must be a whole number from 1 on; got 0"):
        components(own, count=0)


def test_favourites_are_marked_in_the_history(bench):
    bench.force(5, "0")
    assert bench.favourite().favourite
    bench.favourite(0)
    history = ask(bench, "favourite", state=1, on=False)["session"]["history"]
    assert [one["favourite"] for one in history] == [True, False]
    assert "★" in bench.view().text()


def test_a_page_has_what_was_found(bench):
    bench.words(2, side="source", k=4)
    bench.replacements(2, heads=[(0, 1)], k=2)
    bench.alignment(words=False)
    bench.give_gold("0-0", words=False)
    found: dict[str, Any] = json.loads(json.dumps(bench.view().spec()["workbench"]["found"]))
    assert [one["position"] for one in found["words"]] == [2]
    assert found["replacements"][0]["heads"] == [[0, 1]]
    assert found["links"][0]["error"]["sure"] == 1
    assert found["projections"] == []
    assert ask(bench, "show", state=0)["session"]["found"] is None
