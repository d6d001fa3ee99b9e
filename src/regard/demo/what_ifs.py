"""The workbench's demo: a date, and what is made of it when one thing is changed at a time; a verse; a sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from regard.demo import dates, heard, translated, whisper
from regard.demo.trying import tried
from regard.serve.html import Section, save

if TYPE_CHECKING:
    from regard.workbench import Workbench

HEADING = "regard: a model that writes, and what it would have written otherwise"
DATE = "Nov 22nd 2026"
NOTE = (
    "A small BART reads a date letter by letter and writes it as ISO 8601. The history shows what happens when one "
    "thing is changed: another letter in the source, another digit forced, the attention of a step moved elsewhere. "
    "Each state has its beam search, the likeliest characters of every step, and its attention; the first one is "
    "pinned to compare with."
)


def workbench() -> Workbench:
    """A history of what-ifs: states 0 to 6, of which the first is pinned."""
    from regard.workbench import AttentionEdit, Workbench

    bench = Workbench(*dates.load(), DATE, beams=4)
    bench.rename(0, "as it is")
    bench.pin(0)
    tried(bench, "no month is “Dov”", lambda: bench.replace_source(0, "D"))
    tried(bench, "another day", lambda: bench.replace_source(5, "3"))
    tried(bench, "month forced", lambda: bench.force(5, "0"))
    tried(bench, "day reads the year", lambda: bench.edit_attention(step=9, to=[12]))
    month = [AttentionEdit(step=step, change="hide", keys=(0, 1, 2)) for step in (5, 6)]
    tried(bench, "month hidden", lambda: bench.edit_attention(*month))
    tried(bench, "wrong day, scored", lambda: bench.score("2026-11-23"))
    bench.show(4)
    return bench


def section() -> Section:
    """The date normaliser's workbench under its heading."""
    return Section(workbench().view(layer=1), "What if?", NOTE)


SECTIONS: dict[str, Callable[[], Section]] = {
    "the date normaliser": section,
    translated.TITLE: translated.section,
    whisper.TITLE: heard.section,
}


def installed() -> list[str]:
    """Names of the models that can be shown: two are shipped, Whisper comes from packages."""
    return [name for name in SECTIONS if name != whisper.TITLE or whisper.available()]


def missing() -> list[str]:
    """One line for what is not installed."""
    return [] if whisper.available() else [f"{whisper.TITLE} is left out; get it with: {whisper.HOW_TO_GET}"]


def sections(names: list[str]) -> Iterator[Section]:
    """The workbenches of these models, one after the other."""
    for name in names:
        yield SECTIONS[name]()


def write(path: str | Path, shown: list[Section]) -> Path:
    """One offline page of these sections."""
    return save(shown, path=path, title=HEADING)
