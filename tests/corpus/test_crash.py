"""A writer that is killed loses at most the chunk it was writing, and never what was there."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import regard
from corpus.conftest import TEXTS
from regard.corpus import approximate
from regard.corpus.lock import writing
from regard.corpus.store import Rows, Store
from regard.errors import ArgumentError, FileFormatError
from regard.testing import tiny_tokenizer

WRITER = """
import sys
import regard
from regard.corpus import indexing
from regard.testing import tiny_model, tiny_tokenizer

indexing._CHUNK_BYTES = 2000
lines = (f"the cat sat on {number} mats" for number in range(100_000))
regard.corpus.index(tiny_model("bert"), tiny_tokenizer("unigram"), lines, sys.argv[1], layers="all")
"""


def written(path):
    try:
        return len(regard.corpus.open(path).texts)
    except ArgumentError:
        return 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_writer_leaves_a_whole_corpus(bert, tmp_path):
    reader, path = (bert[0], tiny_tokenizer("unigram")), tmp_path / "corpus"
    with open(tmp_path / "log", "w") as log:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stderr=log)
    try:
        end = time.monotonic() + 120
        while written(path) < 5:
            assert writer.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, "the writer wrote nothing"
            time.sleep(0.05)
        with pytest.raises(regard.corpus.CorpusBusyError, match="another process is adding texts"):
            regard.corpus.index(*reader, TEXTS, path)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    corpus = regard.corpus.open(path)
    count = len(corpus.texts)
    assert count >= 5
    assert [text.source for text in corpus.texts] == [f"the cat sat on {number} mats" for number in range(count)]
    labels = sum(len(text.labels["encoder"]) for text in corpus.texts)
    assert corpus.counts == {("encoder", layer): labels for layer in range(4)}
    whole = regard.corpus.index(*reader, [corpus.texts[0].source, *TEXTS], path)
    assert whole.added.there == 1
    assert len(whole.texts) == count + len(TEXTS)
    assert whole.neighbours(whole.states(*reader, TEXTS[1]), 1)[1][0].text.number == count + 1


def test_states_of_texts_that_were_not_finished_do_not_count(made, bert):
    """As a writer leaves them that is killed between the states and the texts."""
    corpus = made()
    vector = corpus.states(*bert, TEXTS[0]).of("encoder", 3)[2]
    store = Store(corpus.path, corpus._settings)
    torn = Rows(vector[None].repeat(3, 0), corpus._store.count + np.array([0, 0, 1]), np.array([5, 6, 7]))
    store._added("states-encoder-003", store.states["encoder", 3], store._states(torn))
    again = regard.corpus.open(corpus.path)
    assert len(again) == len(corpus)
    assert again.nearest(vector, 400).searched == len(again.nearest(vector, 400)) == len(corpus)
    more = made(["The cat."])
    assert more._store.unfinished(("encoder", 3)) == 0
    assert len(more) == len(corpus) + more.added.states


def test_a_table_whose_making_was_killed_is_made_anew(made):
    corpus = made(TEXTS[:1])
    for name in ("texts", "states-encoder-003"):
        for file in (corpus.path / f"{name}.lance" / "_versions").iterdir():
            file.unlink()
    assert len(regard.corpus.open(corpus.path).texts) == 0
    assert [text.source for text in made(TEXTS[1:2]).texts] == TEXTS[1:2]


def test_a_damaged_table_is_said_to_be_damaged(made):
    corpus = made()
    for file in (corpus.path / "texts.lance" / "_versions").glob("*.manifest"):
        file.write_bytes(b"nonsense")
    with pytest.raises(FileFormatError, match=r"the table 'texts' of the corpus at .* is damaged"):
        regard.corpus.open(corpus.path)


def test_an_index_whose_check_was_killed_is_checked_by_the_next_writer(made, monkeypatch):
    monkeypatch.setattr(approximate, "FROM", 30)
    corpus = made()
    assert ("encoder", 3) in corpus.checks
    replace(corpus._settings, checks={}).write(corpus.path)
    unchecked = regard.corpus.open(corpus.path)
    assert not unchecked.nearest(np.ones(32), 3).approximate
    assert made().checks == corpus.checks


def test_the_lock_goes_with_its_holder(tmp_path):
    with writing(tmp_path):
        pass
    with writing(tmp_path), pytest.raises(regard.corpus.CorpusBusyError), writing(tmp_path):
        pass
