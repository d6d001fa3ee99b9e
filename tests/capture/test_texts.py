"""What text can be given, and what becomes of it."""

import warnings

import numpy as np
import pytest
import torch

from regard.capture import capture, targets
from regard.errors import ArgumentError
from regard.testing import assert_weights_equal, tiny_model, tiny_tokenizer

CAT = "The cat sat on the mat"


def test_text_equals_its_ids(bert):
    tokenizer = tiny_tokenizer()
    record = capture(bert, tokenizer, CAT)
    by_hand = capture(bert, **tokenizer(CAT, return_tensors="pt"))
    assert_weights_equal(record, by_hand, atol=0)
    assert record.tokens.text == CAT
    assert record.tokens.special[0]
    assert record.tokens.special[-1]
    for piece, special, (begin, end) in zip(
        record.tokens.pieces, record.tokens.special, record.tokens.offsets, strict=True
    ):
        assert (begin, end) == (-1, -1) if special else CAT[begin:end].lower() == piece


def test_model_info(bert):
    record = capture(bert, tiny_tokenizer(), CAT)
    assert (record.model.name, record.model.family, record.model.architecture) == ("BertModel", "bert", "BertModel")
    bert.name_or_path = "somewhere/else/tiny-bert"
    assert capture(bert, tiny_tokenizer(), CAT).model.name == "tiny-bert"


@pytest.mark.parametrize("kind", ["wordpiece", "byte_level", "unigram"])
def test_a_pair_has_segments_and_offsets_in_both_texts(kind, bert):
    tokenizer = tiny_tokenizer(kind)
    tokens = capture(bert, tokenizer, "the cat", "the dog sat").tokens
    assert tokens.text == "the cat\nthe dog sat"
    for segment, text in ((0, "the cat"), (1, "the dog sat")):
        places = [i for i, found in enumerate(tokens.segments) if found == segment]
        assert places == list(range(places[0], places[-1] + 1))
        begin, end = tokens.offsets[places[0]][0], tokens.offsets[places[-1]][1]
        assert tokens.text[begin:end] == text
    assert all((s == -1) == flag for s, flag in zip(tokens.segments, tokens.special, strict=True))


def test_pairs_use_token_types(bert):
    tokenizer = tiny_tokenizer()
    by_hand = capture(bert, tokenizer, **tokenizer("the cat", "the dog", return_tensors="pt"))
    record = capture(bert, tokenizer, "the cat", "the dog")
    assert_weights_equal(record, by_hand, atol=0)
    assert record.tokens.segments == by_hand.tokens.segments
    assert set(record.tokens.segments) == {-1, 0, 1}


def test_batches_of_pairs_in_two_spellings(bert):
    tokenizer = tiny_tokenizer()
    tuples = capture(bert, tokenizer, [("the cat", "sat"), ("the dog", "was walking on the mat")])
    lists = capture(bert, tokenizer, ["the cat", "the dog"], ["sat", "was walking on the mat"])
    for one, other in zip(tuples, lists, strict=True):
        assert_weights_equal(one, other, atol=0)
        assert one.tokens.segments == other.tokens.segments
        assert 1 in one.tokens.segments
    assert len(tuples[0].tokens) < len(tuples[1].tokens)


def test_chat_messages_use_the_template(llama):
    tokenizer = tiny_tokenizer("byte_level")
    chat = [{"role": "user", "content": "Is it raining?"}]
    record = capture(llama, tokenizer, chat)
    assert "".join(record.tokens.pieces) == "<s>user: Is it raining?</s><s>assistant:"
    answered = capture(llama, tokenizer, [[*chat, {"role": "assistant", "content": "No"}], chat])
    assert "".join(answered[0].tokens.pieces).endswith("<s>assistant: No</s>")
    assert_weights_equal(answered[1], record)


def test_chat_without_a_template(bert):
    with pytest.raises(ArgumentError, match=r"has no chat template.*set tokenizer\.chat_template, or pass the text"):
        capture(bert, tiny_tokenizer(), [{"role": "user", "content": "hello"}])


def test_text_beside_other_model_inputs(llama):
    tokenizer = tiny_tokenizer("byte_level")
    plain = capture(llama, tokenizer, CAT)
    places = torch.arange(len(plain.tokens))[None] * 3
    spread = capture(llama, tokenizer, CAT, position_ids=places)
    assert spread.tokens.pieces == plain.tokens.pieces
    assert not np.allclose(spread.weights[0, 0, :, :], plain.weights[0, 0, :, :])


def test_a_given_target_is_shifted_as_in_training():
    model, tokenizer = tiny_model("bart"), tiny_tokenizer("unigram")
    record = capture(model, tokenizer, CAT, target="The dog")
    assert record.streams["decoder"].pieces == ("</s>", " The", " dog")
    assert record.streams["encoder"].pieces[:2] == (" The", " cat")
    labels = tokenizer(text_target="The dog", return_tensors="pt")["input_ids"]
    by_hand = capture(
        model,
        **tokenizer(CAT, return_tensors="pt"),
        decoder_input_ids=model.prepare_decoder_input_ids_from_labels(labels),
    )
    for kind in record.kinds:
        assert_weights_equal(record.attention(kind), by_hand.attention(kind), atol=0)


def test_targets_of_a_batch():
    model, tokenizer = tiny_model("t5"), tiny_tokenizer("unigram")
    records = capture(model, tokenizer, [CAT, "The dog"], target=["The dog was", "The"])
    assert [record.streams["decoder"].pieces for record in records] == [
        ("<pad>", " The", " dog", " was"),
        ("<pad>", " The"),
    ]
    alone = capture(model, tokenizer, "The dog", target="The")
    for kind in alone.kinds:
        assert_weights_equal(records[1].attention(kind), alone.attention(kind))


def test_without_a_target_the_model_answers_greedily():
    model, tokenizer = tiny_model("bart"), tiny_tokenizer("unigram")
    with torch.no_grad():
        model.final_logits_bias[:] = 0
        model.final_logits_bias[:, model.config.eos_token_id] = 1e4
    record = capture(model, tokenizer, CAT)
    assert record.streams["decoder"].pieces == ("</s>",)
    assert record.attention("cross").weights.shape == (3, 4, 1, len(record.streams["encoder"]))


def test_an_answer_without_end_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(targets, "MAX_NEW_TOKENS", 12)
    model, tokenizer = tiny_model("t5"), tiny_tokenizer("unigram")
    model.generation_config.suppress_tokens = [model.config.eos_token_id]
    with pytest.warns(UserWarning, match=r"did not end its answer to row 0 .*pass target='…'"):
        record = capture(model, tokenizer, CAT)
    assert len(record.streams["decoder"]) == 13
    ids = torch.tensor(record.streams["decoder"].ids)[None]
    by_hand = capture(model, **tokenizer(CAT, return_tensors="pt"), decoder_input_ids=ids)
    assert_weights_equal(record.attention("cross"), by_hand.attention("cross"), atol=0)


def test_inputs_of_an_encoder_decoder_are_answered_too():
    model = tiny_model("bart")
    with torch.no_grad():
        model.final_logits_bias[:, model.config.eos_token_id] = 1e4
    record = capture(model, input_ids=torch.tensor([[5, 6, 7]]))
    assert record.streams["decoder"].pieces == ("2",)
    assert record.streams["encoder"].pieces == ("5", "6", "7")


def test_no_warning_is_given_otherwise(bert):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        capture(bert, tiny_tokenizer(), CAT)


def test_a_model_that_hides_its_prompt():
    model, ids = tiny_model("bart"), torch.tensor([[5, 6, 7]])
    generate = model.generate
    model.generate = lambda **inputs: generate(**inputs, eos_token_id=None, min_length=6, max_length=6)[:, 1:]
    with pytest.warns(UserWarning, match="did not end its answer"):
        plain = capture(tiny_model("bart"), input_ids=ids).streams["decoder"].ids
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = capture(model, input_ids=ids).streams["decoder"].ids
    assert 1 < len(found) <= len(plain)
    assert found.tolist() == plain[: len(found)].tolist()


def test_a_model_whose_answer_comes_from_nowhere():
    model = tiny_model("bart")
    model.generate = lambda **_inputs: torch.tensor([[7, 8]])
    with pytest.raises(ArgumentError, match=r"generate returns its answer without the prompt .* pass decoder_i"):
        capture(model, input_ids=torch.tensor([[5, 6, 7]]))


def test_decoder_ids_beside_text():
    model, tokenizer = tiny_model("bart"), tiny_tokenizer("unigram")
    record = capture(model, tokenizer, CAT, decoder_input_ids=torch.tensor(tokenizer("The dog")["input_ids"])[None])
    assert record.streams["decoder"].pieces == (" The", " dog", "</s>")
    assert record.streams["encoder"].text == CAT
