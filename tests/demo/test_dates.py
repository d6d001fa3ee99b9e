"""The shipped date normaliser is what its README says."""

import numpy as np
import pytest

import regard
from regard.demo import dates, load
from regard.demo.dates.train import accuracy, tokenizer


@pytest.fixture(scope="module")
def loaded():
    return dates.load()


def test_it_gets_unseen_dates_right(loaded):
    unseen = list(dates.pairs(300, seed=1))
    assert not set(unseen) <= set(dates.pairs(60_000))
    assert accuracy(*loaded, unseen) == 1.0


def test_it_reads_the_month_first_where_there_are_slashes(loaded):
    model, words = loaded
    said = [model.generate(**words(text, return_tensors="pt")) for text in ("12/25/2020", "22/11/2026")]
    assert [words.decode(ids[0], skip_special_tokens=True) for ids in said] == ["2020-12-25", "2026-22-11"]


def test_the_year_is_read_where_it_stands(loaded):
    record = regard.capture(*loaded, "Nov 22nd 2026")
    cross = np.asarray(record.attention("cross").weights).mean(1)[-1]
    year = list(range(len(record.streams["encoder"].pieces)))[-5:-1]
    first = record.streams["decoder"].pieces.index("2")
    assert cross[first - 1, year].sum() > 0.5


def test_its_training_texts_and_tokens_are_the_ones_it_was_made_with(loaded):
    _, words = loaded
    assert words.get_vocab() == tokenizer().get_vocab()
    assert next(dates.pairs(1)) == next(dates.pairs(5))
    assert not any("<unk>" in words.convert_ids_to_tokens(words(text)["input_ids"]) for text, _ in dates.pairs(500))


def test_it_has_a_name():
    model, _ = load("demo:dates")
    assert model.name_or_path == dates.weights.NAME
