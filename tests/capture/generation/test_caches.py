"""Which caches and ways of decoding are joined, which are run once more, which are refused; and what it costs."""

import weakref

import numpy as np
import pytest
import torch
from transformers import DynamicCache, GenerationConfig, PretrainedConfig
from transformers.cache_utils import DynamicLayer

import regard
from regard.errors import ArgumentError
from regard.testing import tiny_model


@pytest.mark.parametrize(
    "settings",
    [{"use_cache": False}, {"prompt_lookup_num_tokens": 3}, {"assistant_model": tiny_model("llama", seed=1)}],
    ids=["no cache", "prompt lookup", "assisted"],
)
def test_what_cannot_be_joined_is_one_pass_over_the_finished_text(settings, llama, prompt_ids, equals_one_pass):
    plain = llama.generate(prompt_ids, max_new_tokens=8, **settings)
    record = regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=8, **settings)
    assert record.generation.rerun
    assert [*record.tokens.ids, record.generation.answer.ids[-1]] == plain[0].tolist()
    equals_one_pass(llama, record)
    assert [record.generation.choices.at(step)[0].id for step in range(8)] == list(record.generation.answer.ids)


def test_rerun_of_a_padded_batch_and_of_an_encoder_decoder(prompt_ids, equals_one_pass):
    ids = torch.cat([prompt_ids, torch.cat([torch.zeros(1, 4, dtype=torch.long), prompt_ids[:, :5]], dim=1)])
    model = tiny_model("llama")
    mask = (ids != 0).long()
    for record, count in zip(
        regard.capture_generation(model, input_ids=ids, attention_mask=mask, max_new_tokens=4, use_cache=False),
        (9, 5),
        strict=True,
    ):
        assert record.generation.border == count
        equals_one_pass(model, record)
    model = tiny_model("bart")
    record = regard.capture_generation(model, input_ids=prompt_ids, max_new_tokens=4, use_cache=False)
    equals_one_pass(model, record, input_ids=prompt_ids)


def test_a_generation_config_is_used_and_left_as_it_was(llama, prompt_ids):
    config = GenerationConfig(max_new_tokens=5, num_beams=2, num_return_sequences=2)
    before = config.to_dict()
    records = regard.capture_generation(llama, input_ids=prompt_ids, generation_config=config)
    assert [len(record.generation.answer) for record in records] == [5, 5]
    assert config.to_dict() == before


def test_an_empty_cache_may_be_given(llama, prompt_ids, equals_one_pass):
    cache = DynamicCache()
    equals_one_pass(
        llama, regard.capture_generation(llama, input_ids=prompt_ids, past_key_values=cache, max_new_tokens=4)
    )
    with pytest.raises(ArgumentError, match=r"past_key_values holds \d+ tokens already.*pass the whole prompt"):
        regard.capture_generation(llama, input_ids=prompt_ids, past_key_values=cache)


def test_quantised_caches_are_refused_before_anything_runs(llama, prompt_ids):
    with pytest.raises(ArgumentError, match=r"a quantised cache changes keys.*use the default cache"):
        regard.capture_generation(llama, input_ids=prompt_ids, cache_implementation="quantized")


class Rounding(DynamicLayer):
    """A cache that keeps few digits of what it is given, as quantising ones do."""

    def update(self, key_states, value_states, *args, **kwargs):
        before = 0 if not self.is_initialized else self.keys.shape[-2]
        _, values = super().update(key_states, value_states, *args, **kwargs)
        self.keys = (self.keys * 8).round() / 8
        return torch.cat([self.keys[:, :, :before], key_states], dim=-2), values


def test_a_cache_that_changes_keys_is_found_out(llama, prompt_ids):
    cache = DynamicCache()
    cache.layers = [Rounding() for _ in range(3)]
    with pytest.raises(ArgumentError, match=r"layers.0.self_attn: the cache gives back other keys than it was given"):
        regard.capture_generation(llama, input_ids=prompt_ids, past_key_values=cache, max_new_tokens=5)
    assert not llama._forward_hooks
    assert not llama._forward_pre_hooks


def test_memory_is_of_the_tokens_and_not_of_the_steps(llama, prompt_ids):
    record = regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=60, eos_token_id=None)
    count = len(record.tokens)
    pairs_that_turn = 4 * 3 * 8
    assert record.nbytes == 3 * ((4 + 2) * count * 8 * 4 + pairs_that_turn)
    for layer in record.attention().layers:
        owner = layer.read("key", (slice(0, 2), slice(0, count), slice(0, 8)))
        assert owner.base is None or owner.base.size == owner.size


def test_keys_of_a_step_are_not_kept_alive(llama, prompt_ids):
    seen = []
    from regard.capture.generation import layers

    original = layers.LayerSteps.add

    def add(self, call, histories):
        seen.append(weakref.ref(call.key))
        original(self, call, histories)

    layers.LayerSteps.add = add
    try:
        regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=20)
    finally:
        layers.LayerSteps.add = original
    assert sum(key() is not None for key in seen) <= 3


def test_the_answer_is_what_generate_gives_with_the_same_seed(llama, prompt_ids):
    for settings in ({"do_sample": True}, {"do_sample": True, "num_beams": 2}):
        torch.manual_seed(5)
        plain = llama.generate(prompt_ids, max_new_tokens=10, **settings)
        torch.manual_seed(5)
        record = regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=10, **settings)
        np.testing.assert_array_equal([*record.tokens.ids, record.generation.answer.ids[-1]], plain[0])


def test_a_configuration_without_generation_settings(prompt_ids):
    model = tiny_model("llama")
    assert isinstance(model.config, PretrainedConfig)
    model.generation_config = GenerationConfig()
    record = regard.capture_generation(model, input_ids=prompt_ids, max_new_tokens=3)
    assert len(record.generation.answer) == 3
