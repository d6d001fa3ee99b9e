"""Some layers, heads or positions: the same weights, the model's own numbers, and memory only of what was asked."""

import numpy as np
import pytest
import torch

from regard.capture import capture
from regard.errors import ArgumentError
from regard.testing import FAMILIES, assert_weights_equal, tiny_model, tiny_tokenizer


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_of_queries(family, inputs_for):
    model, inputs = tiny_model(family), inputs_for(family)
    whole, some = capture(model, **inputs), capture(model, **inputs, positions=slice(2, 5))
    for kind, attention in some.attentions.items():
        expected = np.asarray(whole.attentions[kind].weights)[:, :, 2:5]
        assert attention.queries == 3
        assert np.allclose(np.asarray(attention.weights), expected, atol=1e-6)
        assert some.streams[attention.query_stream].pieces == whole.streams[attention.query_stream[:7]].pieces[2:5]


def test_queries_know_their_place_in_the_text(bert):
    text, tokenizer = "the cat sat on the mat", tiny_tokenizer()
    whole, some = capture(bert, tokenizer, text), capture(bert, tokenizer, text, positions=slice(-3, None))
    queries = some.streams["encoder queries"]
    assert queries.pieces == whole.tokens.pieces[-3:]
    assert (queries.offsets == whole.tokens.offsets[-3:]).all()
    assert queries.text == text


def test_layers_keep_their_numbers(llama, inputs_for):
    whole, some = capture(llama, **inputs_for("llama")), capture(llama, **inputs_for("llama"), layers=[2, 0])
    attention = some.attention()
    assert attention.present == (0, 2)
    assert (some.weights[2, 1] == whole.weights[2, 1]).all()
    with pytest.raises(ArgumentError, match=r"layer 1 has no attention matrix; layers that have one: \[0, 2\]"):
        some.weights[1, 0]
    assert some.nbytes * 3 == whole.nbytes * 2


@pytest.mark.parametrize("family", ["llama", "bert", "t5"])
def test_heads_keep_their_numbers(family, inputs_for):
    model, inputs = tiny_model(family), inputs_for(family)
    whole, some = capture(model, **inputs), capture(model, **inputs, heads=[1, 3])
    kind = some.kinds[-1]
    for head in (1, 3):
        assert np.allclose(some.attentions[kind].weights[:, head], whole.attentions[kind].weights[:, head], atol=1e-6)
    with pytest.raises(ArgumentError, match=r"head 0 was not captured; heads that were: \[.*1.*\]"):
        some.attentions[kind].weights[0, 0]


def test_all_three_in_a_batch(llama, inputs_for):
    inputs = inputs_for("llama", rows=2)
    mask = torch.ones_like(inputs["input_ids"])
    mask[1, 9:] = 0
    options = {"layers": [1], "heads": [2], "positions": slice(-2, None)}
    whole = capture(llama, **inputs, attention_mask=mask)
    some = capture(llama, **inputs, attention_mask=mask, **options)
    for one, other in zip(some, whole, strict=True):
        assert np.allclose(one.weights[1, 2], other.weights[1, 2, -2:], atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": [7]}, "no layer 7; there are: 0, 1, 2"),
        ({"heads": [4]}, "no head 4; there are: 0, 1, 2, 3"),
        ({"heads": []}, "heads must be numbers from 0, at least one; got "),
        ({"layers": [-1]}, "layers must be numbers from 0"),
        ({"positions": slice(20, 30)}, "positions 13:13 hold no query; the sequence has 13 tokens"),
        ({"positions": slice(0, 9, 2)}, "positions must be a slice of step 1, such as slice"),
    ],
)
def test_what_does_not_exist(options, message, llama, inputs_for):
    with pytest.raises(ArgumentError, match=message):
        capture(llama, **inputs_for("llama"), **options)


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize("options", [{"layers": 3}, {"heads": "0"}])
def test_what_is_no_list(options, llama, inputs_for):
    with pytest.raises(ArgumentError, match="must be a list of numbers, such as"):
        capture(llama, **inputs_for("llama"), **options)


def test_a_kind_without_any_of_the_layers_is_left_out(inputs_for):
    record = capture(tiny_model("bart"), **inputs_for("bart"), layers=[2])
    assert record.kinds == ("decoder", "cross")


def test_the_whole_is_the_default(llama, inputs_for):
    every = {"layers": range(3), "heads": range(4), "positions": slice(None)}
    some = capture(llama, **inputs_for("llama"), layers=every["layers"], heads=every["heads"])
    assert_weights_equal(some, capture(llama, **inputs_for("llama")), atol=0)
