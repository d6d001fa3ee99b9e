"""The report as a picture: what of it is in the spec, its text, and what is no report."""

import json
from pathlib import Path

import pytest

import regard
from regard.errors import ArgumentError
from regard.record.display import display
from regard.view import ReliabilityView

REPORT = json.loads((Path(__file__).parents[2] / "gallery" / "reliability_smollm2.json").read_text(encoding="utf-8"))


class Held:
    """What has a report's data, as a report has."""

    def data(self):
        return REPORT


@pytest.mark.parametrize("given", [REPORT, json.dumps(REPORT), Held()])
def test_a_report_its_data_and_its_json_are_the_same_view(given):
    view = regard.reliability_view(given, language="en", title="Spain")
    spec = view.spec()
    assert spec["title"] == "Spain"
    assert spec["reliability"]["row"] == REPORT["picture"]["row"]
    assert view.record.weights[0, 0, 0] == pytest.approx(REPORT["picture"]["row"], abs=1e-6)
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert view.arrays() == ()


def test_every_shown_token_has_its_tests_and_its_controls():
    found = regard.reliability_view(REPORT).shown
    assert [judged.role for judged in found.judged] == ["together", "bright", "bright", "bright", "parked"]
    together, first = found.judged[:2]
    assert together.effect == REPORT["together"]["replaced"]["effect"]
    assert together.controls == REPORT["together"]["sets"]
    assert first.tokens == [12]
    assert first.effect == next(one for one in REPORT["tested"] if one["token"] == 12)["replaced"]["effect"]
    assert len(first.controls) == 14
    assert first.value.all == next(one for one in REPORT["tested"] if one["token"] == 12)["cut"]["value_all"]
    assert found.parked == [0]
    assert len(found.moved) == 19
    assert [finding.question for finding in found.findings] == ["Q0", "Q1", "Q2", "Q3", "Q4", "Q5"]


def test_what_was_not_measured_is_none_and_says_so():
    part = json.loads(json.dumps(REPORT))
    for one in part["tested"]:
        one["replaced"], one["cut"] = None, None
    part["together"], part["findings"] = None, [one for one in part["findings"] if one["question"] != "Q3"]
    found = regard.reliability_view(part).shown
    assert all(judged.effect is None and judged.value.view is None for judged in found.judged)
    assert found.judged[0].controls == []
    assert (found.moved, found.even) == ([], None)


def test_its_text_holds_every_sentence_whole():
    told = " ".join(regard.reliability_view(REPORT).text(width=80).split())
    for verdict in REPORT["verdicts"]:
        assert " ".join(verdict["sentence"]["en"].split()) in told
    for finding in REPORT["findings"]:
        assert " ".join(finding["sentence"]["en"].split()) in told
    assert "n = 1 text" in told
    chinese = regard.reliability_view(REPORT, language="zh").text()
    assert "得到支持，但不经由此图" in chinese
    assert max(map(len, regard.reliability_view(REPORT).text(width=60).splitlines())) <= 60


def test_a_report_is_shown_through_the_door():
    assert isinstance(display("report", Held()), ReliabilityView)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{", "the report is no JSON"),
        ("[]", "expected a report of regard.reliability"),
        ({"version": 2, "verdicts": []}, r"\(version 1\); got dict"),
    ],
)
def test_what_is_no_report(given, message):
    with pytest.raises(ArgumentError, match=message):
        regard.reliability_view(given)
