"""A recording and its stretches."""

import wave

import numpy as np
import pytest

from regard import Sound
from regard.errors import ArgumentError

RATE = 8000


def tone(seconds=1.0, rate=RATE):
    return Sound(np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 100 / rate) * 0.5, rate)


def written(path, samples, bits=2, channels=1, rate=RATE):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(bits)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


@pytest.mark.parametrize(
    ("bits", "kind", "zero", "largest"), [(1, "u1", 128, 128), (2, "<i2", 0, 2**15), (4, "<i4", 0, 2**31)]
)
def test_wav_files_are_read(tmp_path, bits, kind, zero, largest):
    whole = tone().samples
    path = written(tmp_path / "a.wav", (whole * (largest - 1) + zero).astype(kind), bits)
    found = Sound.open(path)
    assert (found.rate, found.seconds) == (RATE, 1.0)
    np.testing.assert_allclose(found.samples, whole, atol=2 / largest)
    part = Sound.open(path, start=0.25, stop=0.5)
    np.testing.assert_array_equal(part.samples, found.samples[2000:4000])


def test_of_several_channels_the_mean_is_taken(tmp_path):
    left, right = np.array([100, 200], "<i2"), np.array([300, 0], "<i2")
    path = written(tmp_path / "a.wav", np.stack([left, right], axis=1), channels=2)
    np.testing.assert_allclose(Sound.open(path).samples * 2**15, [200, 100])


def test_a_stretch_is_silenced_cut_out_or_kept():
    sound = tone()
    silent = sound.silenced(0.25, 0.5)
    assert silent.seconds == 1.0
    assert not silent.samples[2000:4000].any()
    np.testing.assert_array_equal(silent.samples[4000:], sound.samples[4000:])
    np.testing.assert_array_equal(sound.cut(0.25, 0.5).samples, np.delete(sound.samples, np.s_[2000:4000]))
    np.testing.assert_array_equal(sound.part(0.25, 0.5).samples, sound.samples[2000:4000])
    assert sound.part(0.5, 9).seconds == 0.5, "a stretch ends with the sound"
    assert sound.samples.any()
    with pytest.raises(ValueError, match="read-only"):
        sound.samples[0] = 1


@pytest.mark.parametrize("rate", [16000, 5000])
def test_resampling_keeps_what_both_rates_can_hold(rate):
    found = tone().at(rate)
    assert len(found.samples) == rate
    np.testing.assert_allclose(found.samples, tone(rate=rate).samples, atol=1e-5)
    assert tone().at(RATE).samples.shape == (RATE,)


def test_levels_say_where_there_is_sound():
    levels = tone().silenced(0.25, 0.5).levels(0.05)
    assert len(levels) == 20
    np.testing.assert_allclose(levels[5:10], 0, atol=1e-9)
    np.testing.assert_allclose(levels[10:], 0.5 / np.sqrt(2), rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: Sound(np.zeros((2, 9)), 8000),
            r"one row of samples, got an array of shape \[2, 9\]; of several channels",
        ),
        (lambda: Sound(np.zeros(0), 8000), r"got an array of shape \[0\]"),
        (lambda: Sound(np.zeros(9), 0), r"rate must be the whole number of samples in a second; got 0"),
        (lambda: Sound(np.zeros(9, np.int16), 8000), r"between -1 and 1, got int16; divide 16-bit ones by 32768"),
        (lambda: Sound(np.array([0.0, np.nan]), 8000), r"samples that are NaN or infinite"),
        (lambda: tone().cut(0, 1), r"all 1 s of the sound would be cut out; leave some of it"),
        (lambda: tone().silenced(0.5, 0.5), r"from 0.5 to 0.5 s there is nothing: the sound has 1.00 s"),
        (lambda: tone().part(3, 4), r"from 3 to 4 s there is nothing"),
        (lambda: tone().cut(-1, 0.5), r"from -1 to 0.5 s there is nothing"),
        (lambda: tone().cut(float("nan"), 1), r"start must be a time in seconds; got nan"),
    ],
)
@pytest.mark.usefixtures("as_users_do")
def test_what_is_no_sound_is_told(make, said):
    with pytest.raises(ArgumentError, match=said):
        make()


def test_files_that_cannot_be_read_are_told(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"ID3 and so on")
    for name in ("a.mp3", "missing.wav"):
        with pytest.raises(ArgumentError, match=r"could not be read as a WAV file: .*regard\.Sound\(samples, rate\)"):
            Sound.open(tmp_path / name)
    path = written(tmp_path / "b.wav", np.zeros(9, "u1"), 3)
    with pytest.raises(ArgumentError, match=r"samples of 24 bits; 8, 16 and 32 can be read"):
        Sound.open(path)
