"""LiLT's scores are the sum of two products, and its weights sum values of two kinds: text and layout."""

import numpy as np
import pytest

import regard
from experiment.test_windows import total
from models import hand
from models.build import build
from regard import experiment
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows
from regard.record import Factored

HEAD, QUERY, KEY = 1, 3, 2


def test_an_edit_is_what_the_same_change_by_hand_in_both_streams_is():
    built = build("lilt")
    question = experiment.ask(built.model, effect=total, **built.inputs)
    assert [site.layer for site in question.passes.layout.sites] == [0, 1]
    cases = []
    for site in question.passes.layout.sites:
        place = {"layer": site.layer, "head": HEAD}
        cases += [
            (site, KnockOut(**place, query=QUERY, key=KEY), hand.hidden(0, HEAD, QUERY, KEY)),
            (site, KnockOut(**place, query=QUERY, key=KEY, how="value"), hand.unread(0, HEAD, QUERY, KEY)),
            (site, ReplaceRows(**place, query=QUERY), hand.even(0, HEAD, QUERY)),
            (site, Ablate(**place), hand.silent(HEAD)),
            (site, Ablate(**place, by="mean"), hand.averaged(HEAD)),
        ]
    found = experiment.run(question, [edit for _, edit, _ in cases]).values
    expected = []
    for site, _, change in cases:
        with hand.softmax_changed(built.model.get_submodule(site.path), site.heads, change):
            expected.append(float(total(built.run())) - float(question.passes.whole[0]))
    assert np.abs(expected).min() > 1e-2
    assert found == pytest.approx(expected, abs=1e-3)


def test_outputs_of_another_text_are_of_both_streams():
    built = build("lilt")
    question = experiment.ask(built.model, effect=total, **built.inputs)
    own = experiment.head_outputs(built.model, **built.inputs)
    other = experiment.head_outputs(built.model, **{**built.inputs, "input_ids": built.inputs["input_ids"].flip(1)})
    found = experiment.run(question, [Edit(), Ablate(by=own), Ablate(layer=1, by=other)]).values
    assert np.abs(found[:2]).max() < 1e-3
    assert abs(found[2]) > 1e-2
    assert {turn for _, _, turn in own.texts[0]} == {0, 1}


def test_it_is_recorded_as_queries_and_keys_of_both_products():
    built = build("lilt")
    record = regard.capture(built.model, **built.inputs)
    layers = record.attention("encoder").layers
    assert [type(layer) for layer in layers] == [Factored, Factored]
    own = built.run(output_attentions=True).attentions
    for number, weights in enumerate(own):
        assert np.abs(record.weights[number] - weights[0].numpy()).max() < 1e-5
