"""The workbench's demo of sound: a sentence that Whisper gets wrong, why, and three ways to have it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.demo.speech import monday
from regard.demo.trying import tried
from regard.demo.whisper import whisper
from regard.serve.html import Section

if TYPE_CHECKING:
    from regard.workbench import Workbench

NOTE = (
    "A synthesised voice says “We meet on Monday at nine, not on Tuesday.” Whisper tiny.en, a trained model that "
    "hears, writes “at 9.0.0.0”: at the step after “9” its aligning heads listen at 1.9 to 2.1 s, where “on” is said "
    "already, and the sign there is nearly a toss-up (22 % for “.”, 21 % for “,”). Forcing the comma repairs the "
    "answer; so does moving that step's attention back to “not”, in the last layer alone; so do four beams. In three "
    "more states a stretch of the sound is silenced, or only its beginning is heard. The axis above is time."
)


def workbench() -> Workbench:
    """A history of what-ifs: states 0 to 6, of which the first is pinned."""
    from regard.workbench import Workbench

    bench = Workbench(*whisper(), monday(), max_new_tokens=14)
    bench.rename(0, "as it is heard")
    bench.pin(0)
    tried(bench, "a comma forced", lambda: bench.force(6, ","))
    tried(bench, "listens to “not”", lambda: bench.edit_attention(step=6, to=range(88, 96), layers=[3]))
    tried(bench, "four beams", lambda: bench.change_settings(beams=4))
    tried(bench, "“on” silenced", lambda: bench.silence_source(2.0, 2.3), first=3)
    tried(bench, "“nine” silenced", lambda: bench.silence_source(1.2, 1.5), first=3)
    tried(bench, "only the beginning", lambda: bench.keep_source(0, 1.5), first=3)
    bench.show(2)
    return bench


def section() -> Section:
    """Whisper's workbench under its heading."""
    return Section(workbench().view(layer=3), "What did it hear?", NOTE)
