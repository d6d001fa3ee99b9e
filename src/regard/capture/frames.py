"""The tokens of a sound: its frames, and when each begins and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from torch import Tensor

from regard.capture.fronts import Ran
from regard.record.places import Time, time_label
from regard.record.tokens import Tokens

SOUNDS: Mapping[str, float] = {"input_features": 0.01, "input_values": 1 / 16000}
"""Arguments that hold sound, and the seconds from one of their steps to the next where nothing else says so: spectra
every 10 ms, and samples at 16 kHz."""

MASKS = ("feature_attention_mask", "input_features_mask")
"""Arguments [sound, step] that say which steps are no padding."""

STEPS: Mapping[str, float] = {"wav2vec2-bert": 0.02, "seamless_m4t": 0.02, "seamless_m4t_v2": 0.02}
"""Families whose feature extractor joins spectra, so that their steps are longer."""


def seconds_per_step(name: str, family: str, processor: Any) -> float:
    """Seconds from one step of the argument ``name`` to the next, as the feature extractor says, else as is usual."""
    extractor = getattr(processor, "feature_extractor", processor)
    rate, hop = getattr(extractor, "sampling_rate", None), getattr(extractor, "hop_length", None)
    if name == "input_values":
        return 1 / rate if isinstance(rate, int) and rate > 0 else SOUNDS[name]
    if isinstance(rate, int) and isinstance(hop, int) and rate > 0 and hop > 0:
        stride = getattr(extractor, "stride", 1)
        return hop / rate * (stride if isinstance(stride, int) else 1)
    return STEPS.get(family, SOUNDS[name])


@dataclass(frozen=True, eq=False)
class Sounds:
    """Sounds that were cut into frames: as many for each, padding included; how many of them are ``heard``, and the
    seconds from one frame to the next."""

    frames: int
    heard: tuple[int, ...]
    seconds: float

    def part(self, start: int, stop: int) -> Sounds:
        """Sounds ``start`` to ``stop``."""
        return replace(self, heard=self.heard[start:stop])

    def tokens(self) -> Tokens:
        """The tokens of all sounds, one sound after another."""
        times = np.tile(_times(self.frames, self.seconds), (len(self.heard), 1))
        labels = tuple(time_label(Time(*map(float, time))) for time in times)
        return Tokens(labels, labels, times=times)


def sounds_of(
    given: Mapping[str, Any], ran: Sequence[Ran], frames: int, *, family: str, processor: Any
) -> Sounds | None:
    """The sounds that an encoder cut into so many frames each; ``None`` where the strides of the convolutions before it
    do not make so many of the steps of its input."""
    name = next((name for name in SOUNDS if isinstance(given.get(name), Tensor)), None)
    if name is None or any(len(one.stride) > 2 for one in ran):
        return None
    stride = prod(one.stride[0] for one in ran)
    steps = [count for count in given[name].shape[1:] if abs(count - frames * stride) < 2 * stride]
    if not steps:
        return None
    heard = (frames,) * len(given[name])
    mask = next((given[name] for name in MASKS if isinstance(given.get(name), Tensor)), None)
    if mask is not None and mask.shape == (len(heard), steps[0]):
        heard = tuple(-(-int(count) // stride) for count in mask.sum(dim=1))
    return Sounds(frames, heard, stride * seconds_per_step(name, family, processor))


def with_frames(tokens: Tokens, at: np.ndarray, sounds: Sounds) -> Tokens:
    """The tokens, of which those ``at`` these positions stand for the frames of sounds, several frames each.

    Unchanged where it is not known which stand for what.
    """
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
    runs = [at] if len(sounds.heard) == 1 else runs
    joined = [max(1, round(heard / len(run))) for heard, run in zip(sounds.heard, runs, strict=False)]
    fits = (abs(h / f - len(r)) <= 1 for h, f, r in zip(sounds.heard, joined, runs, strict=False))
    if len(runs) != len(sounds.heard) or not all(fits):
        return tokens
    times, labels = np.full((len(tokens), 2), np.nan), list(tokens.labels)
    for run, factor in zip(runs, joined, strict=True):
        times[run] = _times(len(run), factor * sounds.seconds)
        for place in run.tolist():
            labels[place] = time_label(Time(*map(float, times[place])))
    return replace(tokens, labels=tuple(labels), times=times)


def _times(count: int, seconds: float) -> np.ndarray:
    """[start, end] of frames one after another."""
    number = np.arange(count)
    return np.stack([number, number + 1], axis=1) * seconds
