"""The workbench's demo of a translation: a sentence that the verse translator gets wrong, why, and what it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.demo import verses
from regard.demo.trying import tried
from regard.serve.html import Section

if TYPE_CHECKING:
    from regard.workbench import Workbench

TITLE = "the verse translator"
OLD = "He sat at meat with them."
NOTE = (
    "A small Marian, trained on verses of the Bible, turns the English of 1611 into that of today. “To sit at meat” is "
    "to sit at the table, but it writes “at food”: of the 268 verses with “meat” that it was given, 108 say “food” "
    "today, 117 “meal” (an offering), and 18 “table”. At that step “food” has 45 %, “the” 22 %, and the second "
    "hypothesis is right. Forcing “the” repairs it; so does an “And” before the sentence, as verses have it. In two "
    "more states the step reads “sat” instead of “meat”, or does not see “meat” at all."
)


def workbench() -> Workbench:
    """A history of what-ifs: states 0 to 5, of which the first is pinned."""
    from regard.workbench import AttentionEdit, Workbench

    bench = Workbench(*verses.load(), OLD, beams=4)
    bench.rename(0, "as it is")
    bench.pin(0)
    tried(bench, "“the” forced", lambda: bench.force(3, " the"))
    tried(bench, "as a verse begins", lambda: bench.translate(f"And {OLD[0].lower()}{OLD[1:]}"))
    tried(bench, "reads “sat”", lambda: bench.edit_attention(step=3, to=[1]))
    tried(bench, "“meat” hidden", lambda: bench.edit_attention(AttentionEdit(step=3, change="hide", keys=(3,))))
    tried(bench, "right, scored", lambda: bench.score("He sat at the table with them."))
    bench.show(1)
    return bench


def section() -> Section:
    """The verse translator's workbench under its heading."""
    return Section(workbench().view(layer=2), "What did it learn?", NOTE)
