"""The messages of the workbench as a JSON Schema, from the same dataclasses as ``web/src/spec.ts`` (``make docs``)."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from regard.view.state_spec import AttentionEditSpec
from regard.view.workbench_spec import ASKS, AnswerSpec, ProgressSpec, RequestSpec

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}
_FIELDS = {
    "int": int,
    "number": float,
    "str": str,
    "bool": bool,
    "None": type(None),
    "list[int]": list[int],
}
_PAIR = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
_EDIT = "AttentionEditRequest"


def schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of what :meth:`regard.Workbench.handle` takes (``#/$defs/RequestSpec``) and gives.

    >>> sorted(schema()["properties"])
    ['answer', 'progress', 'request']
    """
    defs: dict[str, Any] = {}
    defs |= {RequestSpec.__name__: _requests(), _EDIT: _edit_request(defs)}
    shown = {"answer": AnswerSpec, "progress": ProgressSpec}
    properties = {name: _of(spec, defs) for name, spec in shown.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Messages of the workbench of regard",
        "description": "A request, how far it is, and its answer. Attention does not travel in answers.",
        "type": "object",
        "properties": {"request": {"$ref": f"#/$defs/{RequestSpec.__name__}"}, **properties},
        "$defs": dict(sorted(defs.items())),
    }


def _requests() -> dict[str, Any]:
    """One of the requests by name, each with its own fields."""
    return {"description": _words(RequestSpec), "oneOf": [_request(name, kinds) for name, kinds in ASKS.items()]}


def _request(name: str, kinds: dict[str, str]) -> dict[str, Any]:
    needed = [field for field, kind in kinds.items() if not kind.endswith("None")]
    inner = {"properties": {field: _field(kind) for field, kind in kinds.items()}, "required": needed}
    asked = {"type": "object", **inner, "additionalProperties": False}
    properties = {"id": {"type": "integer"}, "ask": {"const": name}, "fields": asked}
    return {"type": "object", "properties": properties, "required": ["ask", *(["fields"] if needed else [])]}


def _field(kind: str) -> dict[str, Any]:
    """The type of a request's field, as :data:`regard.view.workbench_spec.ASKS` writes it."""
    found = [_one_field(one) for one in kind.split(" | ")]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _one_field(kind: str) -> dict[str, Any]:
    if kind == "list[pair]":
        return {"type": "array", "items": _PAIR}
    if kind == f"list[{AttentionEditSpec.__name__}]":
        return {"type": "array", "items": {"$ref": f"#/$defs/{_EDIT}"}}
    return _of(_FIELDS[kind], {})


def _edit_request(defs: dict[str, Any]) -> dict[str, Any]:
    """An edit that is asked for: all but its step can be left out."""
    hints = get_type_hints(AttentionEditSpec)
    step = {"step": _of(hints.pop("step"), defs)}
    rest = {name: {"anyOf": [_of(hint, defs), {"type": "null"}]} for name, hint in hints.items()}
    shape = {"type": "object", "properties": step | rest, "required": ["step"], "additionalProperties": False}
    return {"description": _words(AttentionEditSpec), **shape}


def _of(hint: Any, defs: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type hint; dataclasses are written into ``defs``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        if hint.__name__ not in defs:
            defs[hint.__name__] = {}
            defs[hint.__name__] = _object(hint, defs)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(one, defs) for one in arguments]}
    if origin is list:
        return {"type": "array", "items": _of(arguments[0], defs)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1], defs)}
    return dict(_PLAIN[hint])


def _object(found: type, defs: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(found)
    names = [field.name for field in fields(found)]
    properties = {name: _of(hints[name], defs) for name in names}
    shape = {"type": "object", "properties": properties, "required": names, "additionalProperties": False}
    return {"description": _words(found), **shape}


def _words(found: type) -> str:
    return " ".join((found.__doc__ or "").split())
