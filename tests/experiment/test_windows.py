"""Windows of a picture lie on the batch axis; experiments number them side by side, as records do."""

import pytest
import torch

import regard
from models import hand
from models.build import build
from regard import experiment
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows

TYPES = ("swin", "swinv2", "timesformer")


def total(output):
    states = output.last_hidden_state.double().flatten(1)
    return states @ torch.randn(states.shape[1], dtype=torch.double, generator=torch.Generator().manual_seed(0))


def asked(model_type):
    built = build(model_type)
    if model_type == "swin":
        built.model.set_attn_implementation("eager")
    question = experiment.ask(built.model, effect=total, **built.inputs)
    sites = question.passes.layout.sites
    return built, question, next(site for site in reversed(sites) if 1 < site.windows < site.queries)


def by_hand(built, question, site, change):
    with hand.softmax_changed(built.model.get_submodule(site.path), site.heads, change):
        return float(total(built.run())) - float(question.passes.whole[0])


@pytest.mark.parametrize("model_type", TYPES)
def test_an_edit_is_what_the_same_change_by_hand_is(model_type):
    built, question, site = asked(model_type)
    width = site.queries // site.windows
    query, key = 2 * width - 1, width + 1  # of the second window
    place = {"layer": site.layer, "head": 1}
    cases = [
        (KnockOut(**place, query=query, key=key), hand.hidden(1, 1, width - 1, 1)),
        (KnockOut(**place, query=query, key=key, how="value"), hand.unread(1, 1, width - 1, 1)),
        (ReplaceRows(**place, query=query), hand.even(1, 1, width - 1)),
        (Ablate(**place), hand.silent(1)),
    ]
    edits, changes = zip(*cases, strict=True)
    found = experiment.run(question, list(edits)).values
    expected = [by_hand(built, question, site, change) for change in changes]
    assert min(map(abs, expected)) > 1e-2
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)
    alone = [experiment.run(question, edit).values[0] for edit in edits]
    assert found == pytest.approx(alone, rel=1e-3, abs=1e-4)
    with experiment.editing(built.model, edits[0]):
        assert float(total(built.run())) - float(question.passes.whole[0]) == pytest.approx(expected[0], abs=1e-3)


@pytest.mark.parametrize("model_type", TYPES)
def test_the_mean_is_over_all_windows_and_outputs_of_other_pictures_are_put_in_place(model_type):
    built, question, site = asked(model_type)
    place = {"layer": site.layer, "head": 1}
    own = experiment.head_outputs(built.model, **built.inputs)
    other = experiment.head_outputs(built.model, pixel_values=built.inputs["pixel_values"].flip(-1))
    width = own.texts[0]["encoder", site.layer, 0].shape[-1]
    module = built.model.get_submodule(site.path)
    projected = module.output.dense if hasattr(module, "output") else None
    values = experiment.run(question, [Ablate(**place, by=by) for by in (own, "mean", other)]).values
    assert abs(values[0]) < 1e-3
    assert min(abs(values[1:])) > 1e-2
    assert own.texts[0]["encoder", site.layer, 0].shape[:2] == (site.queries, site.heads)
    assert projected is None or width * site.heads == projected.in_features


@pytest.mark.filterwarnings("ignore:encoder attention is over sequences of several lengths")
def test_queries_and_keys_are_those_of_the_record():
    built, question, site = asked("swinv2")
    record = regard.capture(built.model, **built.inputs, layers=[site.layer])
    weights = record.weights[site.layer, 1]
    assert weights.shape == (site.queries, site.keys)
    query = site.queries // site.windows
    scan = experiment.scan_edges(question, layer=site.layer, head=1, query=query, how="value")
    seen = weights[query] > 0
    assert (scan.numbers["key"], seen.sum()) == (tuple(range(site.keys)), site.keys // site.windows)
    assert (abs(scan.values[0][seen]) > 0).all()
    assert (scan.values[0] != scan.values[0])[~seen].all()  # edges between windows do not exist


def test_weights_across_windows_are_refused():
    _, question, site = asked("swinv2")
    row = torch.ones(site.keys).numpy() / site.keys
    with pytest.raises(regard.errors.ArgumentError, match=r"look at key \d+, which the model hides"):
        experiment.run(question, ReplaceRows(layer=site.layer, head=0, query=0, weights=row))


def test_every_layer_can_be_computed_anew():
    _, question, _ = asked("swinv2")
    for site in question.passes.layout.sites:
        assert abs(experiment.run(question, Edit(layer=site.layer)).values[0]) < 1e-3
