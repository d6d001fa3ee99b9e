"""States of another text in a run: the same by hooks and by running texts that differ in one token."""

import numpy as np
import pytest
import torch

from experiment.attribution.made import bert, gpt2
from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError, NoAttentionError
from regard.experiment import Ablate
from regard.testing import tiny_model

IDS, OTHER = ids_of(8), ids_of(8, seed=5)


@pytest.fixture
def question():
    return experiment.ask(tiny_model("llama"), input_ids=IDS, target=7, foil=9, effect="logit")


def margin(model, ids):
    with torch.no_grad():
        logits = model(input_ids=ids).logits[0, -1]
    return float(logits[7] - logits[9])


def test_the_first_residual_of_a_token_is_the_token(question):
    found = experiment.patch(question, input_ids=OTHER)
    assert found.values.shape == (3, 8)
    for token in (0, 3, 7):
        changed = IDS.clone()
        changed[0, token] = OTHER[0, token]
        expected = margin(question.model, changed) - margin(question.model, IDS)
        assert found.values[0, token] == pytest.approx(expected, abs=1e-4)
    assert (found.axes, found.complete) == (("layer", "token"), True)
    assert "residual of another text (" in found.what


def test_a_whole_residual_stream_is_the_other_text(question):
    """In the last layer only what is read at the last token counts, so patching deeper there comes to the whole."""
    model = question.model
    whole = margin(model, OTHER) - margin(model, IDS)
    states = {}
    handle = model.model.layers[2].register_forward_pre_hook(lambda _m, args: states.setdefault("here", args[0]))
    margin(model, OTHER)
    handle.remove()
    handle = model.model.layers[2].register_forward_pre_hook(lambda _m, args: (states["here"], *args[1:]))
    assert margin(model, IDS) == pytest.approx(margin(model, OTHER), abs=1e-4)
    handle.remove()
    found = experiment.patch(question, input_ids=OTHER, layer=2)
    assert found.values.shape == (1, 8)
    assert abs(whole) > 0.1
    assert np.abs(found.values).max() > 0.05


@pytest.mark.parametrize("make", [gpt2, bert])
def test_an_mlp_is_patched_at_one_token(make):
    model = make()
    options = {"position": 3} if make is bert else {}
    question = experiment.ask(model, input_ids=IDS, target=7, foil=9, effect="logit", **options)
    found = experiment.patch(question, input_ids=OTHER, where="mlp", layer=1, token=[2, -1])
    layer = model.bert.encoder.layer[1].output.dense if make is bert else model.transformer.h[1].mlp
    kept = []
    with torch.no_grad():
        handle = layer.register_forward_hook(lambda _m, _a, output: kept.append(output))
        model(input_ids=OTHER)
        handle.remove()

        def put(_module, _args, output):
            output = output.clone()
            output[0, 2] = kept[0][0, 2]
            return output

        row = 3 if make is bert else -1
        before = model(input_ids=IDS).logits[0, row]
        with layer.register_forward_hook(put):
            change = model(input_ids=IDS).logits[0, row] - before
    assert found.values[0, 0] == pytest.approx(float(change[7] - change[9]), abs=1e-9)


def test_heads_and_attention_are_patched_by_edits(question):
    given = experiment.head_outputs(question.model, input_ids=OTHER)
    heads = experiment.patch(question, input_ids=OTHER, where="heads", layer=[0, 2])
    alone = experiment.run(question, [Ablate(layer=2, head=head, by=given) for head in range(4)])
    assert heads.values[1] == pytest.approx(alone.values, abs=1e-5)
    tokens = experiment.patch(question, input_ids=OTHER, where="attention", layer=1, token=[3, 7])
    alone = experiment.run(question, [Ablate(layer=1, query=query, by=given) for query in (3, 7)])
    assert tokens.values[0] == pytest.approx(alone.values, abs=1e-5)
    assert tokens.measurable.all()


@pytest.mark.parametrize("where", ["residual", "mlp", "attention", "heads"])
@pytest.mark.parametrize("name", ["llama", "bart", "t5", "gpt_oss"])
def test_the_same_text_changes_nothing_and_another_does(name, where):
    inputs = {"decoder_input_ids": ids_of(5, seed=1)} if name in ("bart", "t5") else {}
    other = {"decoder_input_ids": ids_of(5, seed=2)} if inputs else {}
    question = experiment.ask(tiny_model(name), input_ids=IDS, **inputs)
    options = {"where": where, "layer": 1, "kind": "decoder"}
    assert not experiment.patch(question, input_ids=IDS, **inputs, **options).measurable.any()
    found = experiment.patch(question, input_ids=OTHER, **other, **options)
    assert found.measurable.any()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in question.model.modules())


def test_a_position_in_the_middle_cuts_both_texts():
    model = tiny_model("llama")
    question = experiment.ask(model, input_ids=IDS, position=4)
    found = experiment.patch(question, input_ids=OTHER)
    assert found.values.shape == (3, 5)


def test_it_goes_on_where_it_was_stopped(question):
    part = experiment.patch(question, input_ids=OTHER, progress=lambda done, _: done < 8)
    assert (part.finished, part.planned) == (8, 24)
    whole = experiment.patch(question, input_ids=OTHER, resume=part)
    assert whole.complete
    with pytest.raises(ArgumentError, match=r"resume holds another scan \(residual of another text"):
        experiment.patch(question, input_ids=ids_of(8, seed=6), resume=part)


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_patched(question):
    with pytest.raises(ArgumentError, match=r"same number of tokens: input_ids has 5 in the other text, 8 in this one"):
        experiment.patch(question, input_ids=OTHER[:, :5])
    with pytest.raises(ArgumentError, match=r"no place to patch 'neurons'; there are: 'residual', 'heads'"):
        experiment.patch(question, input_ids=OTHER, where="neurons")
    with pytest.raises(ArgumentError, match=r"where='heads' is patched by head; leave out token="):
        experiment.patch(question, input_ids=OTHER, where="heads", token=1)
    with pytest.raises(ArgumentError, match=r"where='residual' is patched by token; leave out head="):
        experiment.patch(question, input_ids=OTHER, head=1)
    with pytest.raises(ArgumentError, match=r"token 8 does not exist; there are 8"):
        experiment.patch(question, input_ids=OTHER, token=8)
    with pytest.raises(ArgumentError, match=r"text needs a tokenizer"):
        experiment.patch(question, "another text")
    layer = question.model.model.layers[1]
    layer.inner = layer.mlp
    del layer.mlp
    layer.forward = lambda hidden_states, **_: hidden_states
    with pytest.raises(NoAttentionError, match=r"model.layers.1 has no MLP of a known name .*; it has self_attn, "):
        experiment.patch(question, input_ids=OTHER, where="mlp")
