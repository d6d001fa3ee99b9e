"""The schema of the workbench's messages says what is asked and answered, and nothing else."""

import json
from pathlib import Path

import jsonschema
import pytest

from regard.view.json_schema import schema
from regard.view.workbench_spec import ASKS

GOLDEN = Path(__file__).parents[2] / "web" / "test" / "golden" / "seq2seq.json"


def validator(name: str) -> jsonschema.Draft202012Validator:
    whole = schema()
    jsonschema.Draft202012Validator.check_schema(whole)
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": whole["$defs"]})


def test_what_a_model_was_asked_and_answered_is_of_the_schema():
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    requests, answers = validator("RequestSpec"), validator("AnswerSpec")
    pairs = golden["answers"] + golden["near"]["answers"]
    assert len(pairs) > 20
    for one in pairs:
        requests.validate(one["request"])
        answers.validate(one["answer"])
    assert any(one["answer"]["error"] for one in pairs)
    validator("ProgressSpec").validate({"id": 3, "tokens": 2, "most": 13})


@pytest.mark.parametrize(
    "request_",
    [
        {"ask": "frce", "fields": {}},
        {"ask": "force"},
        {"ask": "force", "fields": {"step": "5", "token": "0"}},
        {"ask": "force", "fields": {"step": 5, "token": "0", "more": 1}},
        {"ask": "links", "fields": {"state": 0, "heads": [[1, 2, 3]]}},
        {"ask": "edit_attention", "fields": {"edits": [{"change": "move", "to": [1]}]}},
        {"ask": "edit_attention", "fields": {"edits": [{"step": 1, "change": "remove"}]}},
        {"id": "1", "ask": "undo", "fields": {}},
    ],
)
def test_what_makes_no_sense_is_not(request_):
    with pytest.raises(jsonschema.ValidationError):
        validator("RequestSpec").validate(request_)


def test_every_request_has_its_place():
    names = [one["properties"]["ask"]["const"] for one in schema()["$defs"]["RequestSpec"]["oneOf"]]
    assert names == list(ASKS)
    edit = {"ask": "edit_attention", "fields": {"edits": [{"step": 1, "to": [0], "row": None}]}}
    validator("RequestSpec").validate(edit)
    validator("RequestSpec").validate({"ask": "undo"})


def test_an_answer_with_more_or_less_is_none():
    answer = json.loads(GOLDEN.read_text(encoding="utf-8"))["answers"][0]["answer"]
    for wrong in ({**answer, "more": 1}, {**answer, "id": None}, {"id": 3}):
        with pytest.raises(jsonschema.ValidationError):
            validator("AnswerSpec").validate(wrong)
