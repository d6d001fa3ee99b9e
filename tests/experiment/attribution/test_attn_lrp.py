"""AttnLRP is lxt's: what is done around it, with stand-ins for lxt."""

import sys
import types
import warnings
from importlib.machinery import ModuleSpec

import pytest
import torch
from transformers.models.llama import modeling_llama

from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError, MissingExtraError, NoAttentionError, RegardError
from regard.testing import tiny_model

IDS = {"input_ids": ids_of(8)}


@pytest.fixture
def question():
    return experiment.ask(tiny_model("llama"), **IDS, target=7, foil=9)


def install(monkeypatch, apply=None):
    package, efficient = types.ModuleType("lxt"), types.ModuleType("lxt.efficient")
    package.__spec__ = ModuleSpec("lxt", None)
    if apply is not None:
        efficient.monkey_patch = apply
    monkeypatch.setitem(sys.modules, "lxt", package)
    monkeypatch.setitem(sys.modules, "lxt.efficient", efficient)


def without_mlps(home):
    """Rules that can be checked: the family's MLPs give nothing, and its norms hold their scale."""

    def norm(self, x):
        return self.weight * x * (x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon).rsqrt().detach()

    home.LlamaMLP.forward = lambda self, x: x * 0
    home.LlamaRMSNorm.forward = norm
    home.LlamaRMSNorm.added = True


def test_its_rules_are_in_place_for_one_pass(question, monkeypatch):
    install(monkeypatch, without_mlps)
    before = {owner: dict(vars(owner)) for owner in (modeling_llama, modeling_llama.LlamaMLP, torch.nn.Dropout)}
    found = experiment.attn_lrp(question)
    assert all(dict(vars(owner)) == kept for owner, kept in before.items())
    assert not hasattr(modeling_llama.LlamaRMSNorm, "added")
    state = question.model.model.embed_tokens(IDS["input_ids"]).detach().requires_grad_()
    with monkeypatch.context() as patched:
        patched.setattr(modeling_llama.LlamaMLP, "forward", lambda self, x: x * 0)
        norm = types.SimpleNamespace(LlamaMLP=types.SimpleNamespace(), LlamaRMSNorm=types.SimpleNamespace())
        without_mlps(norm)
        patched.setattr(modeling_llama.LlamaRMSNorm, "forward", norm.LlamaRMSNorm.forward)
        logits = question.model(inputs_embeds=state).logits[0, -1]
    (gradient,) = torch.autograd.grad(logits[7] - logits[9], state)
    assert found.values == pytest.approx((state * gradient).sum(-1)[0].detach().numpy(), abs=1e-5)
    assert found.total == pytest.approx(float((logits[7] - logits[9]).detach()), abs=1e-5)
    assert "AttnLRP by lxt" in found.what


def test_it_needs_lxt(question, monkeypatch):
    monkeypatch.setitem(sys.modules, "lxt", None)
    with pytest.raises(MissingExtraError, match=r"needs the package 'lxt', .* is patented, and its licence is for you"):
        experiment.attn_lrp(question)


def test_an_lxt_that_does_not_fit_is_told(question, monkeypatch):
    install(monkeypatch)
    with pytest.raises(RegardError, match=r"lxt .* does not work with transformers 5.* \(cannot import name"):
        experiment.attn_lrp(question)

    def skipping(_home):
        warnings.warn("Failed to patch LlamaMLP. Skipping...", stacklevel=1)

    install(monkeypatch, skipping)
    with pytest.raises(RegardError, match=r"does not work with .* \(Failed to patch LlamaMLP"):
        experiment.attn_lrp(question)

    def breaking(home):
        home.ALL_ATTENTION_FUNCTIONS = dict(home.ALL_ATTENTION_FUNCTIONS)

    install(monkeypatch, breaking)
    with pytest.raises(RegardError, match=r"does not work with .* \('dict' object has no attribute 'get_interface'\)"):
        experiment.attn_lrp(question)
    assert not isinstance(modeling_llama.ALL_ATTENTION_FUNCTIONS, dict)


def test_a_family_without_rules_is_told(question, monkeypatch):
    def refusing(home):
        raise ValueError(f"{home.__name__} not yet supported")

    install(monkeypatch, refusing)
    with pytest.raises(NoAttentionError, match=r"no AttnLRP rules for transformers.models.llama.modeling_llama: "):
        experiment.attn_lrp(question)
    with pytest.raises(ArgumentError, match=r"AttnLRP adds up .* a loss is not"):
        experiment.attn_lrp(experiment.ask(question.model, **IDS, effect="loss"))
