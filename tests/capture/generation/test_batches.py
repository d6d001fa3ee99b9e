"""Batches: padded on the left, ended at different steps, each answer a record as if it had been alone."""

import numpy as np
import pytest
import torch

import regard
from regard.capture import capture
from regard.testing import tiny_model, tiny_tokenizer

TEXTS = ["The cat sat on the mat and", "Is it", "One two three four five"]


@pytest.mark.parametrize("family", ["llama", "gpt2", "mistral", "gemma2"])
@pytest.mark.parametrize(
    "settings",
    [{}, {"num_beams": 3}, {"cache_implementation": "static"}, {"do_sample": True, "num_return_sequences": 2}],
    ids=["greedy", "beams", "static", "samples"],
)
def test_padding_on_the_left_is_in_no_record(family, settings, equals_one_pass):
    model, tokenizer = tiny_model(family), tiny_tokenizer("byte_level")
    model.generation_config.pad_token_id = 0
    torch.manual_seed(0)
    records = regard.capture_generation(model, tokenizer, TEXTS, max_new_tokens=7, **settings)
    each = settings.get("num_return_sequences", 1)
    assert len(records) == each * len(TEXTS)
    for number, record in enumerate(records):
        prompt = tokenizer(TEXTS[number // each])["input_ids"]
        assert record.tokens.ids[: record.generation.border].tolist() == prompt
        equals_one_pass(model, record)


@pytest.mark.parametrize("family", ["bart", "t5"])
@pytest.mark.parametrize("settings", [{}, {"num_beams": 3, "num_return_sequences": 2}], ids=["greedy", "beams"])
def test_encoder_decoder_batches(family, settings, equals_one_pass):
    model, tokenizer = tiny_model(family), tiny_tokenizer("byte_level")
    records = regard.capture_generation(model, tokenizer, TEXTS, max_new_tokens=7, **settings)
    each = settings.get("num_return_sequences", 1)
    for number, record in enumerate(records):
        ids = torch.tensor([tokenizer(TEXTS[number // each])["input_ids"]])
        assert record.streams["encoder"].ids.tolist() == ids[0].tolist()
        assert record.generation.border == 1
        equals_one_pass(model, record, input_ids=ids)


def test_each_answer_stops_at_its_own_end(equals_one_pass):
    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    free = regard.capture_generation(model, tokenizer, TEXTS, max_new_tokens=8, eos_token_id=None)
    ends = [int(record.generation.answer.ids[step]) for record, step in zip(free, (2, 5), strict=False)]
    records = regard.capture_generation(model, tokenizer, TEXTS, max_new_tokens=8, eos_token_id=ends)
    for record, whole in zip(records, free, strict=True):
        expected = whole.generation.answer.ids.tolist()
        stop = next((i + 1 for i, token in enumerate(expected) if token in ends), len(expected))
        assert record.generation.answer.ids.tolist() == expected[:stop]
        assert record.generation.choices.steps == stop
        equals_one_pass(model, record)
    assert len({len(record.generation.answer) for record in records}) > 1


def test_beams_of_different_lengths_end_at_their_ends(llama, prompt_ids, equals_one_pass):
    ends = list(range(0, 512, 16))
    records = regard.capture_generation(
        llama, input_ids=prompt_ids, max_new_tokens=9, num_beams=4, num_return_sequences=4, eos_token_id=ends
    )
    assert len({len(record.generation.answer) for record in records}) > 1
    for record in records:
        assert not set(ends) & set(record.generation.answer.ids[:-1].tolist())
        equals_one_pass(llama, record)


def test_padding_after_a_stop_string_is_no_answer():
    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    records = regard.capture_generation(model, tokenizer, TEXTS, max_new_tokens=30, stop_strings=["a"], pad_token_id=0)
    lengths = [len(record.generation.answer) for record in records]
    assert len(set(lengths)) > 1
    for record in records:
        if len(record.generation.answer) < max(lengths):
            assert "a" in record.generation.answer.pieces[-1]


def test_holes_in_a_prompt_s_mask_are_left_out(llama, prompt_ids):
    mask = torch.ones_like(prompt_ids)
    mask[0, [0, 3, 4]] = 0
    record = regard.capture_generation(llama, input_ids=prompt_ids, attention_mask=mask, max_new_tokens=5)
    whole = torch.cat([prompt_ids, torch.tensor(record.generation.answer.ids)[None, :-1]], dim=1)
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    places = torch.cat([places, torch.arange(6, 10)[None]], dim=1)
    mask = torch.cat([mask, torch.ones(1, 4, dtype=torch.long)], dim=1)
    full = capture(llama, input_ids=whole, attention_mask=mask, position_ids=places)
    assert record.generation.border == 6
    np.testing.assert_allclose(np.asarray(record.weights), np.asarray(full.weights), atol=1e-5)


def test_chat_messages_and_prompt_tokens():
    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    chat = [{"role": "user", "content": "Is it raining?"}]
    record = regard.capture_generation(model, tokenizer, chat, max_new_tokens=4)
    text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert record.tokens.text == text
    assert text.endswith("assistant:")
    border, tokens = record.generation.border, record.tokens
    assert "".join(tokens.pieces[:border]) == text
    assert tokens.segments == (0,) * border + (1,) * 3
    assert tokens.pieces[border:] == record.generation.answer.pieces[:-1]
    assert tokens.offsets[border:].tolist() == [[-1, -1]] * 3
    assert tuple(tokens.offsets[border - 1]) == (len(text) - 1, len(text))


def test_one_prompt_one_record_several_a_list():
    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    settings = {"max_new_tokens": 2}
    assert not isinstance(regard.capture_generation(model, tokenizer, "The cat", **settings), list)
    assert len(regard.capture_generation(model, tokenizer, ["The cat"], **settings)) == 1
    assert (
        len(regard.capture_generation(model, tokenizer, "The cat", num_beams=2, num_return_sequences=2, **settings))
        == 2
    )


def test_an_answer_of_one_token_is_read_by_no_query():
    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    record = regard.capture_generation(model, tokenizer, "The cat", max_new_tokens=1)
    assert len(record.tokens) == record.generation.border == 2
    assert record.tokens.segments is None
    assert record.generation.query(0) == record.generation.query(-1) == 1
