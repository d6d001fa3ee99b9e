"""Scans: every cell is the effect of that edit alone; what is finished is kept."""

import warnings

import numpy as np
import pytest
import torch
import transformers

from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError
from regard.experiment import Ablate, KnockOut
from regard.testing import tiny_model


@pytest.fixture
def question(llama, ids):
    return experiment.ask(llama, input_ids=ids)


def test_scanning_heads_ablates_each_alone(question):
    scan = experiment.scan_heads(question)
    assert scan.values.shape == scan.whole.shape == (3, 4)
    assert scan.axes == ("layer", "head")
    assert scan.complete
    alone = [Ablate(layer=layer, head=head) for layer in range(3) for head in range(4)]
    assert scan.values.ravel() == pytest.approx(experiment.run(question, alone).values, abs=1e-5)
    assert scan.effects["tvd"].min() > 0
    assert repr(scan) == (
        "<Scan of log_p [layer 3 head 4]: each head alone: ablation (zero) in decoder attention; 12 of 12 run>"
    )


def test_some_layers_and_heads_are_placed_among_all(question):
    scan = experiment.scan_heads(question, "mean", layer=[0, -1], head=slice(1, 3))
    assert scan.values.shape == (2, 2)
    assert scan.numbers == {"layer": (0, 2), "head": (1, 2)}
    assert np.isnan(scan.whole).sum() == 12 - 4
    alone = experiment.run(question, Ablate(layer=2, head=1, by="mean")).values[0]
    assert scan.whole[2, 1] == scan.values[1, 0] == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("how", ["mask", "value"])
def test_scanning_edges_cuts_each_alone(question, how):
    scan = experiment.scan_edges(question, layer=1, head=0, query=None, how=how)
    assert scan.values.shape == (10, 10)
    assert np.array_equal(np.isnan(scan.values), np.triu(np.ones((10, 10), dtype=bool), 1))
    edges = [(9, 3), (6, 6), (0, 0), (4, 1)]
    alone = [KnockOut(layer=1, head=0, query=q, key=k, how=how) for q, k in edges]
    assert [scan.values[edge] for edge in edges] == pytest.approx(experiment.run(question, alone).values, abs=1e-5)


def test_edges_of_the_last_query_cut_in_every_layer_are_more_than_in_one(question):
    everywhere = experiment.scan_edges(question, key=[2, 5])
    assert everywhere.values.shape == (1, 2)
    together = experiment.run(question, [KnockOut(query=-1, key=key) for key in (2, 5)])
    assert everywhere.values[0] == pytest.approx(together.values, abs=1e-5)
    assert "layer all, head all" in everywhere.what


def test_windows_leave_cached_keys_behind():
    model = tiny_model("mistral")
    scan = experiment.scan_edges(experiment.ask(model, input_ids=ids_of(12)), layer=1)
    assert (np.abs(scan.values[0, :8]) < 1e-5).all()
    assert (np.abs(scan.effects["tvd"][0, 8:]) > 1e-4).all()


def test_an_encoder_is_scanned_at_its_mask(ids):
    settings = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    torch.manual_seed(0)
    model = transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=500, initializer_range=0.3, **settings))
    question = experiment.ask(model.eval(), input_ids=ids, position=3, target=7, foil=9)
    edges = experiment.scan_edges(question, layer=1, query=3)
    alone = experiment.run(question, [KnockOut(layer=1, query=3, key=key) for key in range(10)])
    assert edges.values[0] == pytest.approx(alone.values, abs=1e-5)
    assert question.passes.reused == ("layers",)
    tokens = experiment.scan_tokens(question, "delete")
    assert tokens.numbers["token"] == (0, 1, 2, 4, 5, 6, 7, 8, 9)
    left = [i for i in range(10) if i != 1]
    with torch.no_grad():
        expected = model(input_ids=ids[:, left]).logits[0, 2].log_softmax(-1)[7]
    assert tokens.whole[1] == pytest.approx(float(expected) - question.baseline.log_p, abs=1e-5)


def test_scanning_tokens_replaces_each_by_samples(llama, question, ids):
    scan = experiment.scan_tokens(question, samples=2, proposal=[11, 12, 13])
    assert scan.values.shape == (10,)
    assert scan.samples["log_p"].shape == (10, 2)
    assert scan.values == pytest.approx(scan.samples["log_p"].mean(-1))
    found = set()
    with torch.no_grad():
        for other in (11, 12, 13):
            changed = ids.clone()
            changed[0, 6] = other
            after = llama(input_ids=changed).logits[0, -1].log_softmax(-1)[question.baseline.target]
            found.add(round(float(after) - question.baseline.log_p, 3))
    assert {round(float(value), 3) for value in scan.samples["log_p"][6]} <= found
    again = experiment.scan_tokens(question, samples=2, proposal=[11, 12, 13], token=6)
    assert again.values == pytest.approx(scan.values[[6]], abs=1e-5)


def test_deleting_a_token_of_a_language_model(llama, question, ids):
    scan = experiment.scan_tokens(question, "delete", token=[0, 4])
    left = [i for i in range(10) if i != 4]
    with torch.no_grad():
        after = llama(input_ids=ids[:, left]).logits[0, -1].log_softmax(-1)[question.baseline.target]
    assert scan.values[1] == pytest.approx(float(after) - question.baseline.log_p, abs=1e-5)


def test_heads_of_an_encoder_decoder_by_kind():
    model = tiny_model("t5")
    question = experiment.ask(model, input_ids=ids_of(9), decoder_input_ids=ids_of(4, seed=1))
    scan = experiment.scan_heads(question, kind="cross")
    assert scan.values.shape == (2, 4)
    assert np.abs(scan.values).min() > 0
    tokens = experiment.scan_tokens(question, samples=1)
    assert tokens.values.shape == (9,)


def test_progress_stops_and_resume_goes_on(question):
    seen = []

    def until_six(done, total):
        seen.append((done, total))
        return done < 6

    part = experiment.scan_heads(question, progress=until_six)
    assert seen == [(4, 12), (8, 12)]
    assert (part.finished, part.planned, part.complete) == (8, 12, False)
    assert np.isnan(part.values[0]).all()
    assert not np.isnan(part.values[1:]).any()
    seen.clear()
    whole = experiment.scan_heads(question, progress=lambda *now: seen.append(now), resume=part)
    assert seen == [(12, 12)]
    assert whole.values == pytest.approx(experiment.scan_heads(question).values, abs=1e-6)
    with pytest.raises(ArgumentError, match=r"resume holds another scan .*zero.* than this one .*mean"):
        experiment.scan_heads(question, "mean", resume=part)


def test_the_keyboard_stops_and_the_finished_part_is_kept(question):
    def interrupted(done, _):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match=r"interrupted after 4 of 12 variants; go on with resume= of this result"):
        part = experiment.scan_heads(question, progress=interrupted)
    assert part.finished == 4
    assert experiment.scan_heads(question, resume=part).complete


def test_a_failure_on_the_way_gives_what_is_finished(question):
    def full(done, _):
        if done == 8:
            raise MemoryError("too much")

    with pytest.raises(
        experiment.ScanStoppedError, match=r"stopped after 8 of 12 variants \(MemoryError: too much\)"
    ) as e:
        experiment.scan_heads(question, progress=full)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert experiment.scan_heads(question, resume=e.value.partial).complete


def test_a_reference_text_is_patched_in(llama, question, ids):
    own = experiment.head_outputs(llama, input_ids=ids)
    other = experiment.head_outputs(llama, input_ids=ids_of(10, seed=5))
    same = experiment.scan_heads(question, own)
    assert not same.measurable.any()
    assert experiment.scan_heads(question, other).measurable.any()
    whole = experiment.run(question, [Ablate(by=other)])
    with torch.no_grad():
        there = llama(input_ids=ids_of(10, seed=5)).logits[0, -1].log_softmax(-1)
        here = llama(input_ids=ids).logits[0, -1].log_softmax(-1)
    assert whole.effects["tvd"][0] < float((there.exp() - here.exp()).abs().sum() / 2) * 3
