"""Every edit does exactly what the same change by hand does to the weights of the model's own eager attention."""

from copy import deepcopy

import numpy as np
import pytest
import torch

import regard
from experiment import by_hand
from experiment.conftest import ids_of
from regard import experiment
from regard.experiment import Ablate, KnockOut, ReplaceRows
from regard.testing import tiny_model

PATHS = {
    "llama": ("decoder", "model.layers.1.self_attn"),
    "mistral": ("decoder", "model.layers.1.self_attn"),
    "gemma2": ("decoder", "model.layers.1.self_attn"),
    "gpt_oss": ("decoder", "model.layers.1.self_attn"),
    "gpt2": ("decoder", "transformer.h.1.attn"),
    "bert": ("encoder", "encoder.layer.1.attention.self"),
    "t5": ("decoder", "decoder.block.1.layer.0.SelfAttention"),
    "t5 cross": ("cross", "decoder.block.1.layer.1.EncDecAttention"),
    "bart cross": ("cross", "model.decoder.layers.1.encoder_attn"),
}
HEAD, QUERY, KEY = 2, 7, 5


def inputs_for(name: str) -> dict[str, torch.Tensor]:
    if name.split()[0] in ("t5", "bart"):
        return {"input_ids": ids_of(9), "decoder_input_ids": ids_of(10, seed=1)}
    return {"input_ids": ids_of(10)}


def cases(kind: str) -> dict[str, tuple]:
    place = {"layer": 1, "head": HEAD, "query": QUERY, "kind": kind}
    row = np.zeros(9 if kind == "cross" else 10, dtype=np.float32)
    row[[5, 6]] = 0.25, 0.5
    return {
        "mask": (KnockOut(**place, key=KEY), by_hand.masked(HEAD, QUERY, KEY)),
        "value": (KnockOut(**place, key=KEY, how="value"), by_hand.valued(HEAD, QUERY, KEY)),
        "uniform": (ReplaceRows(**place), by_hand.uniform(HEAD, QUERY)),
        "given": (ReplaceRows(**place, weights=row), by_hand.given(HEAD, QUERY, torch.from_numpy(row))),
        "zero": (Ablate(layer=1, head=HEAD, kind=kind), by_hand.ablated(HEAD, "zero")),
        "mean": (Ablate(layer=1, head=HEAD, kind=kind, by="mean"), by_hand.ablated(HEAD, "mean")),
    }


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("case", ["mask", "value", "uniform", "given", "zero", "mean"])
def test_an_edit_is_what_the_same_change_by_hand_is(name, case, monkeypatch):
    kind, path = PATHS[name]
    model, inputs = tiny_model(name.split()[0]), inputs_for(name)
    edit, change = cases(kind)[case]
    unedited = by_hand.logits(model, inputs)
    with experiment.editing(model, edit):
        found = by_hand.logits(model, inputs)
    assert torch.equal(by_hand.logits(model, inputs), unedited)
    expected = by_hand.logits(by_hand.with_eager(deepcopy(model), monkeypatch, {path: change}), inputs)
    size = float((expected - unedited).abs().max())
    assert size > 1e-3
    assert float((found - expected).abs().max()) < 1e-3 * size + 2e-5


@pytest.mark.parametrize("name", ["llama", "mistral", "gpt2", "gpt_oss", "gemma2"])
@pytest.mark.parametrize("query", [QUERY, -1])
def test_runs_that_leave_out_what_is_unchanged_give_the_same(name, query):
    model, inputs = tiny_model(name), inputs_for(name)
    question = experiment.ask(model, **inputs)
    variants = [
        [KnockOut(layer=1, head=HEAD, query=query, key=6), KnockOut(layer=1, head=HEAD, query=query, key=7)],
        KnockOut(layer=1, head=0, query=query, key=-4, how="value"),
        ReplaceRows(layer=1, query=query, weights="permuted", seed=3),
        Ablate(layer=1, head=[0, 3], query=query),
        [],
    ]
    found = experiment.run(question, variants)
    assert question.passes.reused == ("layers", "tokens")
    with torch.no_grad():
        before = model(**inputs).logits[0, -1].log_softmax(-1)
    for variant, log_p, tvd in zip(variants, found.values, found.effects["tvd"], strict=True):
        with experiment.editing(model, *(variant if isinstance(variant, list) else [variant])), torch.no_grad():
            after = model(**inputs).logits[0, -1].log_softmax(-1)
        target = question.baseline.target
        assert log_p == pytest.approx(float(after[target] - before[target]), abs=2e-5)
        assert tvd == pytest.approx(float((after.exp() - before.exp()).abs().sum() / 2), abs=1e-5)
    assert found.noise["log_p"] < 1e-4
    assert found.measurable[3]
    assert not found.measurable[4]


@pytest.mark.parametrize("query", [QUERY, slice(3, None), None])
@pytest.mark.parametrize("head", [HEAD, [0, 3], None])
def test_rows_of_another_input_are_taken_as_they_are(llama, ids, head, query, monkeypatch):
    other = regard.capture(llama, input_ids=ids_of(10, seed=4)).weights
    heads, queries = np.arange(4)[head if head is not None else slice(None)], np.arange(10)
    queries = queries[query if query is not None else slice(None)]
    rows = other[1][np.ix_(np.atleast_1d(heads), np.atleast_1d(queries))]
    given = rows[0] if head == HEAD else rows

    def change(weights, values):
        weights = weights.clone()
        weights[:, torch.as_tensor(heads).view(-1, 1), torch.as_tensor(queries).view(1, -1)] = torch.as_tensor(rows)
        return by_hand.summed(weights, values)

    with experiment.editing(llama, ReplaceRows(layer=1, head=head, query=query, weights=given)):
        found = by_hand.logits(llama, {"input_ids": ids})
    unedited = by_hand.logits(llama, {"input_ids": ids})
    expected = by_hand.logits(
        by_hand.with_eager(deepcopy(llama), monkeypatch, {PATHS["llama"][1]: change}), {"input_ids": ids}
    )
    assert float((expected - unedited).abs().max()) > 1e-3
    assert float((found - expected).abs().max()) < 2e-5
    direct = experiment.run(
        experiment.ask(llama, input_ids=ids), ReplaceRows(layer=1, head=2, query=-1, weights=other[1, 2, -1])
    )
    assert direct.measurable[0]


def test_cutting_keys_together_masks_them_together(llama, ids):
    question = experiment.ask(llama, input_ids=ids)
    at = {"layer": 1, "head": 0, "query": -1}
    together, apart, overlapping = (
        KnockOut(**at, key=[2, 3, 4]),
        [KnockOut(**at, key=key) for key in (2, 3, 4)],
        [KnockOut(layer=1, head=[0, 1], query=[8, 9], key=2), KnockOut(layer=1, head=0, query=9, key=[3, 4])],
    )
    found = experiment.run(question, [together, apart, overlapping, [together, overlapping[0]]])
    assert found.values[0] == pytest.approx(found.values[1], abs=1e-6)
    assert found.values[2] == pytest.approx(found.values[3], abs=1e-6)
    assert abs(found.values[0] - found.values[2]) > 1e-4


def test_a_query_without_keys_reads_nothing(llama, ids):
    question = experiment.ask(llama, input_ids=ids)
    place = {"layer": 2, "head": 1, "query": -1}
    found = experiment.run(question, [KnockOut(**place), KnockOut(**place, how="value"), Ablate(**place)])
    assert found.values == pytest.approx([found.values[0]] * 3, abs=1e-5)


def test_a_sink_and_a_blocker_part_the_two_kinds_of_knock_out():
    """A key whose value is zero passes nothing on: cutting its value does nothing, hiding it re-routes its mass."""
    model = tiny_model("gpt2")
    with torch.no_grad():
        model.transformer.h[1].attn.c_attn.weight[:, 64:] = 0
        model.transformer.h[1].attn.c_attn.bias[64:] = 0
    question = experiment.ask(model, input_ids=ids_of(10))
    cuts = [KnockOut(layer=1, query=-1, key=2, how=how) for how in ("value", "mask")]
    assert not experiment.run(question, cuts).measurable.any()


def test_permuting_keeps_the_weights_and_only_moves_them(llama, ids):
    from regard.capture import recording

    seen = []
    same = ReplaceRows(layer=0, query=5, weights="permuted", keep=0, seed=1)
    llama.set_attn_implementation("eager")
    with torch.no_grad(), recording(llama, lambda call: None):
        plain = llama(input_ids=ids, output_attentions=True).attentions[0][0, :, 5]
        with experiment.editing(llama, same):
            seen = llama(input_ids=ids, output_attentions=True).attentions[0][0, :, 5]
    assert torch.allclose(seen.sort(-1).values, plain.sort(-1).values, atol=1e-6)
    assert torch.allclose(seen[:, 0], plain[:, 0], atol=1e-6)
    assert not torch.allclose(seen, plain, atol=1e-3)
    assert (seen[:, 6:] == 0).all()
