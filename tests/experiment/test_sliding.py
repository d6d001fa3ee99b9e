"""Longformer and LED: a band of local attention, and tokens that see all and are seen by all."""

import numpy as np
import pytest
import torch
from transformers import LEDConfig, LEDModel, LongformerConfig, LongformerModel

import regard
from experiment.conftest import ids_of
from models.build import spread
from regard import experiment
from regard.errors import NoAttentionError
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows

HEADS, HEAD, TOKENS, GLOBAL = 4, 1, 10, (0, 4)
NAMES = ("longformer", "longformer without global tokens", "led")


def total(output):
    states = output.last_hidden_state.double()
    states = states[:, :TOKENS].flatten(1)
    return states @ torch.randn(states.shape[1], dtype=torch.double, generator=torch.Generator().manual_seed(0))


def built(name):
    torch.manual_seed(0)
    if name == "led":
        config = LEDConfig(
            vocab_size=500, d_model=32, encoder_layers=2, decoder_layers=1, encoder_attention_heads=HEADS,
            decoder_attention_heads=HEADS, encoder_ffn_dim=32, decoder_ffn_dim=32, attention_window=[4, 4],
        )  # fmt: skip
        model = LEDModel(config)
    else:
        config = LongformerConfig(
            vocab_size=500, hidden_size=32, num_hidden_layers=2, num_attention_heads=HEADS, intermediate_size=32,
            attention_window=[4, 4], max_position_embeddings=40,
        )  # fmt: skip
        model = LongformerModel(config)
    inputs = {"input_ids": ids_of(TOKENS)}  # padded to 12 by the model itself
    if "without" not in name:
        mask = torch.zeros(1, TOKENS, dtype=torch.long)
        mask[0, list(GLOBAL)] = 1
        inputs["global_attention_mask"] = mask
    if name == "led":
        inputs["decoder_input_ids"] = ids_of(5, seed=2)
    return spread(model.eval()), inputs


def column(name, query, key):
    """Where the model's own code has this key in the softmax over windows of four."""
    places = () if "without" in name else GLOBAL
    return places.index(key) if key in places else len(places) + key - query + 2


def by_hand(model, inputs, path, change):
    """What a run gives in which ``change`` has turned weights of windows [token, head, column], or those of the global
    tokens [head, global, token], as the module itself has them."""
    softmax, inside = torch.nn.functional.softmax, []
    module = model.get_submodule(path)

    def changed(scores, *args, **kwargs):
        if not inside:
            return softmax(scores, *args, **kwargs)
        kept = scores.clone()
        held = kept[0] if scores.ndim == 4 else kept
        return change(held, kept, lambda: softmax(kept, *args, **kwargs), scores.ndim == 3)

    hooks = (
        module.register_forward_pre_hook(lambda *_: inside.append(1)),
        module.register_forward_hook(lambda *_: inside.clear()),
    )
    torch.nn.functional.softmax = changed
    try:
        with torch.no_grad():
            return float(total(model(**inputs)))
    finally:
        torch.nn.functional.softmax = softmax
        for hook in hooks:
            hook.remove()


def local(do):
    """A change of the windows' softmax alone."""
    return lambda held, kept, finish, of_global: finish() if of_global else do(held, finish)


def outer(do):
    """A change of the global tokens' softmax alone."""
    return lambda held, kept, finish, of_global: do(held, finish) if of_global else finish()


def hiding(*at):
    def do(held, finish):
        held[at] = -torch.inf
        return finish()

    return do


def zeroing(*at):
    def do(_held, finish):
        weights = finish()
        (weights[0] if weights.ndim == 4 else weights)[at] = 0
        return weights

    return do


def evening(*at):
    def do(_held, finish):
        weights = finish()
        row = (weights[0] if weights.ndim == 4 else weights)[at]
        seen = (row > 0).to(row.dtype)
        row.copy_(seen / seen.sum())
        return weights

    return do


def everywhere(head):
    def change(_held, _kept, finish, of_global):
        weights = finish()
        if of_global:
            weights.unflatten(0, (1, HEADS))[:, head] = 0
        else:
            weights[:, :, head] = 0
        return weights

    return change


def without_head(model, inputs, path):
    """What a run gives in which the head's mean over the text stands for it, in what the module gives."""

    def hook(_module, _args, output):
        states = output[0].clone()
        width = states.shape[-1] // HEADS
        part = states[:, :TOKENS, HEAD * width : (HEAD + 1) * width]
        part.copy_(part.mean(1, keepdim=True).expand_as(part))
        return (states, *output[1:])

    with torch.no_grad(), model.get_submodule(path).register_forward_hook(hook):
        return float(total(model(**inputs)))


@pytest.mark.parametrize("name", NAMES)
def test_an_edit_is_what_the_same_change_by_hand_is(name):
    model, inputs = built(name)
    question = experiment.ask(model, effect=total, **inputs)
    site = question.passes.layout.of_kind("encoder")[-1]
    assert (site.heads, site.queries, site.keys) == (HEADS, TOKENS, TOKENS)
    place = {"layer": 1, "head": HEAD, "kind": "encoder"}
    near, far = column(name, 5, 6), column(name, 7, 7 if "without" in name else 0)
    edits = {
        KnockOut(**place, query=5, key=6): local(hiding(5, HEAD, near)),
        KnockOut(**place, query=5, key=6, how="value"): local(zeroing(5, HEAD, near)),
        KnockOut(**place, query=7, key=7 if "without" in name else 0): local(hiding(7, HEAD, far)),
        ReplaceRows(**place, query=5): local(evening(5, HEAD)),
        Ablate(**place): everywhere(HEAD),
        KnockOut(**place, how="value"): everywhere(HEAD),
    }
    if "without" not in name:
        edits |= {
            KnockOut(**place, query=4, key=9): outer(hiding(HEAD, 1, 9)),
            KnockOut(**place, query=4, key=9, how="value"): outer(zeroing(HEAD, 1, 9)),
            ReplaceRows(**place, query=4): outer(evening(HEAD, 1)),
        }
    before = float(question.passes.whole[0])
    expected = [by_hand(model, inputs, site.path, change) - before for change in edits.values()]
    edits[Ablate(**place, by="mean")] = None
    expected.append(without_head(model, inputs, site.path) - before)
    assert np.abs(expected).min() > 1e-3
    found = experiment.run(question, list(edits)).values
    assert found == pytest.approx(expected, abs=1e-4)
    with torch.no_grad():
        assert float(total(model(**inputs))) == before
        with experiment.editing(model, next(iter(edits))):
            assert float(total(model(**inputs))) - before == pytest.approx(expected[0], abs=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_edges_and_rows_are_those_of_the_record(name):
    model, inputs = built(name)
    question = experiment.ask(model, effect=total, **inputs)
    weights = regard.capture(model, **inputs).attentions["encoder"].weights
    assert weights.shape == (2, HEADS, TOKENS, TOKENS)
    for query in (3, 4):
        scan = experiment.scan_edges(question, layer=1, head=HEAD, query=query, how="value", kind="encoder")
        assert np.array_equal(np.abs(scan.values[0]) > 1e-5, weights[1, HEAD, query] > 0)
        row = weights[1, HEAD, query]
        same = ReplaceRows(layer=1, head=HEAD, query=query, kind="encoder", weights=row)
        assert abs(experiment.run(question, same).values[0]) < 1e-4
    rows = weights[1, HEAD, 3:6]
    together = ReplaceRows(layer=1, head=HEAD, query=slice(3, 6), kind="encoder", weights=rows)
    others = ReplaceRows(layer=1, head=HEAD, query=slice(3, 6), kind="encoder", weights=rows * 0.5)
    assert abs(experiment.run(question, [together, others]).values[0]) < 1e-4
    assert experiment.run(question, others).measurable[0]
    assert experiment.scan_heads(question, kind="encoder").measurable.all()


def test_outputs_of_another_text_and_no_change():
    model, inputs = built("longformer")
    question = experiment.ask(model, effect=total, **inputs)
    own = experiment.head_outputs(model, **inputs)
    other = experiment.head_outputs(model, **{**inputs, "input_ids": ids_of(TOKENS, seed=5)})
    found = experiment.run(question, [Edit(), Ablate(by=own), Ablate(layer=1, head=HEAD, by=other)]).values
    assert np.abs(found[:2]).max() < 1e-4
    assert abs(found[2]) > 1e-2
    permuted = [ReplaceRows(layer=1, weights="permuted", seed=seed) for seed in (0, 1)]
    assert experiment.run(question, permuted).measurable.all()


def test_weights_outside_the_window_and_texts_that_differ_are_refused():
    model, inputs = built("longformer")
    question = experiment.ask(model, effect=total, **inputs)
    row = np.ones(TOKENS) / TOKENS
    with pytest.raises(regard.errors.ArgumentError, match="look at key 1, which the model hides"):
        experiment.run(question, ReplaceRows(layer=0, query=5, weights=row))
    two = {
        "input_ids": inputs["input_ids"].expand(2, -1),
        "global_attention_mask": torch.eye(TOKENS, dtype=torch.long)[:2],
    }
    refused = pytest.raises(NoAttentionError, match="rows of a batch with different padding or global tokens")
    with refused, experiment.editing(model, KnockOut(layer=0, key=1)), torch.no_grad():
        model(**two)
    with pytest.raises(NoAttentionError, match="attention over sliding windows, which is no product"):
        experiment.value_zeroing(question, layer=0)
