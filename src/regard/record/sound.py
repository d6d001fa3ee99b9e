"""A recording: its samples, and stretches of it that are chosen, silenced or cut out."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float

from regard.errors import ArgumentError

_SCALE = {1: ("u1", 128.0, 128.0), 2: ("<i2", 0.0, 32768.0), 4: ("<i4", 0.0, 2.0**31)}


@dataclass(frozen=True, eq=False, repr=False)
class Sound:
    """One channel of sound: ``samples`` between -1 and 1, ``rate`` of them a second.

    ::

        sound = regard.Sound.open("speech.wav", start=12, stop=42)      # a stretch of a long recording, in seconds
        regard.seq2seq_view(model, processor, sound)
        sound.silenced(1.2, 1.6)                                        # the same, with nothing to be heard there

    Raises ``ArgumentError`` for samples that are not finite or not one row, and for a rate that is none.
    """

    samples: Float[np.ndarray, " sample"]
    rate: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if samples.ndim != 1 or not len(samples):
            raise ArgumentError(
                f"a sound is one row of samples, got an array of shape {list(samples.shape)}; of several channels take "
                "one, or their mean"
            )
        if isinstance(self.rate, bool) or not isinstance(self.rate, int) or self.rate < 1:
            raise ArgumentError(f"rate must be the whole number of samples in a second; got {self.rate!r}")
        if not np.issubdtype(samples.dtype, np.floating):
            raise ArgumentError(
                f"samples must be floating point between -1 and 1, got {samples.dtype}; divide 16-bit ones by 32768"
            )
        if not np.isfinite(samples).all():
            raise ArgumentError("the sound has samples that are NaN or infinite")
        samples = samples.astype(np.float32)
        samples.setflags(write=False)
        object.__setattr__(self, "samples", samples)

    @classmethod
    def open(cls, path: str | Path, *, start: float = 0.0, stop: float | None = None) -> Sound:
        """A WAV file of 8, 16 or 32 bits, or its stretch from ``start`` to ``stop`` in seconds; of several channels
        the mean. Raises ``ArgumentError`` for another file: other formats are read with a library of yours."""
        try:
            with wave.open(str(path), "rb") as file:
                bits, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
                raw = file.readframes(file.getnframes())
        except (OSError, EOFError, wave.Error) as error:
            raise ArgumentError(
                f"{str(path)!r} could not be read as a WAV file: {error}. Read it with another library, and give its "
                "samples: regard.Sound(samples, rate)"
            ) from error
        if bits not in _SCALE:
            raise ArgumentError(f"{str(path)!r} has samples of {8 * bits} bits; 8, 16 and 32 can be read")
        kind, zero, largest = _SCALE[bits]
        samples = (np.frombuffer(raw, np.dtype(kind)).astype(np.float64) - zero) / largest
        return cls(samples.reshape(-1, channels).mean(1), rate).part(start, stop)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate

    def part(self, start: float = 0.0, stop: float | None = None) -> Sound:
        """Only what is between ``start`` and ``stop`` seconds (the end, where no stop is given)."""
        return Sound(self.samples[self._stretch(start, self.seconds if stop is None else stop)], self.rate)

    def silenced(self, start: float, stop: float) -> Sound:
        """The same with nothing to be heard between ``start`` and ``stop`` seconds; what follows keeps its time."""
        samples = self.samples.copy()
        samples[self._stretch(start, stop)] = 0
        return Sound(samples, self.rate)

    def cut(self, start: float, stop: float) -> Sound:
        """Without what is between ``start`` and ``stop`` seconds; what follows comes earlier."""
        gone = self._stretch(start, stop)
        left = np.concatenate([self.samples[: gone.start], self.samples[gone.stop :]])
        if not len(left):
            raise ArgumentError(f"all {self.seconds:g} s of the sound would be cut out; leave some of it")
        return Sound(left, self.rate)

    def at(self, rate: int) -> Sound:
        """The same with another number of samples a second, resampled through its Fourier transform.

        >>> tone = Sound(np.sin(np.arange(800) * 2 * np.pi / 40), 8000)
        >>> bool(np.abs(tone.at(16000).samples[::2] - tone.samples).max() < 1e-5)
        True
        """
        if rate == self.rate:
            return self
        count = max(1, round(len(self.samples) * rate / self.rate))
        spectrum = np.fft.rfft(self.samples.astype(np.float64))[: count // 2 + 1]
        return Sound(np.fft.irfft(spectrum, count) * (count / len(self.samples)), rate)

    def levels(self, seconds: float) -> Float[np.ndarray, " frame"]:
        """The loudness of each stretch of that many ``seconds``: the root mean square of its samples."""
        count = max(1, int(np.ceil(round(self.seconds / seconds, 6))))
        edges = np.minimum(np.round(np.arange(count + 1) * seconds * self.rate).astype(int), len(self.samples))
        found = [np.sqrt(np.square(self.samples[a:b]).mean()) if b > a else 0.0 for a, b in pairwise(edges)]
        return np.array(found)

    def __repr__(self) -> str:
        return f"<Sound of {self.seconds:.2f} s, {self.rate} samples a second>"

    def _stretch(self, start: float, stop: float) -> slice:
        """Samples between two times; raises ``ArgumentError`` for times that hold none."""
        for name, value in (("start", start), ("stop", stop)):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
                raise ArgumentError(f"{name} must be a time in seconds; got {value!r}")
        if not 0 <= start < stop or start >= self.seconds:
            raise ArgumentError(
                f"from {start:g} to {stop:g} s there is nothing: the sound has {self.seconds:.2f} s, and a stretch of "
                "it begins before it ends"
            )
        return slice(round(start * self.rate), min(len(self.samples), round(stop * self.rate)))
