import threading

import numpy as np
import pytest
import torch

from regard.errors import ArgumentError
from regard.experiment import Ablate, KnockOut, ask, run, scan_edges, scan_heads, scan_tokens
from regard.experiment.layers import layers_of, leaving_out
from regard.testing import tiny_model, tiny_tokenizer
from regard.view.trials import STEPS, Asked

TEXT = "The cat sat on the mat"


@pytest.fixture(scope="module")
def asked():
    return ask(tiny_model("gpt2"), tiny_tokenizer("byte_level"), TEXT)


def place(asked, **more):
    site = asked.passes.layout.sites[0]
    size = (site.queries, site.keys)
    return {"kind": "decoder", "layer": 1, "heads": [0], "query": None, "key": None, "size": size, **more}


def test_an_edge_is_cut_in_both_ways_here_in_the_layer_and_everywhere(asked):
    last = asked.passes.tokens - 1
    found = list(asked.trial("edge", **place(asked, heads=[0, 1], query=last, key=1)))
    assert [(one.how, one.scope) for one in found] == [
        (how, scope) for scope in ("heads", "layer", "model") for how in ("mask", "value")
    ]
    cut = [{"layer": 1, "head": [0, 1]}, {"layer": 1}, {}]
    for (mask, value), where in zip(zip(found[0::2], found[1::2], strict=True), cut, strict=True):
        edits = [KnockOut(**where, query=last, key=1, how=how) for how in ("mask", "value")]
        np.testing.assert_allclose([mask.value, value.value], run(asked, edits).values, atol=2e-6)
        assert mask.measurable == (abs(mask.value) > 3 * mask.noise)


def test_heads_are_ablated_together(asked):
    found = list(asked.trial("heads", **place(asked, heads=[0, 2])))
    edits = [Ablate(layer=1, head=[0, 2], by=by) for by in ("zero", "mean")]
    np.testing.assert_allclose([one.value for one in found], run(asked, edits).values, atol=2e-6)
    assert [one.how for one in found] == ["zero", "mean"]


def test_a_token_is_replaced_and_its_spread_told(asked):
    (found,) = asked.trial("token", **place(asked, key=2))
    scan = scan_tokens(asked, token=2, samples=4)
    assert found.value == pytest.approx(float(scan.values[0]), abs=2e-6)
    each = scan.samples["log_p"][0]
    assert found.spread == pytest.approx(each.std(ddof=1) / 2, abs=2e-6)


@pytest.mark.parametrize("about", ["edge", "heads", "token"])
def test_a_test_has_as_many_findings_as_views_expect(asked, about):
    selected = place(asked, query=None if about == "token" else 3, key=1)
    assert len(list(asked.trial(about, **selected))) == STEPS[about]
    assert isinstance(asked, Asked)


@pytest.mark.parametrize(
    ("about", "more", "message"),
    [
        (
            "edge",
            {"size": (99, 99)},
            r"the question is about \d+ queries × \d+ keys of decoder.*this picture about 99 × 99",
        ),
        ("edge", {"query": 1}, "an edge has a query and a key; select both"),
        ("token", {}, "no token is selected"),
        (
            "token",
            {"key": 1, "size": (99, 99)},
            r"the question has \d+ tokens, this picture 99: ask about the same text",
        ),
        ("heads", {"heads": []}, "no head is selected"),
        ("heads", {"heads": [77]}, "head 77 does not exist"),
        ("word", {}, "no kind of test 'word'; there are: 'edge', 'heads', 'token'"),
    ],
)
def test_what_cannot_be_tested_is_told(asked, about, more, message):
    with pytest.raises(ArgumentError, match=message):
        list(asked.trial(about, **place(asked, **more)))


def test_scans_say_which_picture_they_are_of(asked):
    here = scan_edges(asked, layer=1, head=[0, -1], key=[0, 1])
    heads = asked.passes.layout.sites[0].heads
    assert (here.kind, dict(here.fixed)) == ("decoder", {"layer": (1,), "head": (0, heads - 1)})
    assert dict(scan_edges(asked, key=0).fixed) == {}
    assert scan_heads(asked, layer=1, head=0).kind == "decoder"
    assert scan_tokens(asked, token=1, samples=1).kind is None


def test_a_model_that_is_tested_runs_as_it_is_in_other_threads():
    model = tiny_model("gpt2")
    ids = torch.arange(5)[None]
    with torch.no_grad():
        before = model(ids).logits
    first = next(iter(layers_of(model)))
    got = []

    def work():
        with torch.no_grad():
            got.append(model(ids).logits)

    with leaving_out(model, {first: torch.zeros(1, 5, before.shape[-1])}, 1):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(30)
    torch.testing.assert_close(got[0], before, rtol=0, atol=0)
