"""Models as they are really used: compiled, quantised, spread by accelerate, checkpointed, in low precision."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from regard.capture import capture
from regard.capture.any_module import capture_calls
from regard.testing import assert_weights_equal, tiny_model

IDS = torch.arange(5, 18)[None]


def captured(model, **inputs):
    """The record, after checking that the model gave the very numbers that it gives alone."""
    outputs = []
    with torch.no_grad():
        alone = model(input_ids=IDS, **inputs)
    with model.register_forward_hook(lambda _module, _args, output: outputs.append(output)):
        record = capture(model, input_ids=IDS, **inputs)
    assert torch.equal(alone[0], outputs[-1][0])
    return record


@pytest.fixture
def expected(llama):
    return capture(llama, input_ids=IDS)


@pytest.fixture
def counted():
    """A torch.compile backend that counts what it compiles."""
    graphs = []

    def backend(graph, _inputs):
        graphs.append(graph)
        return graph.forward

    torch._dynamo.reset()
    yield backend, graphs
    torch._dynamo.reset()


@pytest.mark.parametrize("how", ["function", "method", "layers"])
def test_compiled_models(how, llama, expected, counted):
    backend, graphs = counted
    model = torch.compile(llama, backend=backend) if how == "function" else llama
    for module in {"function": [], "method": [llama], "layers": llama.model.layers}[how]:
        module.compile(backend=backend)
    with torch.no_grad():
        model(input_ids=IDS)
        count = len(graphs)
        record = capture(model, input_ids=IDS)
        assert len(graphs) == count > 0, "capture compiles nothing"
        model(input_ids=IDS)
    assert len(graphs) == count, "what was compiled is still in use"
    assert_weights_equal(record, expected, atol=0)
    assert record.model.architecture == "LlamaForCausalLM"


def test_a_model_that_was_never_run_is_not_compiled_for_capture(llama, expected, counted):
    backend, graphs = counted
    assert_weights_equal(capture(torch.compile(llama, backend=backend), input_ids=IDS), expected, atol=0)
    compiled = torch.compile(nn.MultiheadAttention(32, 4), backend=backend)
    assert capture_calls(compiled, *[torch.randn(5, 1, 32)] * 3).weights.shape == (1, 4, 5, 5)
    assert not graphs


def test_dynamically_quantised_weights(llama):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.ao.quantization.quantize_dynamic(llama, {nn.Linear}, dtype=torch.qint8)
        record = captured(model)
    assert record.attention().layers[0].dtype == np.float32
    assert np.allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-5)


class EightBit(nn.Module):
    """A linear layer that holds int8 weights and widens them while it runs, as bitsandbytes does."""

    def __init__(self, linear):
        super().__init__()
        self.scale = linear.weight.detach().abs().amax(1, keepdim=True) / 127
        self.register_buffer("weight", (linear.weight.detach() / self.scale).round().to(torch.int8))

    def forward(self, states):
        return states @ (self.weight * self.scale).T


def test_layers_that_hold_int8(llama):
    for layer in llama.model.layers:
        layer.self_attn.q_proj = EightBit(layer.self_attn.q_proj)
        layer.self_attn.k_proj = EightBit(layer.self_attn.k_proj)
    assert np.allclose(np.asarray(captured(llama).weights).sum(-1), 1, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Some parameters are on the meta device")
def test_a_model_spread_over_memory_and_disk(llama, expected, tmp_path):
    accelerate = pytest.importorskip("accelerate")
    places = dict.fromkeys(["model.embed_tokens", "model.layers.0", "model.norm", "model.rotary_emb", "lm_head"], "cpu")
    places |= {"model.layers.1": "disk", "model.layers.2": "disk"}
    model = accelerate.dispatch_model(llama, places, main_device="cpu", offload_dir=tmp_path, force_hooks=True)
    assert_weights_equal(captured(model), expected, atol=0)
    assert model.model.layers[1].mlp.up_proj.weight.is_meta, "what was on disk is on disk again"


def test_activation_checkpointing_in_train_mode(llama, expected):
    llama.train().activation_checkpointing_enable()
    assert_weights_equal(captured(llama, use_cache=False), expected, atol=0)
    assert llama.training
    assert llama.is_activation_checkpointing


class LowRank(nn.Module):
    """A linear layer with a low-rank update beside it, as PEFT's adapters wrap it."""

    def __init__(self, base_layer):
        super().__init__()
        self.base_layer = base_layer
        self.lora_a = nn.Linear(base_layer.in_features, 2, bias=False)
        self.lora_b = nn.Linear(2, base_layer.out_features, bias=False)

    def forward(self, states):
        return self.base_layer(states) + self.lora_b(self.lora_a(states))


def test_adapters_take_part(llama, expected):
    adapter = llama.model.layers[0].self_attn
    adapter.q_proj = LowRank(adapter.q_proj)
    assert np.abs(np.asarray(captured(llama).weights) - np.asarray(expected.weights)).max() > 1e-3


@pytest.mark.parametrize(("dtype", "size"), [(torch.bfloat16, 2), (torch.float16, 2), (torch.float32, 4)])
def test_memory_is_that_of_the_models_own_type(dtype, size):
    record = capture(tiny_model("llama", dtype=dtype), input_ids=IDS)
    held = record.attention().layers[0].source._arrays["query"]
    assert held.nbytes == 4 * 13 * 8 * size


def test_autocast(llama):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        record = captured(llama)
    assert np.allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-3)
