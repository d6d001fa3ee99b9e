"""The door by which records and views are shown, so that what is shown need not know who shows it.

A target (``"notebook"``, ``"text"``, ``".html"``) is registered as ``"module:function"`` and imported when first used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from regard.errors import not_one_of

_targets: dict[str, str | Callable[..., Any]] = {}


def register(target: str, function: str | Callable[..., Any]) -> None:
    """Let ``function(shown, **options)`` serve this target; ``"module:name"`` is imported on first use."""
    _targets[target] = function


def targets() -> tuple[str, ...]:
    """Names of the registered targets."""
    return tuple(_targets)


def display(target: str, shown: object, *, fallback: Any = None, **options: Any) -> Any:
    """Show ``shown`` through a target; ``fallback`` is the answer when nobody serves it."""
    found = _targets.get(target)
    if found is None:
        if fallback is not None:
            return fallback
        raise not_one_of("way to show this as", target, _targets)
    if isinstance(found, str):
        module, _, name = found.partition(":")
        found = _targets[target] = getattr(import_module(module), name)
    return found(shown, **options)
