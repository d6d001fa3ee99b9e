"""Libraries that change a model, or bring their own, where they are installed: adapters, quantisers, vision models."""

import warnings

import numpy as np
import pytest
import torch

import regard
from regard.capture import capture
from regard.capture.any_module import capture_calls
from regard.record import Factored
from regard.testing import assert_weights_equal, tiny_model

pytestmark = [pytest.mark.filterwarnings(f"ignore::{name}") for name in ("DeprecationWarning", "FutureWarning")]
"""What these libraries have not followed yet is theirs to mend."""

IDS = torch.arange(5, 18)[None]


def imported(name):
    """The library; skips where it is not installed or does not fit the installed torch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, exc_type=ImportError)


def captured(model, **inputs):
    """The record, after checking that the model gives the very numbers that it gives alone, then and afterwards."""
    outputs = []
    with torch.no_grad():
        alone = model(input_ids=IDS, **inputs).logits
    with model.register_forward_hook(lambda _module, _args, output: outputs.append(output)):
        record = capture(model, input_ids=IDS, **inputs)
    with torch.no_grad():
        after = model(input_ids=IDS, **inputs).logits
    assert torch.equal(alone, outputs[-1].logits)
    assert torch.equal(alone, after)
    return record


def own_weights(model):
    """The weights that the same model gives on its eager kernel."""
    inner = getattr(model, "get_base_model", lambda: model)()
    inner.set_attn_implementation("eager")
    with torch.no_grad():
        return model(input_ids=IDS, output_attentions=True).attentions


def check(record, model, atol=1e-5):
    for layer, right in enumerate(own_weights(model)):
        assert np.allclose(record.weights[layer], right[0].float().numpy(), atol=atol)


@pytest.fixture
def adapted(llama):
    peft = imported("peft")
    torch.manual_seed(0)
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "k_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    return peft.get_peft_model(llama, config).eval()


def test_adapters_of_peft(adapted):
    with adapted.disable_adapter():
        plain = capture(adapted, input_ids=IDS)
    record = captured(adapted)
    assert np.abs(np.asarray(record.weights) - np.asarray(plain.weights)).max() > 1e-3
    assert_weights_equal(plain, capture(tiny_model("llama"), input_ids=IDS), atol=1e-6)
    assert record.model.architecture == "LlamaForCausalLM"
    check(record, adapted)


def test_adapters_of_peft_while_they_write(adapted):
    record = regard.capture_generation(adapted, input_ids=IDS, max_new_tokens=4)
    assert not record.generation.rerun
    ids = torch.tensor(record.tokens.ids)[None]
    assert_weights_equal(record, capture(adapted, input_ids=ids), atol=1e-5)


def test_adapters_of_peft_in_training(adapted):
    adapted.train().get_base_model().activation_checkpointing_enable()
    assert np.allclose(np.asarray(capture(adapted, input_ids=IDS, use_cache=False).weights).sum(-1), 1, atol=1e-5)
    assert adapted.training


def test_weights_quantised_by_torchao(llama):
    quantization = imported("torchao.quantization")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantization.quantize_(llama, quantization.Int8WeightOnlyConfig())
        record = captured(llama)
        check(record, llama)
    assert type(llama.model.layers[0].self_attn.q_proj.weight.data) is not torch.Tensor


def test_weights_quantised_by_quanto(llama):
    quanto = imported("optimum.quanto")
    quanto.quantize(llama, weights=quanto.qint8)
    quanto.freeze(llama)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = captured(llama)
        check(record, llama)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224", "eva02_tiny_patch14_224"])
def test_vision_transformers_of_timm(name):
    timm = imported("timm")
    torch.manual_seed(0)
    model = timm.create_model(name, pretrained=False, depth=3).eval()
    images = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        alone = model(images)
        fused = capture_calls(model, images)
        assert torch.equal(model(images), alone)
        for module in model.modules():
            if hasattr(module, "fused_attn"):
                module.fused_attn = False
        plain = capture_calls(model, images)
    for one, other in zip(fused, plain, strict=True):
        assert one.weights.shape[:2] == (3, 3)
        assert all(isinstance(layer, Factored) for layer in (*one.attention().layers, *other.attention().layers))
        assert_weights_equal(one, other, atol=1e-5)
        assert np.allclose(np.asarray(one.weights).sum(-1), 1, atol=1e-5)
