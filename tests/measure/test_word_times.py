"""When words were said: the steps against transformers' own, and a whole on attention whose times are known."""

import numpy as np
import pytest
import torch
from transformers.models.whisper import generation_whisper

import regard
from regard import demo
from regard.demo import speech, whisper
from regard.errors import ArgumentError
from regard.measure import word_times
from regard.measure.word_times import first_frames, smoothed, standardised
from regard.record import Tokens


def test_each_step_is_that_of_transformers():
    random = np.random.default_rng(0)
    weights = random.random((2, 9, 40))
    given = torch.tensor(weights)
    normal = (given - given.mean(-2, keepdim=True)) / given.std(-2, keepdim=True, unbiased=False)
    np.testing.assert_allclose(standardised(weights), normal, atol=1e-12)
    np.testing.assert_allclose(smoothed(weights), generation_whisper._median_filter(given[None], 7)[0], atol=1e-12)
    for seed in range(20):
        match = np.random.default_rng(seed).normal(size=(7, 25))
        rows, frames = generation_whisper._dynamic_time_warping(-match)
        jumps = np.pad(np.diff(rows), (1, 0), constant_values=1).astype(bool)
        assert first_frames(match) == frames[jumps].tolist()


def spoken(times=True):
    """Rows of 4 tokens after the start, each on its own 10 of 50 frames, the last row at the end."""
    weights = np.full((1, 2, 5, 50), 0.001)
    for row in range(5):
        weights[:, :, row, 10 * row : 10 * row + 10] = 0.1
    weights /= weights.sum(-1, keepdims=True)
    source = np.stack([np.arange(50), np.arange(1, 51)], axis=1) * 0.02 if times else None
    frames = Tokens(tuple(f"{i}" for i in range(50)), times=source)
    said = Tokens(("<s>", " Good", " mor", "ning", "."), special=(True, False, False, False, False))
    return _record(weights, frames, said)


def _record(weights, frames, said):
    from regard.record import Attention, Dense, Record

    layers = tuple(Dense.of(layer) for layer in weights)
    return Record({"encoder": frames, "decoder": said}, {"cross": Attention("cross", layers, "decoder", "encoder")})


def test_words_get_the_time_of_their_tokens():
    found = word_times(spoken(), [(0, 0), (0, 1)])
    assert [(word.text, word.tokens) for word in found] == [("Good", (1,)), ("morning.", (2, 3, 4))]
    np.testing.assert_allclose([(word.start, word.end) for word in found], [(0, 0.2), (0.2, 0.8)], atol=0.021)
    assert str(found[1]) == f"{found[1].start:.2f}–{found[1].end:.2f} s morning."


def test_what_has_no_times_is_told():
    with pytest.raises(ArgumentError, match=r"words have times where the source is a sound"):
        word_times(spoken(times=False), [(0, 0)])
    with pytest.raises(ArgumentError, match=r"word_times needs heads that follow the sound"):
        word_times(spoken(), [])


@pytest.mark.skipif(not whisper.available(), reason="whisper is not installed")
def test_the_times_of_a_spoken_sentence():
    """Words follow one another, within the sound, and what is silenced is the word that was found there."""
    bench = regard.Workbench(*demo.load("demo:whisper"), speech.monday(), beams=4, max_new_tokens=16)
    found = bench.word_times()
    assert " ".join(word.text for word in found) == "We meet on Monday at nine, not on Tuesday."
    starts = [word.start for word in found]
    assert starts == sorted(starts)
    assert all(word.start < word.end <= 3.04 for word in found)
    on = found[7]
    assert bench.silence_source(on.start, on.end).decoding.text.endswith(", not Tuesday.")
