"""Tiny models in float64 whose biases are not zero."""

import torch
import transformers

from experiment.attribution import decompx
from regard.testing import tiny_model

SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4}


def with_biases(model):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
            elif "norm" in name.lower() or "ln_" in name:
                parameter.mul_(1 + torch.rand(parameter.shape, generator=generator))
    return model


def gpt2():
    return with_biases(tiny_model("gpt2", dtype=torch.float64))


def bert():
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=512, initializer_range=0.3, **SMALL)
    return with_biases(transformers.BertForMaskedLM(config).double().eval())


def llama():
    """Its norms compute in float32 whatever they are given; here they do not."""
    model = with_biases(tiny_model("llama", dtype=torch.float64))
    for module in [*model.model.layers, model.model]:
        for name in ("input_layernorm", "post_attention_layernorm", "norm"):
            if hasattr(module, name):
                setattr(module, name, decompx.PlainNorm(getattr(module, name).weight, 1e-6))
    return model.eval()
