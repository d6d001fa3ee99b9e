"""What-ifs, history and comparison; and the goals of Seq2Seq-Vis: examine a decision, test alternatives."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
import torch

import regard
from regard.errors import ArgumentError, RegardError
from regard.experiment import DecodingStoppedError, decode
from regard.testing import tiny_model
from regard.workbench import AttentionEdit
from regard.workbench.state import spans
from workbench.families import sound, whisper


def test_examine_a_decision(bench):
    """Why "11"? The step's alternatives, its hypotheses, and the source letters it attended to."""
    assert bench.state.decoding.text == "2026-11-22"
    steps = bench.state.decoding.steps
    month = steps[5]
    assert month.token.piece == "1"
    assert month.rank == 0
    assert {one.piece for one in month.predictions.top} >= {"0", "1"}
    best, second = bench.state.decoding.tree.finished[:2]
    assert bench.state.decoding.tree.text(best.id) == "2026-11-22</s>"
    assert best.score > second.score
    row = bench.record().attentions["cross"].weights[1, :, month.query, :].mean(0)
    letters = bench.state.decoding.source.pieces
    assert set(np.array(letters)[np.argsort(-row)[:3]]) & set("Nov")


def test_test_alternatives(bench):
    """Force another month, edit what is attended to, change the source: each goes on from where it should."""
    forced = bench.force(5, "0")
    assert forced.decoding.text.startswith("2026-0")
    assert forced.decoding.steps[5].forced
    assert not forced.decoding.steps[6].forced
    assert forced.decoding.total < bench.states[0].decoding.total
    bench.show(0)
    edited = bench.edit_attention(step=9, to=[12], layers=[0, 1])
    assert edited.forced == bench.states[0].target[:9]
    assert edited.decoding.text == "2026-11-26", "the day's last digit is now copied from the year's"
    np.testing.assert_allclose(bench.record().attentions["cross"].weights[:, :, 9, 12], 1, atol=1e-5)
    bench.show(0)
    month = [AttentionEdit(step=step, change="hide", keys=(0, 1, 2)) for step in (5, 6)]
    assert bench.edit_attention(*month).decoding.text == "2026-01-22", "without the letters of the month"
    bench.show(0)
    assert bench.replace_source(0, "D").decoding.source.pieces[:3] == ("D", "o", "v")
    assert bench.state.forced == ()
    assert bench.insert_source(4, "1").decoding.source.pieces[3:6] == (" ", "1", "2")
    assert bench.delete_source(4).source == bench.states[4].source
    assert [state.parent for state in bench.states] == [None, 0, 0, 0, 0, 4, 5]


def test_edits_of_several_steps_add_up_and_reset_one_by_one(bench):
    bench.edit_attention(AttentionEdit(step=8, to=(9,)), AttentionEdit(step=6, change="hide", keys=(0,), heads=(1,)))
    assert bench.state.forced == bench.states[0].target[:6]
    rows = bench.record().attentions["cross"].weights
    np.testing.assert_allclose(rows[:, :, 8, 9], 1, atol=1e-5)
    np.testing.assert_allclose(rows[:, 1, 6, 0], 0, atol=1e-7)
    bench.edit_attention(step=3, change="scale", keys=[2], share=4)
    assert [edit.step for edit in bench.state.edits] == [8, 6, 3]
    bench.reset_attention(8)
    assert [edit.step for edit in bench.state.edits] == [6, 3]
    bench.reset_attention()
    assert bench.state.edits == ()
    assert bench.state.forced == bench.states[0].target[:3]
    assert bench.state.decoding.text == "2026-11-22"
    with pytest.raises(ArgumentError, match=r"no attention is edited there, so there is nothing to reset"):
        bench.reset_attention()


@pytest.mark.parametrize("change", ["move", "scale", "pin", "zero", "hide"])
def test_every_change_is_in_the_record(bench, change):
    row = tuple(np.eye(14)[3] * 0.25 + np.eye(14)[5] * 0.75)
    fields: dict[str, Any] = {
        "move": {"keys": (1, 2), "to": (3,), "share": 0.5},
        "scale": {"keys": (3,), "share": 0.0},
        "pin": {"row": row},
        "zero": {"keys": (0, 1)},
        "hide": {"keys": (0, 1)},
    }[change]
    before = bench.record().attentions["cross"].weights[0, :, 4]
    bench.edit_attention(step=4, change=change, layers=[0], **fields)
    after = bench.record().attentions["cross"].weights[0, :, 4]
    expected = before.copy()
    if change == "move":
        expected[:, 3] += expected[:, 1:3].sum(-1) / 2
        expected[:, 1:3] /= 2
    elif change == "scale":
        expected[:, 3] = 0
        expected /= expected.sum(-1, keepdims=True)
    elif change == "pin":
        expected[:] = row
    else:
        expected[:, :2] = 0
        expected /= expected.sum(-1, keepdims=True) if change == "hide" else 1
    np.testing.assert_allclose(after, expected, atol=1e-5)


def test_attention_of_a_decoder_only_model_and_of_an_encoder_is_edited_too(bench):
    bench.edit_attention(step=2, kind="encoder", to=[0])
    np.testing.assert_allclose(bench.record().attentions["encoder"].weights[:, :, 2, 0], 1, atol=1e-5)
    assert bench.state.forced == ()
    llama = regard.Workbench(tiny_model("llama"), None, [5, 8, 13, 21], beams=2, max_new_tokens=5)
    llama.edit_attention(step=2, change="pin", row=[0, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(llama.record().weights[:, :, 5, 1], 1, atol=1e-5)
    assert llama.state.decoding.source.ids.tolist() == [5, 8, 13, 21]


def test_what_was_shown_comes_back(bench):
    bench.force(5, "0")
    bench.force(8, "1")
    assert bench.undo().id == 1
    assert bench.undo().id == 0
    with pytest.raises(ArgumentError, match=r"nothing to undo"):
        bench.undo()
    assert bench.redo().id == 1
    assert bench.show(0).id == 0
    with pytest.raises(ArgumentError, match=r"nothing to redo"):
        bench.redo()
    assert bench.undo().id == 1
    bench.rename(2, "December?")
    assert [state.name for state in bench.states] == ["0", "1", "December?"]
    assert bench.state.id == 1


def test_two_states_side_by_side(bench):
    assert bench.comparison is None
    bench.pin()
    bench.replace_source(5, "3")
    found = bench.comparison
    assert (found.first, found.second) == (0, 1)
    assert [span for span in found.source if span[0] != "same"] == [("replaced", (5, 6), (5, 6))]
    assert [span for span in found.target if span[0] != "same"] == [("replaced", (9, 10), (9, 10))]
    assert found.total == pytest.approx(bench.states[1].decoding.total - bench.states[0].decoding.total)
    bench.swap()
    assert (bench.state.id, bench.pinned.id) == (0, 1)
    assert bench.comparison.total == pytest.approx(-found.total)
    bench.pin(None)
    with pytest.raises(ArgumentError, match=r"no state is pinned"):
        bench.swap()


def test_spans_cover_both_sequences():
    found = spans("kitten", "sitting")
    assert "".join("kitten"[slice(*first)] for _, first, _ in found) == "kitten"
    assert "".join("sitting"[slice(*second)] for _, _, second in found) == "sitting"


def test_a_given_target_is_scored_token_by_token(bench, normaliser):
    state = bench.score("2026-11-21")
    assert state.decoding.text == "2026-11-21"
    assert all(step.forced for step in state.decoding.steps)
    model, tokenizer = normaliser
    read = torch.tensor([[*state.decoding.start.ids, *state.target[:-1]]])
    source = torch.tensor([bench.states[0].source])
    with torch.no_grad():
        logits = model(input_ids=source, decoder_input_ids=read).logits[0].log_softmax(-1)
    expected = [float(row[i]) for row, i in zip(logits, state.target, strict=True)]
    np.testing.assert_allclose([step.token.log_p for step in state.decoding.steps], expected, atol=1e-4)
    assert state.target[-1] == tokenizer.eos_token_id
    best = bench.score("2026-11-22")
    assert best.decoding.total > state.decoding.total
    assert bench.begin("2025").decoding.text.startswith("2025-")


def test_another_hypothesis_is_followed(bench):
    tree = bench.state.decoding.tree
    other = next(node for node in tree.nodes if node.status == "pruned" and node.step == 5)
    state = bench.follow(other.id)
    assert state.decoding.text.startswith(tree.text(other.id))
    assert bench.record(0, other.id).attentions["cross"].queries == 6


def test_other_settings_give_another_state(bench):
    assert bench.change_settings(beams=1, k=2).decoding.settings["beams"] == 1
    assert len(bench.state.decoding.steps[0].predictions.top) == 2
    with pytest.raises(ArgumentError, match=r"no setting 'beam'; there are: 'beams', 'k', 'max_new_tokens'"):
        bench.change_settings(beam=3)


def test_near_words(bench):
    words = bench.words(5, k=5)
    assert words[0].piece == "1"
    assert words[0].similarity == pytest.approx(1)
    assert len(words) == 6
    similarities = [word.similarity for word in words]
    assert similarities == sorted(similarities, reverse=True)
    assert max(abs(at) for word in words for at in (word.x, word.y)) == pytest.approx(1)
    model = bench.backend.model
    table = model.get_decoder().get_input_embeddings().weight.detach()
    cosine = torch.nn.functional.cosine_similarity(table[words[1].id], table[words[0].id], dim=0)
    assert words[1].similarity == pytest.approx(float(cosine), abs=1e-5)
    assert bench.words(0, side="source", k=3)[0].piece == "N"
    bench.replace_source(0, bench.words(0, side="source", k=3)[1].id)
    assert bench.state.source[1:] == bench.states[0].source[1:]


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda b: b.force(40, "1"), r"step 40 does not exist; there are 11 \(0 to 10\)"),
        (lambda b: b.force(2, 9999), r"forced token 9999 does not exist"),
        (lambda b: b.replace_source(14, "x"), r"source position 14 does not exist; there are 14 \(0 to 13\)"),
        (lambda b: b.edit_attention(step=1), r"to move attention needs to="),
        (lambda b: b.edit_attention(), r"edit_attention: no edit given, for example step=2, to=\[0\]"),
        (lambda b: b.edit_attention(step=1, change="mov", to=[1]), r"no change of attention 'mov'; there are"),
        (lambda b: b.edit_attention(step=1, to=[99]), r"key 99 does not exist; there are 14"),
        (lambda b: b.edit_attention(step=1, to=[1], layers=[]), r"layers is an empty list"),
        (lambda b: b.edit_attention(step=1, to=[1], layers=[7]), r"no run of .* had such attention"),
        (lambda b: b.edit_attention(step=1, change="hide", keys=range(14)), r"step 1 is left nothing to read: all 14"),
        (lambda b: b.follow(0), r"that is the start of the tree; name a node with a token"),
        (lambda b: b.show(3), r"no state 3; there are: 0"),
        (lambda b: b.rename(0, " "), r"a state's name must be text that is not empty"),
        (lambda b: b.words(0, side="left"), r"no side 'left'; there are: 'source', 'target'"),
        (lambda b: b.translate(""), r"text is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_changes_nothing(bench, do, said):
    with pytest.raises(RegardError, match=said):
        do(bench)
    assert len(bench.states) == 1
    assert bench.state.id == 0


def test_a_source_is_not_made_empty():
    bench = regard.Workbench(tiny_model("bart"), None, [5], max_new_tokens=2)
    with pytest.raises(ArgumentError, match=r"the source has no tokens left; there must be at least one"):
        bench.delete_source(0)
    with pytest.raises(ArgumentError, match=r"a workbench needs a source to begin with"):
        regard.Workbench(tiny_model("bart"))


def test_sounds_are_decoded_and_edited_but_have_no_words():
    bench = regard.Workbench(whisper(), None, sound(), beams=2, max_new_tokens=5)
    bench.edit_attention(step=1, to=[3])
    start = len(bench.state.decoding.start)
    np.testing.assert_allclose(bench.record().attentions["cross"].weights[:, :, start, 3], 1, atol=1e-5)
    with pytest.raises(ArgumentError, match=r"the source is a sound or a picture, whose tokens cannot be edited"):
        bench.replace_source(0, 4)


def test_a_new_decoding_ends_the_one_that_runs(bench):
    begun, go = Event(), Event()
    errors: list[Exception] = []

    def wait(tokens: int, _most: int) -> None:
        if tokens == 2 and not begun.is_set():
            begun.set()
            go.wait(20)

    def slow() -> None:
        try:
            bench.force(3, "5")
        except DecodingStoppedError as error:
            errors.append(error)

    bench.progress = wait
    thread = Thread(target=slow)
    thread.start()
    assert begun.wait(20)
    bench.interrupt()
    go.set()
    thread.join(20)
    assert "the decoding was stopped after" in str(errors[0])
    assert bench.force(3, "7").decoding.text.startswith("2027")
    assert [state.id for state in bench.states] == [0, 1]


def test_observers_hear_of_changes(bench):
    heard: list[int] = []
    end = bench.observe(lambda: heard.append(bench.state.id))
    bench.force(5, "0")
    bench.undo()
    end()
    bench.redo()
    assert heard == [1, 0]


class Echo:
    """Another back end: answers with the source itself. Nothing of it is torch."""

    family, encoder_decoder = "echo", True

    def given(self, source: Any) -> tuple[int, ...]:
        return tuple(source)

    def text(self, ids: Any) -> str:
        return " ".join(map(str, ids))

    def ids_of(self, what: Any) -> list[int]:
        return [int(what)]

    def target_ids(self, text: str, *, ended: bool) -> list[int]:
        return [int(one) for one in text.split()] + [0] * ended

    def decode(self, source: Any, *, forced: Any, edits: Any, settings: Any, progress: Any, stop: Any) -> Any:
        from regard.record import Tokens
        from regard.record.decoding import Decoding, Node, Predicted, Predictions, Tree

        ids = [*forced, *source[len(forced) :]]
        words = [Predicted(i, f" {i}", str(i), -0.5) for i in ids]
        nodes = [Node(0, None, -1, None, 0.0, 0, 0, "start")]
        for n, word in enumerate(words):
            nodes.append(Node(n + 1, n, n, word, -0.5 * (n + 1), 0, 0, "kept"))
        predictions = {n: Predictions((words[n],), 0.1) for n in range(len(words))}
        tokens = Tokens(tuple(f" {i}" for i in source), ids=np.array(source))
        target = Tokens(tuple(f" {i}" for i in ids), ids=np.array(ids))
        weights = np.full((1, 1, len(ids), len(source)), 1 / len(source))
        attention = regard.record.attention_from_weights(
            weights, kind="cross", query_stream="decoder", key_stream="encoder"
        )
        record = regard.Record({"encoder": tokens, "decoder": target}, {"cross": attention})
        return Decoding(
            source=tokens,
            start=Tokens(("<s>",), ids=np.array([0])),
            target=target,
            tree=Tree(tuple(nodes), len(words), predictions),
            settings={"beams": 1, "k": 1, "max_new_tokens": 9, "length_penalty": 1.0},
            score=None,
            forced=len(forced),
            ended=True,
            kind="encoder-decoder",
            read=lambda _ids: record,
        )

    def words(self, token: int, *, source: bool, k: int) -> list[Any]:
        return []


def test_another_back_end_fits():
    bench = regard.Workbench(None, source=[5, 6, 7], backend=Echo())
    assert bench.force(1, 9).target == (5, 9, 7)
    bench.pin(0)
    assert [span[0] for span in bench.comparison.target] == ["same", "replaced", "same"]


def test_the_workbench_is_as_good_as_decode(bench, normaliser):
    found = decode(*normaliser, "Nov 22nd 2026", beams=3)
    assert found.total == bench.state.decoding.total
    assert found.tree == bench.state.decoding.tree


@pytest.mark.parametrize("family", ["dates", "llama"])
def test_any_decoding_is_shown_by_the_generation_view(family, normaliser):
    if family == "dates":
        found = decode(*normaliser, "May 1st 1999", beams=3)
    else:
        found = decode(tiny_model("llama"), None, [5, 8, 13, 21], beams=3, max_new_tokens=5)
    view = regard.generation_view(found.record())
    assert view.selection.kind == ("cross" if family == "dates" else "decoder")
    answer = view.answer
    assert answer.border == len(found.start)
    assert answer.answer.ids.tolist() == found.target.ids.tolist()
    np.testing.assert_allclose(answer.choices.chosen, [step.token.log_p for step in found.steps], rtol=1e-6)
    assert [one.id for one in answer.choices.at(1)] == [one.id for one in found.steps[1].predictions.top]
    assert answer.score == found.score
    node = next(node for node in found.tree.nodes if node.status == "pruned" and node.step == 2)
    assert found.record(node.id).generation.score is None
    assert len(found.record(node.id).generation.answer) == 3
