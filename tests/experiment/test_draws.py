"""Some models draw random numbers though they are in eval mode: every run of an experiment draws the same ones."""

import numpy as np
import pytest
import torch

from experiment.test_windows import total
from models import hand
from models.build import SEED, build
from regard import experiment
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows

HEAD, QUERY, KEY = 1, 2, 1


def asked(model_type):
    built = build(model_type)
    if model_type == "informer":
        built.model.set_attn_implementation("eager")
    torch.manual_seed(SEED)
    return built, experiment.ask(built.model, effect=total, **built.inputs)


@pytest.mark.parametrize("model_type", ["informer", "vilt"])
def test_an_edit_is_what_the_same_change_by_hand_is_with_the_same_random_numbers(model_type):
    built, question = asked(model_type)
    assert question.passes.alone
    assert question.passes.reused == ()
    sites = [site for site in question.passes.layout.sites if site.keys > KEY and site.kind == "encoder"]
    for site in sites:
        place = {"layer": site.layer, "head": HEAD, "kind": site.kind}
        cases = [
            (KnockOut(**place, query=QUERY, key=KEY), hand.hidden(0, HEAD, QUERY, KEY)),
            (KnockOut(**place, query=QUERY, key=KEY, how="value"), hand.unread(0, HEAD, QUERY, KEY)),
            (ReplaceRows(**place, query=QUERY), hand.even(0, HEAD, QUERY)),
            (Ablate(**place), hand.silent(HEAD)),
            (Ablate(**place, by="mean"), hand.averaged(HEAD)),
        ]
        edits, changes = zip(*cases, strict=True)
        expected = []
        for change in changes:
            with hand.softmax_changed(built.model.get_submodule(site.path), site.heads, change):
                expected.append(float(total(built.run())) - float(question.passes.whole[0]))
        assert np.abs(expected).min() > 1e-4
        assert experiment.run(question, list(edits)).values == pytest.approx(expected, abs=1e-4, rel=1e-3)


@pytest.mark.parametrize("model_type", ["informer", "vilt"])
def test_nothing_changes_without_an_edit_and_your_own_random_numbers_go_on(model_type):
    _, question = asked(model_type)
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    values = experiment.run(question, [Edit(kind="encoder"), Edit(kind="encoder", layer=0)]).values
    assert torch.equal(torch.rand(3), expected)
    assert np.abs(values).max() < 1e-4


def test_without_the_same_random_numbers_runs_differ():
    built, _ = asked("vilt")
    with torch.no_grad():
        again = [float(total(built.model(**built.inputs))) for _ in range(2)]
    assert again[0] != pytest.approx(again[1], abs=1e-3)
