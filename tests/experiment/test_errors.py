"""What cannot be asked is told clearly, and the model is as it was whatever is raised."""

import numpy as np
import pytest
import torch

import regard
from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError, NoAttentionError, RegardError
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows
from regard.testing import tiny_model

pytestmark = pytest.mark.usefixtures("as_users_do")


def state(model):
    return {
        path: (dict(module.__dict__), {name: p.data_ptr() for name, p in module.named_parameters(recurse=False)})
        for path, module in model.named_modules()
    }


def same(before, after):
    return all(
        before[path][1] == after[path][1] and before[path][0].keys() == after[path][0].keys() for path in before
    ) and not any(after[path][0]["_forward_hooks"] or after[path][0]["_forward_pre_hooks"] for path in after)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (KnockOut(layer=3), r"layer 3 does not exist; there are 3 \(0 to 2\)"),
        (KnockOut(layer=0, head=4), r"head 4 does not exist; there are 4 \(0 to 3\)"),
        (KnockOut(layer=0, query=10), r"query 10 does not exist; there are 10"),
        (KnockOut(layer=0, query=1, key=-11), r"key -11 does not exist; there are 10"),
        (Ablate(layer=0, kind="cross"), r"no kind of attention 'cross'; there are: 'decoder'"),
        (
            ReplaceRows(layer=0, query=1, weights=[0.5, 0.5]),
            r"weights must be \[key\] = \[10\], \[query, key\] = \[1, 10\] or",
        ),
        (ReplaceRows(layer=0, head=[0, 1], query=1, weights=np.ones((4, 1, 10))), r"= \[2, 1, 10\]; got \[4, 1, 10\]"),
        (ReplaceRows(layer=0, query=1, weights=[0] * 9 + [1]), r"for query 1 look at key 9, which the model hides"),
        ("layer 3", r"expected an edit such as KnockOut\(layer=0, .*got 'layer 3'"),
    ],
)
def test_edits_that_do_not_exist(llama, ids, edit, message):
    question = experiment.ask(llama, input_ids=ids)
    before = state(llama)
    with pytest.raises(ArgumentError, match=message):
        experiment.run(question, [edit])
    assert same(before, state(llama))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KnockOut(how="zero"), r"no kind of knock-out 'zero'; there are: 'mask', 'value'"),
        (lambda: KnockOut(layer="3"), r"layer must be numbers, a slice or None for all; got '3'"),
        (lambda: Edit(head=[]), r"head is an empty list"),
        (lambda: Edit(head=[0.5]), r"head must be numbers"),
        (lambda: Ablate(by="median"), r"no ablation 'median'; there are: 'zero', 'mean', 'the result of"),
        (lambda: ReplaceRows(weights="flat"), r"no row 'flat'; there are: 'uniform', 'permuted'"),
        (lambda: ReplaceRows(weights=[[[[0.5]]]]), r"weights must be finite, \[key\], \[query, key\] or \[head, query"),
        (lambda: ReplaceRows(weights=[float("nan")]), r"weights must be finite"),
    ],
)
def test_edits_that_cannot_be_meant(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": 512}, r"target 512 does not exist; the vocabulary has 512 \(0 to 511\)"),
        ({"target": -1}, r"target -1 does not exist"),
        ({"target": " Paris"}, r"target ' Paris' is text, which needs a tokenizer"),
        ({"target": 1.5}, r"target must be a token: its number or its text; got 1.5"),
        ({"foil": 600}, r"foil 600 does not exist"),
        ({"position": 10}, r"position 10 does not exist; there are 10 tokens"),
        ({"effect": "p"}, r"no effect 'p'; there are: 'log_p', 'tvd', 'logit', 'kl', 'loss'"),
        ({"effect": lambda output: output.logits}, r"the function must give a tensor \[batch\].*got \[1, 10, 512\]"),
        ({"batch": 0}, r"batch must be a number of variants from 1; got 0"),
        ({"answer": "yes"}, r"answer is the text of a decoder, but LlamaForCausalLM is no encoder-decoder"),
    ],
)
def test_questions_that_cannot_be_asked(llama, ids, options, message):
    with pytest.raises(ArgumentError, match=message):
        experiment.ask(llama, input_ids=ids, **options)


def test_a_record_without_its_model_cannot_be_asked(llama, ids):
    record = regard.capture(llama, input_ids=ids)
    with pytest.raises(ArgumentError, match=r"a record holds only what was seen of it; pass the model .*Llama"):
        experiment.ask(record)
    with pytest.raises(ArgumentError, match=r"pass the model \(the one that was captured\) and the text"):
        experiment.head_outputs(regard.from_weights(np.eye(3)[None, None]), input_ids=ids)


def test_models_that_cannot_be_asked(llama, ids):
    with pytest.raises(ArgumentError, match=r"needs the model, a torch.nn.Module; got str"):
        experiment.ask("llama", input_ids=ids)
    with pytest.raises(NoAttentionError, match=r"has no logits, so no target can be asked about"):
        experiment.ask(tiny_model("bert"), input_ids=ids)
    with pytest.raises(ArgumentError, match=r"one text at a time; got a batch of 2"):
        experiment.ask(llama, input_ids=torch.cat([ids, ids]))
    with pytest.raises(ArgumentError, match=r"attention_mask hides padding; pass the text without padding"):
        experiment.ask(llama, input_ids=ids, attention_mask=torch.tensor([[0] + [1] * 9]))
    llama.model.layers[1].train()
    with pytest.raises(ArgumentError, match=r"model.layers.1 is in train mode, where dropout changes every run"):
        experiment.ask(llama, input_ids=ids)


def test_nan_is_told(llama, ids):
    with torch.no_grad():
        llama.lm_head.weight[3, 3] = torch.nan
    with pytest.raises(RegardError, match=r"the unedited run gives NaN"):
        experiment.ask(llama, input_ids=ids)


def test_a_model_whose_attention_is_its_own_is_told():
    class Own(torch.nn.Module):
        def forward(self, input_ids):
            return type("Output", (), {"logits": torch.zeros(1, input_ids.shape[1], 7)})

    with pytest.raises(NoAttentionError, match=r"Own ran, but called no attention function of transformers"):
        experiment.ask(Own().eval(), input_ids=ids_of(4), position=0)


def test_editing_that_edits_nothing_is_told(llama, ids):
    with (
        pytest.raises(NoAttentionError, match=r"KnockOut at layer 7, .* no run of LlamaForCausalLM had such attention"),
        experiment.editing(llama, KnockOut(layer=7)),
    ):
        llama(input_ids=ids)


def test_editing_with_a_cache_of_fixed_size_is_told(llama, ids):
    with (
        pytest.raises(ArgumentError, match=r"a cache of 11 places holds 10 tokens; edits need one that grows"),
        experiment.editing(llama, Ablate(layer=0)),
    ):
        llama.generate(ids, max_new_tokens=2, cache_implementation="static", disable_compile=True, do_sample=False)


def test_the_model_is_as_it_was_whatever_is_raised(llama, ids):
    before = state(llama)
    plain = llama(input_ids=ids).logits
    question = experiment.ask(llama, input_ids=ids)

    class Failing(KnockOut):
        def on_weights(self, weights, box):
            raise MemoryError

    for edit in (Failing(layer=2), Failing(layer=2, query=-1)):
        with pytest.raises(MemoryError):
            experiment.run(question, [edit])
    with pytest.raises(MemoryError), experiment.editing(llama, Failing(layer=2)):
        llama(input_ids=ids)
    experiment.scan_heads(question)
    assert same(before, state(llama))
    assert torch.equal(llama(input_ids=ids).logits, plain)
    assert question.passes.whole[0] == pytest.approx(plain[0, -1].detach(), abs=1e-5)


def test_a_reference_of_another_length(llama, ids):
    question = experiment.ask(llama, input_ids=ids)
    short = experiment.head_outputs(llama, input_ids=ids[:, :4])
    with pytest.raises(ArgumentError, match=r"the reference text has 4 tokens, this one 10"):
        experiment.run(question, [Ablate(layer=0, by=short)])
