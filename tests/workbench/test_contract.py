"""The data that the front end is built from is what the dataclasses say."""

import json
import types
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import regard
from regard.demo import dates
from regard.view.workbench_spec import AnswerSpec, Seq2SeqSpec
from workbench.golden import DATE, PATH, WRITTEN, rounded, written


def fits(value: Any, hint: Any, where: str) -> None:
    """Fails where a value is not of a type hint, through dataclasses as JSON."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        assert set(value) == {field.name for field in fields(hint)}, where
        for name, inner in get_type_hints(hint).items():
            fits(value[name], inner, f"{where}.{name}")
    elif origin is Literal:
        assert value in arguments, where
    elif origin in (Union, types.UnionType):
        assert any(_does_fit(value, one, where) for one in arguments), f"{where}: {value!r:.80}"
    elif origin is list:
        for n, one in enumerate(value):
            fits(one, arguments[0], f"{where}[{n}]")
    elif origin is dict:
        for name, one in value.items():
            fits(one, arguments[1], f"{where}[{name}]")
    elif hint is float:
        assert isinstance(value, (int, float)), where
    elif hint is not Any:
        assert type(value) is hint, f"{where}: {value!r:.80} is no {hint}"


def _does_fit(value: Any, hint: Any, where: str) -> bool:
    if hint is type(None) or value is None:
        return value is None and hint is type(None)
    fits(value, hint, where)
    return True


def test_what_the_front_end_is_built_from_is_of_the_contract():
    found = json.loads(PATH.read_text(encoding="utf-8"))
    fits(found["first"], Seq2SeqSpec, "first")
    fits(found["spec"], Seq2SeqSpec, "spec")
    fits(found["near"]["spec"], Seq2SeqSpec, "near")
    assert len(found["answers"]) > 15
    assert all(one["answer"]["error"] is None for one in found["near"]["answers"])
    for one in found["answers"] + found["near"]["answers"]:
        fits(one["answer"], AnswerSpec, one["request"]["ask"])
    failed = [one["request"] for one in found["answers"] if one["answer"]["error"]]
    assert [one["fields"] for one in failed] == [{"step": 99, "token": 3}]


def close(a: Any, b: Any) -> bool:
    """Whether two JSON values are the same but for the last places of numbers."""
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and abs(a - b) < 1e-3
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(value, b[name]) for name, value in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(map(close, a, b))
    return bool(a == b)


def test_it_is_what_a_workbench_gives_today():
    found = json.loads(PATH.read_text(encoding="utf-8"))["first"]
    today = rounded(json.loads(json.dumps(regard.Workbench(*dates.load(), DATE, beams=4).view().spec())))
    assert close(found, today), "run: python tests/workbench/golden.py"


def test_live_generation_views_are_what_the_front_end_is_tested_with():
    found = json.loads(WRITTEN.read_text(encoding="utf-8"))
    assert close(found, rounded(json.loads(json.dumps(written())))), "run: python tests/workbench/golden.py"
