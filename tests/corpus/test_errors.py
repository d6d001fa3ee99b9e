"""What cannot be done is refused with what was asked, what was found, and what would work."""

import sys

import numpy as np
import pytest

import regard
from corpus.conftest import PAIRS, TEXTS
from regard.errors import ArgumentError, FileFormatError, MissingExtraError
from regard.testing import tiny_model, tiny_tokenizer

pytestmark = pytest.mark.usefixtures("as_users_do")


def test_another_model_is_refused(made, bert):
    corpus = made()
    other = tiny_model("bert", seed=1), bert[1]
    with pytest.raises(ArgumentError, match=r"holds states of BertModel, but this is BertModel with another weights;"):
        regard.corpus.index(*other, TEXTS, corpus.path)
    with pytest.raises(ArgumentError, match="another architecture and another config and another weights"):
        corpus.states(tiny_model("llama"), bert[1], TEXTS[0])
    with pytest.raises(ArgumentError, match="with another tokenizer;"):
        corpus.states(bert[0], tiny_tokenizer("unigram"), TEXTS[0])
    assert corpus.states(tiny_model("bert"), bert[1], TEXTS[0]).source == TEXTS[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": [1]}, r"was made with layers=\{'encoder': \(3,\)\}, not \{'encoder': \(1,\)\}; leave layers out"),
        ({"metric": "l2"}, "was made with metric='cosine', not 'l2'"),
        ({"dtype": "float16"}, "was made with dtype='float32', not 'float16'"),
    ],
)
def test_a_corpus_keeps_its_settings(made, options, message):
    made()
    with pytest.raises(ArgumentError, match=message):
        made(["The cat."], **options)


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        ("The cat", {}, "an iterable of strings .* got the string 'The cat'"),
        ([3], {}, r"text 0 must be a string or a \(source, target\) pair of strings; got int 3"),
        (PAIRS, {}, "text 0 has a target, but the model is no encoder-decoder"),
        ([""], {}, r"none of the texts could be added \(0 texts and 0 states added; 1 empty\)"),
        (TEXTS, {"layers": [9]}, "no layer 9: the encoder has states 0 to 3"),
        (TEXTS, {"layers": "last"}, "no layers 'last'; there are: 'all'"),
        (TEXTS, {"layers": []}, "no layers are asked for: the encoder has states 0 to 3"),
        (TEXTS, {"streams": ("decoder",)}, "no stream of BertModel 'decoder'; there are: 'encoder'"),
        (TEXTS, {"streams": "encoder"}, "streams must be a tuple of 'encoder'"),
        (TEXTS, {"metric": "dot"}, "no metric 'dot'; there are: 'cosine', 'l2'"),
        (TEXTS, {"dtype": "int8"}, "no dtype of a corpus 'int8'"),
        (TEXTS, {"batch": 0}, "batch is how many texts run together, at least 1; got 0"),
    ],
)
def test_what_cannot_be_added(made, texts, options, message):
    with pytest.raises(ArgumentError, match=message):
        made(texts, **options)


def test_as_many_targets_as_texts(bart, tmp_path):
    with pytest.raises(ArgumentError, match=r"one target per text: .* shorter .*; what came before is in the corpus"):
        regard.corpus.index(*bart, TEXTS, tmp_path / "c", targets=["one"])


def test_context_vectors_only_where_there_are_any(bert, bart):
    with pytest.raises(ArgumentError, match="no stream of BertModel 'context'"):
        regard.corpus.states(*bert, TEXTS[0], streams=("context",))
    with pytest.raises(ArgumentError, match="no layers are asked for: the context has states 1 to 3"):
        regard.corpus.states(*bart, *PAIRS[0], streams=("context",), layers=[0])


def test_a_model_in_train_mode_and_what_is_no_model(bert, tmp_path):
    with pytest.raises(ArgumentError, match=r"BertModel is in train mode.*call model.eval\(\) first"):
        regard.corpus.index(tiny_model("bert").train(), bert[1], TEXTS, tmp_path / "c")
    with pytest.raises(ArgumentError, match=r"a torch.nn.Module; got str"):
        regard.corpus.states("bert", bert[1], TEXTS[0])
    with pytest.raises(ArgumentError, match="needs the model's tokenizer; got None"):
        regard.corpus.index(bert[0], None, TEXTS, tmp_path / "c")
    with pytest.raises(ArgumentError, match="target is the text of a decoder, but BertModel is no encoder-decoder"):
        regard.corpus.states(*bert, TEXTS[0], "one")


def test_folders_that_hold_something_else_are_left_alone(bert, tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ArgumentError, match=r"is no corpus but holds 'thesis.tex'; pass a path that does not exist"):
        regard.corpus.index(*bert, TEXTS, tmp_path)
    with pytest.raises(ArgumentError, match=r"a corpus is a folder, but .* is a file"):
        regard.corpus.index(*bert, TEXTS, tmp_path / "thesis.tex")
    assert [child.name for child in tmp_path.iterdir()] == ["thesis.tex"]


def test_opening_what_is_no_corpus(tmp_path, made):
    with pytest.raises(ArgumentError, match=r"is no corpus: there is nothing there; regard.corpus.index\("):
        regard.corpus.open(tmp_path / "none")
    with pytest.raises(ArgumentError, match=r"is no corpus: there is no corpus.json in it"):
        regard.corpus.open(tmp_path)
    corpus = made()
    file = corpus.path / "corpus.json"
    text = file.read_text()
    for broken, message in [
        (text.replace('"version": 1', '"version": 7'), "is of version 7; this regard reads version 1"),
        (text[:40], "is damaged"),
        ("{}", r"is damaged \(KeyError"),
    ]:
        file.write_text(broken)
        with pytest.raises(FileFormatError, match=message):
            regard.corpus.open(corpus.path)


@pytest.mark.parametrize(
    ("vector", "options", "message"),
    [
        (np.ones((2, 32)), {}, r"a state is one vector \[d_model\]; got shape \[2, 32\]"),
        (np.ones(31), {}, "the state has 31 numbers, but states here have 32"),
        (np.full(32, np.nan), {}, "holds NaN or infinity"),
        (np.zeros(32), {}, "all zeros: it has no direction"),
        (np.ones(32), {"k": 0}, "at least 1; got 0"),
        (np.ones(32), {"layer": 9}, "no layer in this corpus 9; there are: 0, 1, 2, 3"),
        (np.ones(32), {"stream": "cross"}, "no stream in this corpus 'cross'; there are: 'encoder', 'decoder'"),
        (np.ones(32), {"stream": "context", "layer": 0}, "no layer in this corpus 0; there are: 1, 2, 3"),
    ],
)
def test_what_has_no_neighbours(pairs, vector, options, message):
    with pytest.raises(ArgumentError, match=message):
        pairs.nearest(vector, **options)


def test_states_that_were_not_read(pairs, bart):
    states = regard.corpus.states(*bart, *PAIRS[0], layers=[1], streams=("encoder",))
    with pytest.raises(ArgumentError, match="no stream in these states 'decoder'; there are: 'encoder'"):
        pairs.neighbours(states)
    with pytest.raises(ArgumentError, match="no layer of the encoder in these states 2; there are: 1"):
        pairs.neighbours(states, stream="encoder")
    with pytest.raises(ArgumentError, match="no method of projection 'lle'; there are: 'pca', 'mds', 'umap', 'tsne'"):
        regard.corpus.project(states, method="lle")
    with pytest.raises(ArgumentError, match=r"states must be finite numbers \[state, d_model\]; got shape \[3\]"):
        regard.corpus.pca(np.ones(3))


def test_without_the_extra(bert, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lancedb", None)
    with pytest.raises(MissingExtraError, match=r"A corpus needs the package 'lancedb'.*regard\[corpus\]"):
        regard.corpus.index(*bert, TEXTS, tmp_path / "c")
    assert not (tmp_path / "c").exists()
