"""Plausible inputs for a model: one maker for each argument of a forward pass, as data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from models.odd_inputs import ODD
from models.sizes import IMAGE, PATCH, TOKENS, WIDTH

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """Numbers of a configuration, looked up in it and in its parts; and how many placeholders the text holds."""

    config: PreTrainedConfig
    names: tuple[str, ...]
    placeholders: int = 0

    def of(self, *names: str, default: int) -> int:
        """The first of these settings that is a number, in the configuration or else in one of its parts."""
        for config in _with_parts(self.config):
            for name in names:
                value = getattr(config, name, None)
                if isinstance(value, (list, tuple)) and value and isinstance(value[0], int):
                    value = value[-1]
                if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                    return value
        return default

    @property
    def image(self) -> int:
        return self.of("image_size", "input_image_size", default=IMAGE)

    @property
    def patch(self) -> int:
        return self.of("patch_size", default=PATCH)

    @property
    def channels(self) -> int:
        return self.of("num_channels", "in_channels", "in_chans", default=3)

    @property
    def mels(self) -> int:
        return self.of(
            "num_mel_bins", "feature_size", "n_mels", "input_feat_per_channel", "input_feat_size", default=80
        )

    @property
    def width(self) -> int:
        return self.of("hidden_size", "d_model", default=WIDTH)

    @property
    def patch_numbers(self) -> int:
        """Numbers in a flattened patch [channel, time, height, width]."""
        return self.channels * self.of("temporal_patch_size", default=1) * self.patch**2


def _with_parts(config: PreTrainedConfig) -> Iterator[PreTrainedConfig]:
    yield config
    for part in vars(config).values():
        if isinstance(part, PreTrainedConfig):
            yield from _with_parts(part)


def ids(rows: int, count: int) -> Tensor:
    """Token ids that no configuration takes for special ones."""
    return torch.randint(10, 80, (rows, count))


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape)


GRID = (1, 8, 8)
PLACEHOLDERS = ("image_token_id", "image_token_index", "audio_token_id", "audio_token_index")


def text(sizes: Sizes) -> Tensor:
    """Token ids with as many placeholders (of images or sound) as asked for, after the first few."""
    found = ids(1, TOKENS + sizes.placeholders)
    found[:, 3 : 3 + sizes.placeholders] = sizes.of(*PLACEHOLDERS, default=0)
    return found


def picture(sizes: Sizes) -> Tensor:
    """Pixels [row, channel, height, width], or flattened patches [patch, number] for models that take a grid."""
    if any(name.endswith("grid_thw") for name in sizes.names):
        return noise(GRID[1] * GRID[2], sizes.patch_numbers)
    return noise(1, sizes.channels, sizes.image, sizes.image)


def states(sizes: Sizes) -> Tensor:
    return noise(GRID[1] * GRID[2], sizes.patch_numbers) if "grid_thw" in sizes.names else noise(1, TOKENS, sizes.width)


Maker = Callable[[Sizes], Any]

MAKERS: Mapping[str, Maker] = {
    "input_ids": text,
    "mm_token_type_ids": lambda s: (text(s) == s.of(*PLACEHOLDERS, default=0)).long(),
    "decoder_input_ids": lambda s: ids(1, TOKENS // 2 + 1),
    "qformer_input_ids": lambda s: ids(1, TOKENS),
    "protein_input_ids": lambda s: ids(1, TOKENS),
    "pixel_values": picture,
    "pixel_values_videos": lambda s: noise(1, s.of("num_frames", default=4), s.channels, s.image, s.image),
    "image_grid_thw": lambda s: torch.tensor([GRID]),
    "grid_thw": lambda s: torch.tensor([GRID]),
    "input_features": lambda s: noise(1, s.mels, 2 * s.of("max_source_positions", default=32)),
    "input_features_mask": lambda s: torch.ones(1, 2 * s.of("max_source_positions", default=32), dtype=torch.long),
    "input_values": lambda s: noise(1, 2000),
    "bbox": lambda s: torch.randint(0, 50, (1, TOKENS, 4)).sort().values,
    "hidden_states": states,
    "encoder_hidden_states": lambda s: noise(1, TOKENS - 2, s.width),
    "inputs_embeds": lambda s: noise(1, TOKENS, s.width),
    "attention_mask": lambda s: torch.ones(1, TOKENS, dtype=torch.long),
    "past_values": lambda s: noise(1, s.of("context_length", default=TOKENS), s.of("input_size", default=1)),
}
"""How each argument is made."""

_ALL = [
    "input_ids",
    "decoder_input_ids",
    "pixel_values",
    "image_grid_thw",
    "mm_token_type_ids",
    "input_features",
    "input_features_mask",
    "input_values",
    "bbox",
    "past_values",
]

ATTEMPTS = (
    _ALL,
    ("input_ids", "decoder_input_ids", "bbox"),
    ("pixel_values",),
    ("input_features", "decoder_input_ids"),
    ("input_values", "decoder_input_ids"),
    ("pixel_values_videos",),
    ("hidden_states",),
    ("inputs_embeds",),
)
"""Arguments that are given although they have a default: everything, then one thing alone."""

SHAPES: Mapping[str, tuple[Callable[[Tensor], Tensor], ...]] = {
    "pixel_values": (
        lambda x: x,
        lambda x: x[:, None].repeat(1, 4, 1, 1, 1),
        lambda x: x[:, None].repeat(1, 2, 1, 1, 1),
    ),
    "input_features": (lambda x: x, lambda x: x.mT, lambda x: x[:, None].mT),
    "input_values": (lambda x: x, lambda x: x[:, None], lambda x: x[:, :1920].view(1, -1, 80)),
}
"""Other shapes in which some models want an argument: video frames, sound as [time, mel], with a channel."""


def attempts(model: nn.Module, model_type: str, placeholders: int = 0) -> Iterator[Inputs]:
    """Inputs to try, from everything that the model takes to one thing alone."""
    torch.manual_seed(1)
    parameters = inspect.signature(model.forward).parameters
    sizes = Sizes(model.config, tuple(parameters), placeholders)
    needed = [n for n, p in parameters.items() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    if model_type in ODD:
        yield ODD[model_type]()
        return
    seen = []
    for names in ATTEMPTS:
        chosen = [name for name in parameters if name in MAKERS and (name in needed or name in names)]
        if chosen and chosen not in seen:
            seen.append(chosen)
            yield from _shaped({name: MAKERS[name](sizes) for name in chosen})


def _shaped(inputs: Inputs) -> Iterator[Inputs]:
    other = next((name for name in SHAPES if name in inputs), None)
    if other is None:
        yield inputs
        return
    for shape in SHAPES[other]:
        if inputs[other].ndim in (3, 4, 2) and not (other == "pixel_values" and inputs[other].ndim == 2):
            yield {**inputs, other: shape(inputs[other])}
        else:
            yield inputs
            return
