"""Packed sequences (windows of a picture, several pictures) come in several calls of one layer."""

import numpy as np
import pytest
import torch

import regard
from models.build import build
from models.edited import reading
from regard import experiment
from regard.errors import NoAttentionError
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows

HEAD = 1


def asked():
    built = build("qwen2_5_vl_vision")
    built.model.set_attn_implementation("eager")
    question = experiment.ask(built.model, effect=reading(built.run()), **built.inputs)
    return built, question, next(site for site in question.passes.layout.sites if site.packed)


def by_hand(built, question, site, part, change):
    """The effect where ``change`` turns scores [head, query, key] of one part into weights."""
    module, inside, softmax = built.model.get_submodule(site.path), [], torch.nn.functional.softmax

    def changed(scores, *args, **kwargs):
        if not inside:
            return softmax(scores, *args, **kwargs)
        inside.append(1)
        return change(scores.clone(), softmax) if len(inside) == part + 2 else softmax(scores, *args, **kwargs)

    hooks = (
        module.register_forward_pre_hook(lambda *_: inside.append(1)),
        module.register_forward_hook(lambda *_: inside.clear()),
    )
    torch.nn.functional.softmax = changed
    try:
        return float(question.reading.read(built.run())) - float(question.passes.whole[0])
    finally:
        torch.nn.functional.softmax = softmax
        for hook in hooks:
            hook.remove()


def test_an_edit_is_what_the_same_change_by_hand_in_one_part_is():
    built, question, site = asked()
    record = regard.capture(built.model, **built.inputs)
    assert [one.layer for one in question.passes.layout.sites] == [0, 1]
    weights = record.weights[site.layer, HEAD]
    assert weights.shape == (site.queries, site.keys)
    query = site.queries - 1
    seen = np.flatnonzero(weights[query])
    first, key = int(seen[0]), int(seen[1])
    part = len(np.unique([np.flatnonzero(row)[0] for row in weights])) - 1
    at = (0, HEAD, query - first)

    def hidden(scores, softmax):
        scores[(*at, key - first)] = -torch.inf
        return softmax(scores, -1)

    def unread(scores, softmax):
        found = softmax(scores, -1)
        found[(*at, key - first)] = 0
        return found

    def even(scores, softmax):
        found = softmax(scores, -1)
        found[at] = 1 / found.shape[-1]
        return found

    place = {"layer": site.layer, "head": HEAD}
    cases = {
        KnockOut(**place, query=query, key=key): hidden,
        KnockOut(**place, query=query, key=key, how="value"): unread,
        ReplaceRows(**place, query=query): even,
    }
    expected = [by_hand(built, question, site, part, change) for change in cases.values()]
    found = experiment.run(question, list(cases)).values
    assert part > 0
    assert np.abs(expected).min() > 1e-2
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert question.passes.alone


def test_other_edits_of_packed_sequences_and_what_is_refused():
    built, question, site = asked()
    own = experiment.head_outputs(built.model, **built.inputs)
    assert own.texts[0]["encoder", site.layer, 0].shape[:2] == (site.queries, site.heads)
    place = {"layer": site.layer, "head": HEAD}
    values = experiment.run(
        question, [Edit(), Ablate(**place, by=own), Ablate(**place), KnockOut(**place, how="value")]
    ).values
    assert np.abs(values[:2]).max() < 1e-3
    assert values[2] == pytest.approx(values[3], rel=1e-3)
    assert abs(values[2]) > 1e-2
    with pytest.raises(NoAttentionError, match=r"part by part, so the mean of a head .* Ablate by 'zero'"):
        experiment.run(question, Ablate(**place, by="mean"))
    refused = pytest.raises(NoAttentionError, match="in several calls for one sequence")
    with refused, experiment.editing(built.model, KnockOut(layer=site.layer, key=0)):
        built.run()


@pytest.mark.parametrize("first", [0, 1])  # with nothing left out, and with the first layer
def test_a_model_that_packs_a_batch_into_one_sequence_runs_variants_one_by_one(first):
    built = build("pixtral")
    question = experiment.ask(built.model, effect=reading(built.run()), **built.inputs)
    edits = [Ablate(layer=1, head=HEAD), KnockOut(layer=first, head=HEAD, query=2, key=1)]
    assert not question.passes.alone
    found = experiment.run(question, edits)
    assert question.passes.alone
    assert found.values == pytest.approx([experiment.run(question, edit).values[0] for edit in edits], abs=1e-4)
    assert found.measurable.all()
