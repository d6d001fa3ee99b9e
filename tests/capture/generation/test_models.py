"""Models that are not one plain stack: hybrids, wrappers, sound, code of their own."""

from functools import partial

import pytest
import torch
import transformers
from torch import nn

import regard
from models.catalogue import config_class
from models.shrink import shrunken
from regard.capture import capture
from regard.testing import assert_weights_equal

IDS = torch.arange(11, 17)[None]


def built(model_class, config):
    torch.manual_seed(0)
    return model_class(config).eval()


def test_layers_of_a_hybrid_keep_their_numbers():
    model = built(transformers.JambaForCausalLM, shrunken(config_class("jamba")))
    record = regard.capture_generation(model, input_ids=IDS, max_new_tokens=5)
    full = capture(model, input_ids=torch.tensor(record.tokens.ids)[None])
    assert record.attention().present == full.attention().present != tuple(range(len(full.attention().present)))
    assert len(record.attention().layers) == len(full.attention().layers)
    assert_weights_equal(record, full)


class Wrapped(nn.Module):
    """As adapters wrap a model: it generates through the model inside."""

    def __init__(self, model):
        super().__init__()
        self.inside, self.config, self.generation_config = model, model.config, model.generation_config

    def get_base_model(self):
        return self.inside

    def forward(self, *args, **kwargs):
        return self.inside(*args, **kwargs)

    def generate(self, **kwargs):
        return self.inside.generate(**kwargs)


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method`:DeprecationWarning")  # torch's own, while it compiles
@pytest.mark.parametrize("wrap", [Wrapped, partial(torch.compile, backend="eager")], ids=["adapter", "compiled"])
def test_a_model_inside_another(wrap, llama, prompt_ids, equals_one_pass):
    record = regard.capture_generation(wrap(llama), input_ids=prompt_ids, max_new_tokens=5, num_beams=2)
    assert not record.generation.rerun
    equals_one_pass(llama, record)


def test_speech(equals_one_pass):
    config = transformers.WhisperConfig(
        vocab_size=300, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, num_mel_bins=8, max_source_positions=50,
        max_target_positions=40, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3,
        init_std=0.3, suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    model = built(transformers.WhisperForConditionalGeneration, config)
    sound = torch.randn(1, 8, 100)
    record = regard.capture_generation(model, input_features=sound, max_new_tokens=6, num_beams=2)
    assert not record.generation.rerun
    assert len(record.generation.answer) == 6
    equals_one_pass(model, record, input_features=sound)


def test_attention_written_out_in_the_models_own_code(equals_one_pass):
    model = built(transformers.GPTJForCausalLM, shrunken(config_class("gptj")))
    for record in regard.capture_generation(
        model, input_ids=IDS, max_new_tokens=5, num_beams=2, num_return_sequences=2, eos_token_id=None
    ):
        assert not record.generation.rerun
        equals_one_pass(model, record)


def test_a_model_without_a_cache_is_one_more_pass():
    model = built(transformers.OpenAIGPTLMHeadModel, shrunken(config_class("openai-gpt")))
    record = regard.capture_generation(model, input_ids=IDS, max_new_tokens=4)
    assert record.generation.rerun
    assert record.generation.border == 6
    assert len(record.tokens) == 9


def test_weights_and_settings_are_left_alone(llama):
    before = {name: value.clone() for name, value in llama.state_dict().items()}
    settings = llama.generation_config.to_dict()
    regard.capture_generation(llama, input_ids=torch.tensor([[5, 6]]), max_new_tokens=3)
    assert all(torch.equal(value, before[name]) for name, value in llama.state_dict().items())
    assert llama.generation_config.to_dict() == settings
