"""What can go wrong. Every message says what was asked, what was found, and what would work."""

from __future__ import annotations

from collections.abc import Iterable


class RegardError(Exception):
    """Base class of every error that regard raises on purpose."""


class ArgumentError(RegardError, ValueError):
    """An argument has a value, shape or name that cannot be used."""


class NoAttentionError(RegardError):
    """The model ran, but nothing that regard knows as attention was seen."""


class MissingExtraError(RegardError, ImportError):
    """A part of regard needs a package that an extra installs."""


class FileFormatError(RegardError, ValueError):
    """A file is damaged, truncated, of an unknown version, or not what it should be."""


class StoppedError(RegardError):
    """Something long was stopped from outside before it was done."""


def missing_extra(what: str, package: str, extra: str) -> MissingExtraError:
    """The error for an optional package that is not installed, naming the extra that brings it."""
    return MissingExtraError(f"{what} needs the package {package!r}. Install it with: pip install 'regard[{extra}]'")


def not_one_of(what: str, asked: object, choices: Iterable[object]) -> ArgumentError:
    """The error for a name that does not exist, listing those that do."""
    return ArgumentError(f"no {what} {asked!r}; there are: {', '.join(map(repr, choices))}")
