"""Each verdict is reached on a circuit whose causes are known, and none on what does not deserve it."""

import pytest
import torch

import regard
import regard.experiment.reliability as package
from regard.experiment.reliability.wording import chinese, english


@pytest.mark.parametrize(
    ("circuit", "options", "picture", "tokens"),
    [
        ("induction", {"layer": 1}, "SUPPORTED", {4: "SUPPORTED"}),
        ("induction", {"layer": 0}, "NOT SUPPORTED", {7: "NOT SUPPORTED"}),
        ("sink", {}, "ROUTING ONLY", {8: "ROUTING ONLY", 0: "SUPPORTED"}),
        ("unread", {"layer": 0}, "NOT SUPPORTED", {5: "NOT SUPPORTED"}),
        ("unread", {"layer": 1}, "SUPPORTED", {0: "SUPPORTED", 8: "OPPOSES"}),
        ("cancelling", {}, "NOT SUPPORTED", {8: "NOT SUPPORTED", 0: "SUPPORTED"}),
        ("cancelling", {"heads": [0]}, "NOT SUPPORTED", {8: "NOT SUPPORTED"}),
        ("blocker", {"layer": 1}, "ROUTING ONLY", {8: "ROUTING ONLY", 0: "SUPPORTED"}),
        ("either", {}, "CANNOT SAY", {}),
        ("bag", {"effect": "logit"}, "CANNOT SAY", {}),
    ],
)
def test_verdicts_on_circuits(report_on, circuit, options, picture, tokens):
    report = report_on(circuit, **options)
    assert report.verdict.word == picture
    assert {token: report.of(token).word for token in tokens} == tokens
    assert report.runs == report.planned
    assert not report.stopped


def test_what_is_read_at_a_relay_is_not_the_token_there(report_on):
    report = report_on("relay", heads=[0])
    assert {report.of(token).rule for token in (6, 7)} == {"position"}
    assert "does not depend on this token" in report.of(6).sentence["en"]


def test_a_token_that_is_read_in_another_layer_is_not_credited_to_the_picture(ground_truth):
    looks = ground_truth.Head().looks_at([4], 3).writes("word", "second", [4])  # where nobody reads
    reads = ground_truth.Head().looks_at(ground_truth.LETTERS, 10).writes("word", "said", ground_truth.LETTERS, 4)
    model = ground_truth.Model([[looks], [reads]], lambda said: said).eval()
    options = {"input_ids": torch.tensor([[6, 4, 7, 8, 9, 5, 5, 6]]), "position": 7, "proposal": [5, 6, 7, 8, 9]}
    picture, other = (regard.reliability(model, layer=layer, **options) for layer in (0, 1))
    assert picture.of(1).word == picture.verdict.word == "SUPPORTED, NOT THROUGH THIS PICTURE"
    assert picture.of(1).rule == "little"
    assert other.of(1).word == other.verdict.word == "SUPPORTED"


def test_a_token_that_speaks_against_opposes(ground_truth):
    against = ground_truth.Head().looks_at([4], 3).writes("word", "said", [4], -8)
    model = ground_truth.Model([[against]], lambda said: said).eval()
    options = {"input_ids": torch.tensor([[6, 4, 7, 8, 9, 5, 5, 6]]), "position": 7, "proposal": [5, 6, 7, 8, 9]}
    report = regard.reliability(model, target=4, effect="logit", **options)
    assert report.verdict.word == "CANNOT SAY"  # p of what it speaks against is below .05
    assert "uncertain" in report.verdict.sentence["en"]
    report = regard.reliability(model, target=3, foil=4, effect="logit", **options)
    assert report.verdict.word == "SUPPORTED"
    model = ground_truth.Model([[against]], lambda said: said / 30).eval()
    report = regard.reliability(model, target=4, effect="logit", **options)
    assert report.verdict.word == report.of(1).word == "OPPOSES"
    assert "RAISED" in report.verdict.sentence["en"]


def test_a_sink_takes_mass_and_passes_nothing_on(report_on):
    report = report_on("sink")
    decoy = next(found for found in report.tested if found.token == 8)
    assert decoy.weight == pytest.approx(0.9, abs=1e-3)
    assert decoy.written == 0
    assert decoy.cut.value_all == pytest.approx(0, abs=1e-9)
    assert decoy.cut.mask_all > 1
    assert report.finding("Q0").numbers["share"] == pytest.approx(0.9, abs=1e-3)


def test_the_unedited_numbers_are_the_models_own(report_on):
    report = report_on("sink")
    assert report.target.p == pytest.approx(2.718281828 / (2.718281828 + 15), abs=1e-4)  # the letter has 10 % of 10
    letter = next(found for found in report.tested if found.token == 0)
    assert letter.replaced.effect == pytest.approx(-1, abs=1e-3)  # a logit of 1 less
    assert letter.replaced.tvd == pytest.approx(report.target.p - 1 / (2.718281828 + 15), abs=1e-3)


def test_no_wording_claims_more_than_was_measured(report_on):
    told = report_on("sink").text() + report_on("sink").text("zh") + str(vars(english)) + str(vars(chinese))
    for word in ("explain", "because", "trust score", "解释"):
        assert word not in told.lower()
    assert set(english.VERDICTS) == set(chinese.VERDICTS)
    for table in ("ASKED", "PIECES", "FINDINGS", "NOTES", "TARGET", "REPLACEMENT", "WHY", "REASONS", "WORDS"):
        assert set(getattr(english, table)) == set(getattr(chinese, table))
    assert "explain" not in (package.__doc__ or "").lower()
