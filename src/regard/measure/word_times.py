"""When each word was said, read off cross attention to the frames of a sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.measure.words import words_of
from regard.record import Record

WIDTH = 7


@dataclass(frozen=True)
class TimedWord:
    """A word, the positions of its tokens in the decoder's stream, and the seconds from ``start`` to ``end``."""

    text: str
    tokens: tuple[int, ...]
    start: float
    end: float

    def __str__(self) -> str:
        return f"{self.start:.2f}–{self.end:.2f} s {self.text}"


def word_times(
    record: Record, heads: Sequence[tuple[int, int]], *, begin: int = 1, kind: Kind = "cross"
) -> tuple[TimedWord, ...]:
    """When each word of the answer was said, by heads (layer, head) that follow the sound.

    The answer begins at token ``begin`` of the decoder's stream; the row that chose a token speaks of it, and the last
    row, which chose what was never read, closes the last word. Each head's weights [row, frame] are standardised over
    the rows, smoothed by the median of 7 frames, and averaged; the path of least cost through minus that (dynamic time
    warping) gives each row its first frame, and a word begins where its first token's row does.

    After Whisper's authors' own timing (Radford et al. 2022), whose rows these are; transformers' token timestamps
    read each token one row later, and neither the pauses nor the long words that their code shortens afterwards are
    touched here. Give it the frames with sound only (:meth:`regard.record.decoding.Decoding.shown`): padding would be
    aligned too. Raises ``ArgumentError`` for a source without times and where there are no heads.
    """
    attention = record.attention(kind)
    times = record.streams[attention.key_stream].times
    if times is None:
        raise ArgumentError("words have times where the source is a sound; these tokens have none")
    if not heads:
        raise ArgumentError("word_times needs heads that follow the sound, as (layer, head)")
    rows = slice(begin - 1, attention.queries)
    weights = np.stack([attention.weights[layer, head, rows] for layer, head in heads]).astype(np.float64)
    starts = first_frames(smoothed(standardised(weights)).mean(0))
    tokens = record.streams[attention.query_stream]
    found = []
    for word in words_of(tokens):
        first, after = word.tokens[0] - begin, word.tokens[-1] + 1 - begin
        if first >= 0:
            found.append(TimedWord(word.text, word.tokens, *(float(times[starts[row], 0]) for row in (first, after))))
    return tuple(found)


def standardised(weights: Float[np.ndarray, "head row frame"]) -> Float[np.ndarray, "head row frame"]:
    """Each frame's weights over the rows, less their mean, in units of their standard deviation."""
    spread = weights.std(1, keepdims=True)
    return np.asarray((weights - weights.mean(1, keepdims=True)) / np.where(spread > 0, spread, 1))


def smoothed(weights: Float[np.ndarray, "head row frame"], width: int = WIDTH) -> Float[np.ndarray, "head row frame"]:
    """The median over ``width`` frames around each one, mirrored at the ends."""
    half = width // 2
    if weights.shape[-1] <= half:
        return weights
    wide = np.pad(weights, ((0, 0), (0, 0), (half, half)), mode="reflect")
    found: np.ndarray = np.median(np.lib.stride_tricks.sliding_window_view(wide, width, axis=-1), axis=-1)
    return found


def first_frames(match: Float[np.ndarray, "row frame"]) -> list[int]:
    """The frame at which each row begins on the path of greatest match from the first row and frame to the last.

    A path goes on by a row, a frame, or both (dynamic time warping).

    >>> first_frames(np.array([[1.0, 1, -1, -1, -1], [-1, -1, 1, 1, -1], [-1, -1, -1, -1, 1]]))
    [0, 2, 4]
    """
    rows, frames = match.shape
    cost = np.full((rows + 1, frames + 1), np.inf)
    cost[0, 0] = 0
    for frame in range(1, frames + 1):
        for row in range(1, rows + 1):
            before = min(cost[row - 1, frame - 1], cost[row - 1, frame], cost[row, frame - 1])
            cost[row, frame] = before - match[row - 1, frame - 1]
    row, frame = rows, frames
    found = [0] * rows
    while row > 0:
        found[row - 1] = frame - 1
        both, up, back = cost[row - 1, frame - 1], cost[row - 1, frame], cost[row, frame - 1]
        if both < up and both < back:
            row, frame = row - 1, frame - 1
        elif up < both and up < back:
            row -= 1
        else:
            frame -= 1
        if frame == 0:
            break
    return found
