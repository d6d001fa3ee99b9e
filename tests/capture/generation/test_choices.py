"""What each step chose from: alternatives, log-probabilities, and what sampling made of them."""

import numpy as np
import pytest
import torch
from transformers import LogitsProcessor

import regard
from regard.errors import ArgumentError
from regard.testing import tiny_model, tiny_tokenizer


@pytest.mark.parametrize("settings", [{}, {"do_sample": True}, {"num_beams": 3}, {"use_cache": False}])
@pytest.mark.parametrize("family", ["llama", "bart"])
def test_log_probabilities_are_of_the_models_own_logits(family, settings, prompt_ids, log_probs_of):
    model = tiny_model(family)
    torch.manual_seed(0)
    record = regard.capture_generation(model, input_ids=prompt_ids, max_new_tokens=7, alternatives=4, **settings)
    expected = log_probs_of(model, record, **({"input_ids": prompt_ids} if family == "bart" else {}))
    choices, answer = record.generation.choices, record.generation.answer
    assert choices.steps == len(answer) == 7
    np.testing.assert_allclose(choices.chosen, expected[range(7), torch.tensor(answer.ids)], atol=1e-4)
    np.testing.assert_allclose(choices.log_probs, expected.topk(4).values, atol=1e-4)
    assert [one.id for one in choices.at(2)] == expected[2].topk(4).indices.tolist()


def test_greedy_answers_are_the_likeliest_tokens_and_nothing_was_processed(llama, prompt_ids):
    generation = regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=5).generation
    assert [generation.choices.at(step)[0].id for step in range(5)] == list(generation.answer.ids)
    assert generation.processed is None
    assert generation.score is None


def test_processed_scores_are_the_distribution_that_was_sampled(llama, prompt_ids, log_probs_of):
    settings = {"do_sample": True, "temperature": 0.5, "top_k": 3, "max_new_tokens": 6}
    torch.manual_seed(1)
    record = regard.capture_generation(llama, input_ids=prompt_ids, **settings)
    raw, processed = record.generation.choices, record.generation.processed
    best = (log_probs_of(llama, record) / 0.5).topk(3).values.log_softmax(dim=-1)
    np.testing.assert_allclose(processed.log_probs[:, :3], best, atol=1e-4)
    assert np.isneginf(processed.log_probs[:, 3:]).all()
    assert [len(processed.at(step)) for step in range(6)] == [3] * 6
    assert [len(raw.at(step)) for step in range(6)] == [5] * 6
    assert (processed.chosen > raw.chosen).all()


class Ban(LogitsProcessor):
    def __call__(self, input_ids, scores):
        return scores.index_fill(1, torch.tensor([self.token]), -torch.inf)

    def __init__(self, token):
        self.token = token


def test_a_token_that_was_ruled_out_is_still_among_the_raw_alternatives(llama, prompt_ids):
    first = regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=2).generation.answer.ids[0]
    generation = regard.capture_generation(
        llama, input_ids=prompt_ids, max_new_tokens=2, logits_processor=[Ban(int(first))]
    ).generation
    assert generation.choices.at(0)[0].id == first != generation.answer.ids[0]
    assert first not in [one.id for one in generation.processed.at(0)]


def test_a_chosen_token_need_not_be_among_the_alternatives(llama, prompt_ids):
    torch.manual_seed(0)
    generation = regard.capture_generation(
        llama, input_ids=prompt_ids, max_new_tokens=20, do_sample=True, temperature=5.0, alternatives=1
    ).generation
    likeliest = [generation.choices.at(step)[0].id for step in range(20)]
    assert likeliest != list(generation.answer.ids)
    assert (generation.choices.chosen <= generation.choices.log_probs[:, 0]).all()


def test_the_user_s_own_stopping_criteria_and_streamer_are_used():
    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    streamed = []

    class Streamer:
        def put(self, value):
            streamed.extend(value.reshape(-1).tolist())

        def end(self):
            streamed.append("end")

    def stop(ids, _scores, **_rest):
        return torch.full((len(ids),), ids.shape[1] >= 9)

    record = regard.capture_generation(
        model, tokenizer, "The cat sat", max_new_tokens=50, stopping_criteria=[stop], streamer=Streamer()
    )
    ids = [*record.tokens.ids, record.generation.answer.ids[-1]]
    assert len(ids) == 9
    assert streamed == [*ids, "end"]


def test_past_scores_are_let_go(llama, prompt_ids):
    held = []

    def look(_ids, scores, **_):
        held.append([len(score.reshape(-1)) for score in scores])
        return torch.tensor([False])

    regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=4, stopping_criteria=[look])
    assert held[-1] == [0, 0, 0, 512]


@pytest.mark.parametrize("asked", [0, -1, True, 2.5])
@pytest.mark.usefixtures("as_users_do")
def test_how_many_alternatives(asked, llama, prompt_ids):
    with pytest.raises(ArgumentError, match="alternatives must be a whole number from 1 on"):
        regard.capture_generation(llama, input_ids=prompt_ids, alternatives=asked)


def test_no_more_alternatives_than_tokens(llama, prompt_ids):
    record = regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=1, alternatives=10**6)
    assert len(record.generation.choices.at(0)) == 512
