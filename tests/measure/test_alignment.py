"""Word alignments: cases by hand, and a real transliteration model whose letters are known."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import regard
from regard import measure
from regard.errors import ArgumentError
from regard.record import Attention, Dense, Record, Tokens

SOURCE = Tokens(("The", " cat", " s", "leeps", "</s>"), special=(False,) * 4 + (True,))
TARGET = Tokens(("<s>", "Le", " chat", " dort"), special=(True, False, False, False))
WEIGHTS = np.array(
    [
        [0.1, 0.0, 0.0, 0.0, 0.9],
        [0.5, 0.1, 0.1, 0.0, 0.3],
        [0.1, 0.6, 0.1, 0.1, 0.1],
        [0.0, 0.3, 0.2, 0.2, 0.3],
    ]
)


def crossing(*heads: np.ndarray) -> Record:
    attention = Attention("cross", (Dense.of(np.stack(heads)),), "decoder", "encoder")
    return Record({"decoder": TARGET, "encoder": SOURCE}, {"cross": attention})


def test_each_target_word_goes_with_its_strongest_source_word_and_never_with_an_added_token() -> None:
    found = measure.align(crossing(WEIGHTS), heads=[(0, 0)], rows="input")
    assert [word.text for word in found.source] == ["The", "cat", "sleeps"]
    assert [word.text for word in found.target] == ["Le", "chat", "dort"]
    assert found.links == ((0, 0), (1, 1), (2, 2))
    np.testing.assert_allclose(found.weights[2], [0.0, 0.3, 0.4])
    assert found.pharaoh() == "0-0 1-1 2-2"
    assert str(found).splitlines()[-1] == "sleeps – dort  0.40"


def test_rows_are_by_default_those_that_predict_a_word() -> None:
    found = measure.align(crossing(WEIGHTS), heads=[(0, 0)])
    assert found.queries == ((0,), (1,), (2,))
    assert found.links == ((0, 0), (0, 1), (1, 2))


def test_without_joining_every_token_is_a_word() -> None:
    found = measure.align(crossing(WEIGHTS), heads=[(0, 0)], rows="input", words=False)
    assert [word.text for word in found.source] == ["The", "cat", "s", "leeps"]
    assert found.links == ((0, 0), (1, 1), (1, 2))


def test_directions_and_growing() -> None:
    weights = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.3, 0.5, 0.2]])
    assert np.argwhere(measure.links_of(weights)).tolist() == [[0, 0], [1, 0], [2, 1]]
    assert np.argwhere(measure.links_of(weights, "intersection")).tolist() == [[0, 0], [2, 1]]
    assert np.argwhere(measure.links_of(weights, "union")).tolist() == [[0, 0], [1, 0], [2, 1], [2, 2]]
    assert np.argwhere(measure.links_of(weights, "grow")).tolist() == [[0, 0], [1, 0], [2, 1], [2, 2]]
    far = np.array([[0.9, 0.0, 0.1, 0.0], [0.0, 0.0, 0.2, 0.8], [0.9, 0.0, 0.0, 0.1]])
    assert np.argwhere(measure.links_of(far, "grow")).tolist() == [[0, 0], [0, 1], [1, 2], [1, 3]]
    assert measure.links_of(np.zeros((0, 3)), "union").shape == (0, 3)


def test_heads_are_chosen_by_how_far_their_directions_agree() -> None:
    resting = np.tile([0.9, 0.1, 0.0, 0.0, 0.0], (4, 1))
    record = crossing(resting, WEIGHTS)
    np.testing.assert_allclose(measure.agreement(record), [[2 / 7, 4 / 7]])
    assert measure.alignment_heads(record, count=1) == ((0, 1),)
    assert measure.align(record).heads == ((0, 1), (0, 0))


def test_words_by_place_in_the_text_by_spaces_and_by_marks() -> None:
    text = "playing, 你好"
    pieces, spans = ("play", "ing", ",", "你", "好"), [(0, 4), (4, 7), (7, 8), (9, 10), (10, 11)]
    placed = Tokens(pieces, offsets=np.array(spans), text=text)
    assert [word.text for word in measure.words_of(placed)] == ["playing,", "你", "好"]
    marked = Tokens(("[CLS]", "play", "ing", "on"), ("[CLS]", "play", "##ing", "on"), special=(True,) + (False,) * 3)
    assert [word.tokens for word in measure.words_of(marked)] == [(1, 2), (3,)]
    assert [word.text for word in measure.words_of(Tokens((" a", "b", " c ", "d")))] == ["ab", "c", "d"]
    letters = Tokens(("N", "o", " ", "2", "\n", "x"))
    assert [word.tokens for word in measure.words_of(letters)] == [(0, 1), (3,), (5,)]
    assert len(measure.words_of(letters, joined=False)) == 6


def test_error_rate_is_that_of_och_and_ney() -> None:
    found = measure.alignment_error({(0, 0), (1, 1), (2, 3)}, sure={(0, 0), (1, 2)}, possible={(1, 1)})
    assert found == (3, 2, 1, 2)
    assert found.rate == pytest.approx(1 - (1 + 2) / (3 + 2))
    assert (found.precision, found.recall) == (pytest.approx(2 / 3), 0.5)
    assert found.plus(found) == (6, 4, 2, 4)
    assert np.isnan(measure.alignment_error((), ()).rate)


def test_files_of_links_are_read_and_written() -> None:
    sure, possible = measure.from_pharaoh("0-0 10-2 3?4 10p2")
    assert (sure, possible) == ({(0, 0), (10, 2)}, {(3, 4)})
    assert measure.pharaoh(sure, possible) == "0-0 3?4 10-2"
    with pytest.raises(ArgumentError, match=r"links are written source-target, such as '0-0 1-2' or '2\?3'; got '4'"):
        measure.from_pharaoh("0-0 4")


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_aligned_is_said() -> None:
    record = crossing(WEIGHTS)
    with pytest.raises(ArgumentError, match=r"no head 3; there are: 0"):
        measure.align(record, heads=[(0, 3)])
    with pytest.raises(ArgumentError, match=r"no head was named"):
        measure.align(record, heads=[])
    with pytest.raises(ArgumentError, match=r"no way to link 'best'; there are: 'argmax'"):
        measure.align(record, heads=[(0, 0)], how="best")
    with pytest.raises(ArgumentError, match=r"no rows 'both'; there are: 'input', 'output'"):
        measure.align(record, heads=[(0, 0)], rows="both")


FOLDER = Path(__file__).parents[3] / "shared" / "models" / "aren-transliteration"


LETTERS, SOUNDS = (
    "بتدرزسفكلمنهطشقج",
    ("b", "t", "d", "r", "z", "s", "f", "kc", "l", "m", "n", "h", "t", "s", "qg", "jg"),
)
SOUND_OF = dict(zip(LETTERS, SOUNDS, strict=True))
NAMES = (
    *("آتزمون", "سامي", "كريم", "محمد", "مريم", "سلمان", "نادر", "بدر"),
    *("فاطمة", "رامز", "ليلى", "طارق", "نبيل", "سمير", "منير", "كمال"),
)


def consonants(name: str, letters: list[str]) -> set[tuple[int, int]]:
    """Sure links: each consonant with the next letter of its sound, from left to right."""
    links, start = set(), 0
    for i, letter in enumerate(name):
        j = next((j for j in range(start, len(letters)) if letters[j] in SOUND_OF.get(letter, "")), None)
        if j is not None:
            links, start = links | {(i, j)}, j + 1
    return links


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the transliteration model lies beside the repository")
def test_one_head_aligns_consonants_almost_without_error() -> None:
    from transformers import PegasusForConditionalGeneration

    model = PegasusForConditionalGeneration.from_pretrained(FOLDER).eval()
    names = json.loads((FOLDER / "vocab_pairs.json").read_text(encoding="utf-8"))
    totals = {("output", (2, 1)): measure.alignment_error((), ()), ("input", (0, 1)): measure.alignment_error((), ())}
    for name in NAMES:
        ids = torch.tensor([[names["source"].index(letter) for letter in name]])
        written = model.generate(ids, num_beams=1, max_new_tokens=20)[:, :-1]
        letters = [names["target"][int(i) - names["target_offset"]] for i in written[0, 1:]]
        record, sure = regard.capture(model, input_ids=ids, decoder_input_ids=written), consonants(name, letters)
        for (rows, head), total in totals.items():
            found = measure.align(record, heads=[head], rows=rows, words=False)
            first = len(found.target) - len(letters)
            links = {(i, j - first) for i, j in found.links if j >= first}
            free = {(i, j) for i, j in links if j not in {j for _, j in sure}}
            totals[rows, head] = total.plus(measure.alignment_error(links, sure, free))
    assert [round(total.rate, 2) for total in totals.values()] == [0.03, 0.06]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the transliteration model lies beside the repository")
def test_a_transliteration_model_pairs_letters_that_sound_alike() -> None:
    from transformers import PegasusForConditionalGeneration

    model = PegasusForConditionalGeneration.from_pretrained(FOLDER).eval()
    names = json.loads((FOLDER / "vocab_pairs.json").read_text(encoding="utf-8"))
    word, sounds = "آتزمون", {"ت": "t", "ز": "z", "م": "m", "ن": "n"}
    ids = torch.tensor([[names["source"].index(letter) for letter in word]])
    written = model.generate(ids, num_beams=1, max_new_tokens=20)[0, 1:-1]
    letters = [names["target"][int(i) - names["target_offset"]] for i in written]
    assert "".join(letters) == "atzmon"
    decoder = torch.cat([torch.tensor([model.config.decoder_start_token_id]), written])[None]
    record = regard.capture(model, input_ids=ids, decoder_input_ids=decoder)
    found = measure.align(record, words=False)
    first = len(found.target) - len(letters)
    paired = {(word[i], letters[j - first]) for i, j in found.links if j >= first}
    assert paired >= set(sounds.items())
