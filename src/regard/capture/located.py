"""Where the tokens of a run stand: patches in their pictures, frames in their sounds, also inside a text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.frames import SOUNDS, Sounds, sounds_of, with_frames
from regard.capture.fronts import Fronts
from regard.capture.inputs import Inputs, Row
from regard.capture.main_size import main_size
from regard.capture.patches import Pictures, pictures_of, with_patches
from regard.capture.shares import Shares, placeholder_ids
from regard.record.attention import Layer
from regard.record.tokens import Tokens

RESAMPLED = r"qformer|resampler|perceiver|abstractor|query_tokens|latents"
"""Names of modules and parameters by which a model reads pictures with queries of its own, which have no place."""


@dataclass(frozen=True, eq=False)
class Located:
    """Names tokens that are no text by what is known of one run: its arguments, its processor, its convolutions."""

    model: nn.Module
    inputs: Inputs
    processor: Any
    fronts: Fronts

    @classmethod
    def of(cls, model: nn.Module, inputs: Inputs, processor: Any = None) -> Located:
        """For a run that is still to come, during which ``fronts`` must be watched."""
        return cls(model, inputs, processor, Fronts(model))

    def row(self, number: int, row: Row, layers: Mapping[Kind, Sequence[Layer | None]]) -> Row:
        """The row with tokens for the pictures and sounds of these layers, and with places and times in its text."""
        tokens, counts = dict(row.tokens), {k: main_size(found)[1] for k, found in layers.items() if any(found)}
        for kind in ("vision", "audio", "encoder"):
            if kind in counts and kind not in tokens:
                found = self._tower(kind, number, counts[kind], layers[kind])
                tokens |= {} if found is None else {kind: found}
        for stream in ("decoder", "encoder"):
            if stream in row.tokens and row.tokens[stream].ids is not None:
                tokens[stream] = self._text(row.tokens[stream], number, counts)
        return replace(row, tokens=tokens)

    def _tower(self, kind: Kind, number: int, count: int, layers: Sequence[Layer | None]) -> Tokens | None:
        """The ``count`` tokens of a row's pictures or sounds."""
        pictures = None if kind == "audio" else self._pictures(kind, number)
        if pictures is not None and sum(pictures.sizes) == count and not _in_windows(layers, pictures):
            return pictures.tokens()
        sounds = None if kind == "vision" else self._sounds(kind, number, count)
        return None if sounds is None else sounds.tokens()

    def _pictures(self, kind: Kind, number: int) -> Pictures | None:
        """The pictures of a row."""
        found = pictures_of(self.model, kind, self.inputs.arguments, self.fronts.before.get(kind, ()))
        if found is None:
            return None
        units = sum(found.sizes) if found.packed else len(found.grids)
        borders = Shares.of(self.model, self.inputs, kind).borders(units)
        share = None if borders is None else borders[number : number + 2]
        if share is not None and found.packed:
            share = found.of_tokens(*share)
        return None if share is None or share[0] == share[1] else found.part(*share)

    def _sounds(self, kind: Kind, number: int, count: int) -> Sounds | None:
        """The sounds of a row, which have ``count`` frames in all."""
        given = self.inputs.arguments
        batch = next((len(given[name]) for name in SOUNDS if isinstance(given.get(name), Tensor)), 0)
        borders = Shares.of(self.model, self.inputs, kind).borders(batch)
        share = (0, 0) if borders is None else borders[number : number + 2]
        several = share[1] - share[0]
        if not several or not count or count % several:
            return None
        family = str(getattr(getattr(self.model, "config", None), "model_type", ""))
        before = self.fronts.before.get(kind, ())
        found = sounds_of(given, before, count // several, family=family, processor=self.processor)
        return None if found is None else found.part(*share)

    def _text(self, tokens: Tokens, number: int, counts: Mapping[Kind, int]) -> Tokens:
        """The text with a place or time for each token that stands for a piece of a picture or sound."""
        of_picture, of_sound = (
            np.flatnonzero(np.isin(np.asarray(tokens.ids), placeholder_ids(self.model, kind)))
            for kind in ("vision", "audio")
        )
        pictures = self._pictures("vision", number) if len(of_picture) and not self._resamples() else None
        if pictures is not None:
            tokens = with_patches(tokens, of_picture, pictures.grids)
        sounds = self._sounds("audio", number, counts.get("audio", 0)) if len(of_sound) else None
        return tokens if sounds is None else with_frames(tokens, of_sound, sounds)

    def _resamples(self) -> bool:
        names = (name for name, _ in self.model.named_parameters())
        return any(re.search(RESAMPLED, name) for name in names)


def _in_windows(layers: Sequence[Layer | None], pictures: Pictures) -> bool:
    """Whether layers have each picture in windows of its own kind (Swin), so that no one order holds for all layers."""
    chunks = {layer.mask.chunk for layer in layers if layer is not None}
    return not pictures.packed and not chunks <= {None, pictures.sizes[0]}
