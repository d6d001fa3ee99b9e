"""Heads that copy from one place of the prompt while the model answers."""

from __future__ import annotations

import numpy as np

from regard.errors import ArgumentError
from regard.measure.rows import PerHead, head_runs
from regard.record import Record, top_keys


def retrieval(record: Record, needle: slice | range) -> PerHead:
    """The share of the needle's tokens that a head copies into the answer, [layer, head], 0 to 1.

    A token is copied by a head when, at the step that chose it, the head's largest weight lies on that same token
    inside ``needle`` (positions of the prompt): ``|copied by the head ∩ needle| / |needle|``, both as sets of token
    ids. Wu et al. 2024 call heads above 0.1 retrieval heads, as a mean over some 600 questions: one record is one.

    Raises ``ArgumentError`` for a record of no generation and for a needle outside its prompt.
    """
    written = record.generation
    if written is None:
        raise ArgumentError("retrieval reads what a model wrote; capture it with regard.capture_generation")
    first, last = needle.start or 0, needle.stop
    if not 0 <= first < last <= written.border:
        raise ArgumentError(f"retrieval: the needle must lie within the prompt, 0 to {written.border}; got {needle}")
    attention = record.attention("decoder")
    read, answered = record.streams[written.stream].ids, written.answer.ids
    if read is None or answered is None:
        raise ArgumentError("retrieval compares token ids, and these tokens have none")
    wanted = np.unique(read[first:last])
    steps = slice(written.border - 1, written.border - 1 + len(answered))
    found = np.full((len(attention.layers), attention.heads), np.nan)
    for number in attention.present:
        layer = attention.layer(number)
        for heads in head_runs(layer):
            places = top_keys(layer, heads, 1, steps).keys[..., 0]
            inside = (places >= first) & (places < last) & (read[places] == answered)
            found[number, heads] = [len(np.unique(answered[one])) / len(wanted) for one in inside]
    return found
