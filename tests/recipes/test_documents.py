"""Which document was read, and where in the prompt: against the same computed by hand from the model's own outputs."""

import numpy as np
import pytest
import torch

import regard
from regard import recipes
from regard.errors import ArgumentError
from regard.experiment import KnockOut, editing
from regard.recipes.prompt import Prompt, tensor
from regard.testing import tiny_model, tiny_tokenizer

TEXTS = ["The cat sat on the mat.", "It is not raining now.", "One two three four."]
QUESTION, ANSWER = "Is it raining?", "not now"


@pytest.fixture(scope="module")
def model():
    return tiny_model("llama")


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer("byte_level")


def log_p(model, ids, answer: int) -> float:
    with torch.no_grad():
        found = model(input_ids=ids).logits.double().log_softmax(-1)[0]
    rows = range(ids.shape[1] - answer - 1, ids.shape[1] - 1)
    return float(sum(found[row, ids[0, row + 1]] for row in rows))


def test_a_prompt_knows_where_everything_stands(tokenizer) -> None:
    prompt = Prompt.of(tokenizer, TEXTS, QUESTION, answer=ANSWER)
    whole = tokenizer.decode(prompt.ids)
    assert whole.startswith("Document 1: The cat sat on the mat.\nDocument 2: It is")
    assert whole.endswith("\n\nQuestion: Is it raining?\nAnswer: not now")
    spans = [tokenizer.decode(prompt.ids[start:stop]) for start, stop in prompt.spans]
    assert spans == [f" {text}" for text in TEXTS]
    assert prompt.ids[prompt.rows.start + 1 : prompt.rows.stop + 1] == prompt.answer
    assert "raining now" not in tokenizer.decode(prompt.without(1).ids)
    other = prompt.filled(1, (7, 8))
    assert len(other.ids) == len(prompt.ids)
    assert set(other.ids[slice(*other.spans[1])]) == {7, 8}
    assert other.spans == prompt.spans


def test_what_was_read_is_what_it_is_by_hand(model, tokenizer) -> None:
    found = recipes.which_document(model, tokenizer, TEXTS, QUESTION, answer=ANSWER, dummy="She said", heads=2)
    prompt = Prompt.of(tokenizer, TEXTS, QUESTION, answer=ANSWER)
    ids, size = tensor(model, prompt.ids), len(prompt.answer)
    assert found.log_p == pytest.approx(log_p(model, ids, size), abs=1e-4)
    weights = np.asarray(regard.capture(model, input_ids=ids).weights)[:, :, prompt.rows.start : prompt.rows.stop]
    for number, (start, stop) in enumerate(prompt.spans):
        expected = weights[..., start:stop].sum(-1).mean(-1) / (stop - start)
        np.testing.assert_allclose(found.mass[..., number], expected, rtol=1e-5)
        rest = prompt.without(number)
        assert found.total[number] == pytest.approx(log_p(model, tensor(model, rest.ids), size) - found.log_p, abs=1e-4)
        for effects, how in ((found.direct, "mask"), (found.direct_value, "value")):
            with editing(model, KnockOut(query=list(prompt.rows), key=list(range(start, stop)), how=how)):
                cut = log_p(model, ids, size)
            assert effects[number] == pytest.approx(cut - found.log_p, abs=1e-4)
    filler = tuple(tokenizer(" She said")["input_ids"])
    biased = regard.capture(model, input_ids=tensor(model, prompt.filled(2, filler).ids))
    rows = np.asarray(biased.weights)[:, :, prompt.rows.start : prompt.rows.stop]
    start, stop = prompt.spans[2]
    np.testing.assert_allclose(found.dummy[..., 2], rows[..., start:stop].sum(-1).mean(-1) / (stop - start), rtol=1e-5)


def test_heads_are_those_of_largest_excess_at_the_document_of_largest_excess(model, tokenizer) -> None:
    found = recipes.which_document(model, tokenizer, TEXTS, QUESTION, answer=ANSWER, heads=2)
    top = int(found.excess.mean((0, 1)).argmax())
    best = np.argsort(-found.excess[..., top], axis=None)[:2]
    assert [(one.layer, one.head) for one in found.heads] == [tuple(np.unravel_index(i, (3, 4))) for i in best]
    prompt = Prompt.of(tokenizer, TEXTS, QUESTION, answer=ANSWER)
    one, key = found.heads[0], list(range(*prompt.spans[top]))
    with editing(model, KnockOut(layer=one.layer, head=one.head, query=list(prompt.rows), key=key)):
        cut = log_p(model, tensor(model, prompt.ids), len(prompt.answer))
    assert one.effect == pytest.approx(cut - found.log_p, abs=1e-4)
    lines = str(found).splitlines()
    assert lines[0].startswith("answer 'not now', log p ")
    assert lines[1].split() == ["document", "tokens", "mass", "dummy", "excess", "direct", "by", "value", "total"]
    assert len(lines) == 2 + 3 + 1 + 2


def test_the_model_s_own_answer_ends_with_its_line(model, tokenizer) -> None:
    found = recipes.which_document(model, tokenizer, TEXTS[:2], QUESTION, most=3, heads=0)
    assert 1 <= found.rows <= 3
    assert "\n" not in found.answer
    assert found.heads == ()


def test_the_gold_document_is_tried_everywhere(model, tokenizer) -> None:
    found = recipes.lost_in_the_middle(model, tokenizer, TEXTS[1], [TEXTS[0], TEXTS[2]], QUESTION, ANSWER, orders=2)
    assert found.mass.shape == (2, 3)
    order = [[TEXTS[0], TEXTS[2]][i] for i in np.random.default_rng(0).permutation(2)]
    prompt = Prompt.of(tokenizer, [order[0], TEXTS[1], order[1]], QUESTION, answer=ANSWER)
    ids, size = tensor(model, prompt.ids), len(prompt.answer)
    weights = np.asarray(regard.capture(model, input_ids=ids).weights)[:, :, prompt.rows.start : prompt.rows.stop]
    sink = weights[..., 0].mean()
    start, stop = prompt.spans[1]
    mass = weights[..., start:stop].sum(-1).mean() / (stop - start) / (1 - sink)
    assert found.mass[0, 1] == pytest.approx(mass, rel=1e-4)
    assert found.sink[0, 1] == pytest.approx(sink, rel=1e-4)
    assert found.log_p[0, 1] == pytest.approx(log_p(model, ids, size), abs=1e-4)
    with editing(model, KnockOut(query=list(prompt.rows), key=list(range(start, stop)))):
        assert found.direct[0, 1] == pytest.approx(log_p(model, ids, size) - found.log_p[0, 1], abs=1e-4)
    np.testing.assert_allclose(found.error(found.mass), abs(found.mass[0] - found.mass[1]) / 2, rtol=1e-6)
    assert "2 of 3" in str(found)


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_asked_is_said(model, tokenizer) -> None:
    with pytest.raises(ArgumentError, match=r"compares documents; give two or more"):
        recipes.which_document(model, tokenizer, TEXTS[:1], QUESTION)
    with pytest.raises(ArgumentError, match=r"document 2 has no token"):
        recipes.which_document(model, tokenizer, [TEXTS[0], " "], QUESTION)
    with pytest.raises(ArgumentError, match=r"give at least one other"):
        recipes.lost_in_the_middle(model, tokenizer, TEXTS[0], [], QUESTION, ANSWER)
    with pytest.raises(ArgumentError, match=r"say which answer the gold document holds"):
        recipes.lost_in_the_middle(model, tokenizer, TEXTS[0], TEXTS[1:], QUESTION, " ")
