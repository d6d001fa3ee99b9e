"""The shipped verse translator is what its README says, and its texts are whole."""

from difflib import SequenceMatcher

import pytest

from regard.demo import load, verses
from regard.demo.verses.states import corpus
from regard.demo.verses.train import tokenizer


@pytest.fixture(scope="module")
def loaded():
    return verses.load()


def near(one, other):
    """Twice the words that both have in the same order, over all words of both."""
    return SequenceMatcher(None, one.lower().split(), other.lower().split(), autojunk=False).ratio()


def test_texts_are_whole_and_kept_apart():
    every, held = verses.verses(), verses.held_out()
    assert len(every) == 31_093
    assert len(held) == 500
    assert (every[0].place, every[-1].place) == ("Genesis 1:1", "Revelation of John 22:20")
    assert len(verses.pairs()) == len(every) - len(held)
    john = next(verse for verse in every if verse.place == "John 11:35")
    assert (john.old, john.modern) == ("Jesus wept.", "Jesus wept.")


def test_it_brings_unseen_verses_nearer_to_the_modern_ones(loaded):
    model, words = loaded
    seen = {old for old, _ in verses.pairs()}
    unseen = [verse for verse in verses.held_out() if len(verse.old) < 90 and verse.old not in seen]
    given = words([verse.old for verse in unseen], padding=True, return_tensors="pt")
    said = words.batch_decode(model.generate(**given), skip_special_tokens=True)
    assert len(unseen) > 60
    before = [near(verse.old, verse.modern) for verse in unseen]
    after = [near(text, verse.modern) for text, verse in zip(said, unseen, strict=True)]
    assert sum(after) / len(unseen) > sum(before) / len(unseen) + 0.1


def test_its_tokens_are_the_ones_it_was_made_with(loaded):
    assert loaded[1].get_vocab() == tokenizer().get_vocab()


def test_it_has_a_name():
    model, _ = load("demo:verses")
    assert model.name_or_path == verses.weights.NAME


def test_its_states_know_what_a_word_becomes(tmp_path, monkeypatch, loaded):
    monkeypatch.setenv("REGARD_CACHE", str(tmp_path))
    heard = []
    found = corpus(300, lambda done, total: heard.append((done, total)))
    assert heard[-1] == (300, 300)
    assert corpus(300).path == found.path
    assert set(found.layers) == {"encoder", "decoder", "context"}
    known = set(verses.pairs())
    assert all((text.source, text.target) in known for text in found.texts)
    states = found.states(*loaded, "And the LORD spake unto Moses, saying,")
    assert states.target.strip().startswith("Yahweh spoke to Moses")
    near = found.neighbours(states, 4, stream="decoder", positions=[0])[0]
    assert {one.next for one in near} <= {"Yahweh", "Then", "Ya"}
