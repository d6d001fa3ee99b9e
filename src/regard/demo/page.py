"""The demo's one page: both models, or those that are installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from regard.demo.examples import SECTIONS
from regard.demo.models import HOW_TO_GET, TITLES, available
from regard.errors import MissingExtraError
from regard.serve.html import Section, save

HEADING = "regard: what two trained models attend to"


def installed() -> list[str]:
    """Names of the demo models that are installed; raises ``MissingExtraError`` when there is none."""
    found = [name for name in SECTIONS if available(name)]
    if not found:
        raise MissingExtraError(f"the demo's models are not installed. Get them with: {HOW_TO_GET}")
    return found


def missing() -> list[str]:
    """One line for each demo model that is not installed."""
    return [f"{TITLES[name]} is left out; get it with: {HOW_TO_GET}" for name in SECTIONS if not available(name)]


def sections(names: list[str]) -> Iterator[Section]:
    """Everything there is to see of each of these models, one model after the other."""
    for name in names:
        yield SECTIONS[name]()


def write(path: str | Path, shown: list[Section]) -> Path:
    """One offline page of these sections."""
    return save(shown, path=path, title=HEADING)
