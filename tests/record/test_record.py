import numpy as np
import pytest

from regard.errors import ArgumentError
from regard.record import Attention, Dense, Record, Tokens, from_weights


def dense(queries, keys, heads=2):
    return Dense.of(np.full((heads, queries, keys), 1 / keys, np.float32))


@pytest.fixture
def translation() -> Record:
    streams = {"encoder": Tokens.of(list("abc"), 3), "decoder": Tokens.of(list("xy"), 2)}
    attentions = {
        "cross": Attention("cross", (dense(2, 3),), "decoder", "encoder"),
        "encoder": Attention("encoder", (dense(3, 3),), "encoder", "encoder"),
        "decoder": Attention("decoder", (dense(2, 2),), "decoder", "decoder"),
    }
    return Record(streams, attentions)


def test_kinds_have_one_order(translation):
    assert translation.kinds == ("encoder", "decoder", "cross")
    assert translation.attentions["cross"].weights.shape == (1, 2, 2, 3)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.weights, r"encoder and decoder and cross attention; say which: record.attentions\['encoder'\]"),
        (lambda r: r.tokens, r"several token sequences; use record.streams"),
        (lambda r: r.attention("vision"), "no kind of attention 'vision'; there are: 'encoder', 'decoder', 'cross'"),
        (lambda r: r.attention("cross").layer(1), "no layer in cross attention 1; there are: 0"),
        (lambda r: r.attention("cross").scores, "scores are not known"),
    ],
)
@pytest.mark.usefixtures("as_users_do")
def test_asking_for_what_is_not_there(translation, ask, message):
    with pytest.raises(ArgumentError, match=message):
        ask(translation)


def test_layers_without_attention_keep_their_number():
    attention = Attention("decoder", (None, dense(2, 2), None), "decoder", "decoder")
    record = Record({"decoder": Tokens.of(None, 2)}, {"decoder": attention})
    assert record.weights.shape[0] == 3
    assert record.weights[1].shape == (2, 2, 2)
    with pytest.raises(ArgumentError, match=r"layer 0 has no attention matrix; layers that have one: \[1\]"):
        record.weights[0]


def test_streams_must_exist_and_fit():
    attention = Attention("encoder", (dense(3, 3),), "encoder", "encoder")
    with pytest.raises(ArgumentError, match="no token stream 'encoder'"):
        Record({"text": Tokens.of(None, 3)}, {"encoder": attention})
    with pytest.raises(ArgumentError, match="the attention has 3 positions but there are 2 tokens"):
        Record({"encoder": Tokens.of(None, 2)}, {"encoder": attention})


def test_a_record_cannot_be_changed(translation):
    with pytest.raises(TypeError):
        translation.streams["encoder"] = None
    with pytest.raises(AttributeError):
        translation.model = None


def test_a_record_needs_attention():
    with pytest.raises(ArgumentError, match="at least one kind of attention"):
        Record({}, {})


def test_repr_is_the_text_form():
    shown = repr(from_weights(np.full((2, 2, 3, 3), 1 / 3), tokens=["<s>", "b", "c"], name="tiny"))
    assert shown.startswith("tiny\n  encoder: 2 layers × 2 heads, 3 tokens")
    assert "encoder tokens: <s> b c" in shown
