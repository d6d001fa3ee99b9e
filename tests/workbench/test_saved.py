"""A session on the disk: asked again, it is what it was, or it is said where it is not."""

import json

import numpy as np
import pytest
import torch

import regard
from regard.demo import dates
from regard.testing import tiny_model, tiny_tokenizer
from workbench.families import model_and_source


def told(bench):
    """All that a session is, without its attention."""
    keep = ("id", "name", "parent", "made", "source", "forced", "edits", "settings", "whole", "favourite")
    states = [(tuple(str(getattr(state, name)) for name in keep), state.target) for state in bench.states]
    gold = [None if state.gold is None else state.gold.pharaoh() for state in bench.states]
    return states, gold, bench.state.id, bench.pinned and bench.pinned.id, bench.can_undo, bench.can_redo


@pytest.fixture
def tried(bench):
    """A session with a bit of everything."""
    bench.force(5, "0")
    bench.edit_attention(step=8, to=[9], layers=[1])
    bench.show(0)
    bench.replace_source(5, "3")
    bench.score("2026-11-21")
    bench.change_settings(beams=2, k=3)
    bench.rename(1, "January \ud800?")
    bench.favourite(2)
    bench.pin(1)
    bench.undo()
    return bench


def test_a_session_is_asked_again_and_is_what_it_was(tried, normaliser, tmp_path):
    path = tried.save(tmp_path / "dates.json")
    opened = regard.Workbench.open(path, *normaliser)
    assert told(opened) == told(tried)
    for state in range(len(tried.states)):
        np.testing.assert_allclose(
            opened.record(state).attentions["cross"].weights[:], tried.record(state).attentions["cross"].weights[:]
        )
    opened.redo()
    assert opened.state.id == 5
    assert opened.save(tmp_path / "again.json").read_text(errors="surrogatepass") != ""
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_gold_links_come_back(normaliser, tmp_path):
    bench = regard.Workbench(*normaliser, "Nov 22nd 2026", beams=3, gold="0-5 1-5p", gold_words=False)
    opened = regard.Workbench.open(bench.save(tmp_path / "gold.json"), *normaliser)
    assert told(opened) == told(bench)
    assert opened.alignment_error().rate == bench.alignment_error().rate


def test_other_answers_are_told(tried, tmp_path):
    path = tried.save(tmp_path / "dates.json")
    other, tokenizer = dates.load()
    with torch.no_grad():
        other.lm_head.weight.mul_(-1)
    with pytest.warns(
        UserWarning, match=r"[1-6] of 6 answers are not what they were when the session was saved \(of state 0"
    ):
        opened = regard.Workbench.open(path, other, tokenizer)
    assert len(opened.states) == 6


def test_what_cannot_be_opened_says_why(tried, normaliser, tmp_path):
    path = tried.save(tmp_path / "dates.json")
    whole = json.loads(path.read_text(errors="surrogatepass"))
    for changes, said in [
        ({"regard": "else"}, r"wrong.json is no saved workbench, but some other JSON; Workbench.save writes one"),
        ({"version": 7}, r"wrong.json is of version 7; this regard reads version 1"),
        ({"family": "t5"}, r"the session in .*wrong.json is of a model of family 't5'; this is 'bart'"),
        ({"states": [{**whole["states"][0], "source": {"ids": [5, 6, 2], "text": "12"}}]},
         r"saved with another tokenizer: the source of state 0 was '12', and to this one its tokens are"),
    ]:  # fmt: skip
        (tmp_path / "wrong.json").write_text(json.dumps({**whole, **changes}))
        with pytest.raises(regard.errors.ArgumentError, match=said):
            regard.Workbench.open(tmp_path / "wrong.json", *normaliser)
    (tmp_path / "wrong.json").write_text("{")
    with pytest.raises(regard.errors.ArgumentError, match=r"wrong.json is no saved workbench: Expecting property"):
        regard.Workbench.open(tmp_path / "wrong.json", *normaliser)


def test_a_session_without_an_encoder_comes_back(tmp_path):
    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    bench = regard.Workbench(model, tokenizer, "one two", beams=2, max_new_tokens=4)
    bench.force(1, 7)
    opened = regard.Workbench.open(bench.save(tmp_path / "llama.json"), model, tokenizer)
    assert told(opened) == told(bench)


@pytest.mark.parametrize("family", ["Whisper", "VisionEncoderDecoder"])
def test_a_spectrum_and_a_picture_are_kept_as_numbers(tmp_path, family):
    model, source = model_and_source(family)
    bench = regard.Workbench(model, None, source, max_new_tokens=4)
    opened = regard.Workbench.open(bench.save(tmp_path / "source.json"), model)
    assert opened.state.target == bench.state.target
    for name, value in bench.state.source.items():
        assert torch.equal(opened.state.source[name], value)
