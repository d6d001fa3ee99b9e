"""A sound as source: what is heard, what is padding, and stretches that are silenced or cut out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import regard
from regard import Sound
from regard.errors import ArgumentError
from regard.experiment import decode
from workbench.families import captioner, picture, processor, sound, whisper

MODEL = whisper(positions=50)


def noise(seconds: float, rate: int = 16000) -> Sound:
    return Sound(np.random.default_rng(0).normal(0, 0.1, round(seconds * rate)), rate)


@pytest.fixture
def bench() -> regard.Workbench:
    return regard.Workbench(MODEL, processor(), noise(0.4), max_new_tokens=6)


def test_a_sound_is_heard_as_its_processor_has_it():
    mine, given = noise(0.4), processor()
    found = decode(MODEL, given, mine, max_new_tokens=6)
    spectra = given(mine.samples, sampling_rate=16000, return_tensors="pt")
    own = decode(MODEL, given, dict(spectra), max_new_tokens=6)
    assert found.target.ids.tolist() == own.target.ids.tolist()
    assert found.total == own.total
    assert decode(MODEL, given, noise(0.4, rate=8000), max_new_tokens=6).padding == found.padding


def test_only_frames_with_sound_are_shown():
    """0.4 s of a second that the model hears: 20 of 50 frames. Rows sum to one with those that are not shown."""
    found = decode(MODEL, processor(), noise(0.4), max_new_tokens=6)
    assert (len(found.source), found.padding) == (20, 30)
    np.testing.assert_allclose(found.source.times[-1], [0.38, 0.4])
    whole, shown = found.record(), found.shown()
    assert whole.attentions["cross"].keys == 50
    np.testing.assert_allclose(np.asarray(whole.attentions["cross"].weights).sum(-1), 1, atol=1e-5)
    assert shown.attentions["cross"].weights.shape == (2, 2, *(whole.attentions["cross"].queries, 20))
    assert shown.attentions["encoder"].weights.shape == (2, 2, 20, 20)
    assert shown.attentions["decoder"] is whole.attentions["decoder"]
    for kind, rest in (("cross", np.s_[:, :, :, :20]), ("encoder", np.s_[:, :, :20, :20])):
        np.testing.assert_array_equal(shown.attentions[kind].weights, np.asarray(whole.attentions[kind].weights)[rest])


def test_spectra_tell_their_padding_by_being_alike():
    """The extractor's spectra of 0.4 s reach a little further than the sound, by half a window."""
    spectra = processor()(noise(0.4).samples, sampling_rate=16000, return_tensors="pt")
    found = decode(MODEL, processor(), dict(spectra), max_new_tokens=4)
    assert len(found.source) == 21
    assert decode(whisper(), None, sound(), max_new_tokens=4).padding == 0
    silence = {"input_features": torch.zeros(1, 8, 60)}
    assert len(decode(whisper(), None, silence, max_new_tokens=4).source) == 1


def test_stretches_are_silenced_cut_out_and_kept(bench):
    first = bench.state
    silent = bench.silence_source(0.1, 0.2)
    assert (silent.made, silent.parent) == ("0.1–0.2 s silenced", 0)
    assert silent.source.seconds == first.source.seconds
    assert not silent.source.samples[1600:3200].any()
    bench.show(0)
    cut = bench.cut_source(0.1, 0.2)
    assert len(cut.decoding.source) == 15
    own = decode(MODEL, processor(), noise(0.4).cut(0.1, 0.2), max_new_tokens=6)
    assert cut.target == tuple(own.target.ids.tolist())
    assert bench.keep_source(0.2, 0.3).source.seconds == pytest.approx(0.1)
    assert [state.made for state in bench.states[1:]] == ["0.1–0.2 s silenced", "0.1–0.2 s cut out", "only 0.2–0.3 s"]


def test_pictures_get_the_time_and_the_loudness(bench):
    bench.silence_source(0.1, 0.2)
    session = bench.view().spec()["workbench"]
    assert (session["can_edit_source"], session["can_edit_sound"]) == (False, True)
    source = session["states"][1]["source"]
    assert (len(source["times"]), source["padding"], source["seconds"]) == (20, 30, 0.4)
    assert source["levels"][5:10] == [0] * 5
    assert all(level > 0.05 for level in source["levels"][:5] + source["levels"][10:])
    cross = next(one for one in session["states"][1]["attentions"] if one["kind"] == "cross")
    assert cross["keys"] == 20
    assert bench.view().shape("1:cross.weights")[-1] == 20
    assert session["history"][0]["source"] == "0.40 s"


def test_pictures_tell_where_their_patches_stand():
    bench = regard.Workbench(captioner(), None, picture(), beams=2, max_new_tokens=4)
    session = bench.view().spec()["workbench"]
    assert (session["can_edit_source"], session["can_edit_sound"]) == (False, False)
    source = session["states"][0]["source"]
    assert source["places"] == [[-1, -1, -1], [0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]]
    assert source["labels"] == ["[CLS]", "patch 0,0", "patch 0,1", "patch 1,0", "patch 1,1"]
    assert (source["times"], source["levels"], source["padding"]) == (None, None, 0)


def test_requests_change_sounds_too(bench):
    answer = bench.handle({"id": 3, "ask": "silence_source", "fields": {"start": 0.1, "stop": 0.2}})
    assert answer["error"] is None
    assert answer["session"]["states"][0]["made"] == "0.1–0.2 s silenced"
    wrong = bench.handle({"id": 4, "ask": "cut_source", "fields": {"start": "now", "stop": 0.2}})
    assert wrong["error"] == "start of 'cut_source' must be number; got 'now'"
    beyond = bench.handle({"id": 5, "ask": "cut_source", "fields": {"start": 2, "stop": 3}})
    assert beyond["error"].startswith("from 2 to 3 s there is nothing: the sound has 0.40 s")


def test_edits_of_attention_stay_within_what_is_shown_or_reach_padding(bench):
    """Weight moved from all others comes from padding too: the row shown then sums to one."""
    before = np.asarray(bench.shown().attentions["cross"].weights[:, :, 2]).sum(-1)
    assert (before < 0.99).any()
    bench.edit_attention(step=1, to=[3])
    row = np.asarray(bench.shown().attentions["cross"].weights[:, :, 2])
    np.testing.assert_allclose(row[..., 3], 1, atol=1e-5)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (lambda: noise(1.5), r"the sound has 1\.50 s and .* hears 1 s at once\. Choose a stretch: sound\.part\(0, 1\)"),
        (
            lambda: {"input_features": torch.randn(1, 8, 250)},
            r"hold 250 steps of sound \(2\.5 s at 10 ms each\), and the encoder has positions for 100\. Choose",
        ),
    ],
)
def test_sounds_that_are_too_long_are_told(source, said):
    with pytest.raises(ArgumentError, match=said):
        decode(MODEL, processor(), source())


def test_a_sound_needs_a_processor_and_other_sources_are_no_sounds(bench):
    with pytest.raises(ArgumentError, match=r"a sound needs the model's processor, .*; got NoneType"):
        decode(MODEL, None, noise(0.4))
    bench.translate({"input_features": torch.randn(1, 8, 100)})
    with pytest.raises(ArgumentError, match=r"the source is what a processor made, not a sound"):
        bench.silence_source(0, 0.1)
