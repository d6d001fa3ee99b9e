"""Writes ``web/src/spec.ts`` from the dataclasses of ``regard.view.*spec`` (``make spec``)."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from regard.view import found_spec, reliability_spec, spec, state_spec, workbench_spec

_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "unknown"}
_MODULES = (spec, state_spec, found_spec, workbench_spec, reliability_spec)


def typescript() -> str:
    """The whole of ``spec.ts``: one interface per dataclass, in the order they are written."""
    found = [c for module in _MODULES for c in vars(module).values() if _is_of(module, c)]
    head = "// Generated from src/regard/view/*spec.py by `make spec`. Do not edit.\n\n"
    head += f"export const VERSION = {spec.VERSION};\n\n{_asks()}\n"
    return head + "\n".join(_interface(c) for c in found)


def _is_of(module: Any, found: Any) -> bool:
    return isinstance(found, type) and is_dataclass(found) and found.__module__ == module.__name__


def _asks() -> str:
    """What can be asked of a workbench, with the types of the fields."""
    rows = "".join(f"  {name}: {json.dumps(fields)},\n" for name, fields in workbench_spec.ASKS.items())
    return f"export const ASKS: Record<string, Record<string, string>> = {{\n{rows}}};\n"


def _interface(cls: type) -> str:
    hints = get_type_hints(cls)
    rows = "".join(f"  {field.name}: {_type(hints[field.name])};\n" for field in fields(cls))
    return f"/** {_one_line(cls.__doc__ or '')} */\nexport interface {cls.__name__} {{\n{rows}}}\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and is_dataclass(hint):
        return str(hint.__name__)
    if origin is Literal:
        return " | ".join(f'"{a}"' for a in arguments)
    if origin in (Union, types.UnionType):
        return " | ".join(_type(a) for a in arguments)
    if origin is list:
        inner = _type(arguments[0])
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<{_type(arguments[0])}, {_type(arguments[1])}>"
    raise TypeError(f"no TypeScript for {hint!r}")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(typescript(), encoding="utf-8")
