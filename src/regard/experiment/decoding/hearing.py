"""A recording as a model's inputs, and how much of what an encoder then reads is padding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.inputs import Inputs, device_of
from regard.errors import ArgumentError
from regard.record.sound import Sound
from regard.record.tokens import Tokens


def sound_inputs(model: nn.Module, processor: Any, sound: Sound) -> dict[str, Tensor]:
    """What the model's feature extractor makes of a sound, resampled to the rate that it takes.

    Raises ``ArgumentError`` without a feature extractor, and for a sound that is longer than what the model hears at
    once (30 seconds of Whisper's): what is longer would be dropped without a word.
    """
    extractor = getattr(processor, "feature_extractor", processor)
    rate = getattr(extractor, "sampling_rate", None)
    if not isinstance(rate, int) or not callable(extractor):
        raise ArgumentError(
            f"a sound needs the model's processor, such as AutoProcessor.from_pretrained(...), in the tokenizer's "
            f"place; got {type(processor).__name__}"
        )
    most = getattr(extractor, "chunk_length", None)
    if isinstance(most, (int, float)) and sound.seconds > most:
        raise ArgumentError(
            f"the sound has {sound.seconds:.2f} s and {type(model).__name__} hears {most:g} s at once. Choose a "
            f"stretch: sound.part(0, {most:g}), or regard.Sound.open(path, start=0, stop={most:g})"
        )
    found = extractor(sound.at(rate).samples, sampling_rate=rate, return_tensors="pt")
    kind = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
    home = device_of(model)
    return {
        name: (value.to(kind) if value.is_floating_point() else value).to(home)
        for name, value in found.items()
        if isinstance(value, Tensor)
    }


def check_heard_at_once(model: Any, inputs: Inputs) -> None:
    """Raises ``ArgumentError`` for spectra of more sound than Whisper's encoder has positions for."""
    spectra, places = inputs.arguments.get("input_features"), getattr(model.config, "max_source_positions", None)
    if not isinstance(spectra, Tensor) or not type(model).__name__.startswith("Whisper") or not isinstance(places, int):
        return
    steps = int(spectra.shape[-1])
    if steps > 2 * places:
        raise ArgumentError(
            f"input_features hold {steps} steps of sound ({steps / 100:g} s at 10 ms each), and the encoder has "
            f"positions for {2 * places}. Choose a stretch: regard.Sound.open(path, start=…, stop=…) as the source, or "
            f"input_features[..., :{2 * places}]"
        )


def padding(model: Any, source: Any, inputs: Inputs, frames: Tokens) -> int:
    """How many of the last frames are padding.

    Feature extractors fill up a sound to the length that a model takes (Whisper's to 30 s) with silence. Of a
    :class:`~regard.record.sound.Sound` the frames after its end are padding; of finished spectra those at the end that
    are all alike, to the last bit, which silence below the floor of the spectra is too.
    """
    if isinstance(source, Sound):
        return 0 if frames.times is None else int((frames.times[1:, 0] >= source.seconds - 1e-6).sum())
    spectra = inputs.arguments.get("input_features")
    bins = getattr(model.config, "num_mel_bins", None)
    if (
        not isinstance(spectra, Tensor)
        or spectra.ndim != 3
        or spectra.shape[1] != bins
        or "attention_mask" in inputs.arguments
    ):
        return 0
    steps, different = spectra.shape[-1], (spectra[0] != spectra[0, :, -1:]).any(0).nonzero()
    heard = int(different[-1, 0]) + 1 if len(different) else 0
    return len(frames) - max(1, -(-heard * len(frames) // steps)) if steps - heard > 1 else 0
