"""A spoken sentence that is shipped (README.md in this folder says how it was made and its licence)."""

from __future__ import annotations

from pathlib import Path

from regard.record.sound import Sound

TEXT = "We meet on Monday at nine, not on Tuesday."


def monday() -> Sound:
    """A synthesised voice that says :data:`TEXT`, 3 seconds at 16 kHz.

    >>> monday()
    <Sound of 3.03 s, 16000 samples a second>
    """
    return Sound.open(Path(__file__).parent / "monday.wav")
