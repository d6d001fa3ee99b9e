"""Clear errors, and a model that is as it was whatever was raised."""

import pytest
import torch
from transformers.modeling_utils import AttentionInterface

import regard
from regard.errors import ArgumentError, NoAttentionError
from regard.testing import tiny_model, tiny_tokenizer

TOKENIZER = tiny_tokenizer("byte_level")


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        ((), {}, "nothing to answer; pass a tokenizer and a prompt, or input_ids"),
        ((None, "The cat"), {}, "a prompt needs a tokenizer"),
        (("The cat",), {}, "nothing to answer"),
        (("The cat", "sat"), {}, "a prompt needs a tokenizer: .* got 'The cat'"),
        ((TOKENIZER, ""), {}, "text is empty"),
        ((TOKENIZER, []), {}, "a list of them that is not empty"),
        ((TOKENIZER, "The cat"), {"input_ids": torch.tensor([[5]])}, "both a prompt and input_ids"),
        ((), {"input_ids": torch.zeros(1, 0, dtype=torch.long)}, "input_ids is empty"),
        ((), {"input_ids": torch.tensor([5, 6])}, r"input_ids must be \[batch, token\]"),
        ((), {"inputs_embeds": torch.zeros(1, 3, 32)}, "the prompt must be text or token ids"),
        ((), {"inputs": torch.tensor([[5]])}, "the prompt must be text or token ids"),
        ((TOKENIZER, "The cat"), {"return_dict_in_generate": False}, "returns records, so return_dict_in_generate has"),
        ((TOKENIZER, "The cat"), {"output_scores": True}, "so output_scores has no use"),
    ],
)
def test_arguments_that_cannot_be_used(arguments, settings, message, llama):
    with pytest.raises(ArgumentError, match=message):
        regard.capture_generation(llama, *arguments, **settings)


@pytest.mark.parametrize("model", [tiny_model("bert"), tiny_model("llama").model, torch.nn.Linear(2, 2)])
def test_a_model_that_cannot_generate(model):
    with pytest.raises(ArgumentError, match=r"cannot generate; load the model with its language-model head"):
        regard.capture_generation(model, TOKENIZER, "The cat")


@pytest.mark.usefixtures("as_users_do")
def test_no_model_at_all():
    with pytest.raises(ArgumentError, match=r"model must be a torch.nn.Module; got str 'gpt2'"):
        regard.capture_generation("gpt2", TOKENIZER, "The cat")


def test_generate_that_returns_no_tokens(llama, prompt_ids):
    llama.generate = lambda **_: {"audio": torch.zeros(1)}
    with pytest.raises(NoAttentionError, match=r"generate returned dict without token sequences.*regard.capture"):
        regard.capture_generation(llama, input_ids=prompt_ids)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, RuntimeError("disk on fire")])
@pytest.mark.parametrize("step", [1, 4])
def test_interruption_leaves_the_model_as_it_was(raised, step, llama, prompt_ids):
    calls = []

    def interrupt(*_):
        calls.append(1)
        if len(calls) == step:
            raise raised

    before = llama.generate(prompt_ids, max_new_tokens=8)
    lookup, state = AttentionInterface.get_interface, {**vars(llama)}
    handle = llama.model.layers[1].mlp.register_forward_hook(interrupt)
    with pytest.raises(raised if isinstance(raised, type) else type(raised)):
        regard.capture_generation(llama, input_ids=prompt_ids, max_new_tokens=8)
    handle.remove()
    assert AttentionInterface.get_interface is lookup
    assert not llama._forward_hooks
    assert not llama._forward_pre_hooks
    assert vars(llama).keys() == state.keys()
    assert torch.equal(llama.generate(prompt_ids, max_new_tokens=8), before)


def test_wrong_settings_are_generates_own_errors(llama, prompt_ids):
    with pytest.raises(ValueError, match="num_return_sequences"):
        regard.capture_generation(llama, input_ids=prompt_ids, num_return_sequences=3)
    with pytest.raises(ValueError, match="temprature"):
        regard.capture_generation(llama, input_ids=prompt_ids, temprature=0.5)
    assert not llama._forward_hooks


def test_a_model_in_train_mode_stays_there(prompt_ids):
    model = tiny_model("llama").train()
    regard.capture_generation(model, input_ids=prompt_ids, max_new_tokens=3)
    assert model.training
