"""The tokens of a picture: its patches, in the order in which a tower has them, and the tokens beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.fronts import Ran
from regard.record.places import Place, grid_places, place_label
from regard.record.tokens import Tokens

BEFORE: Mapping[str, str] = {
    "cls_token": "[CLS]",
    "class_embedding": "[CLS]",
    "class_token": "[CLS]",
    "distillation_token": "[DIST]",
    "register_tokens": "[REG]",
}
"""Parameters that towers put before the patches of each picture, in this order, and what their tokens are called."""

AFTER: Mapping[str, str] = {"detection_tokens": "[DET]"}
"""Those that they put after them."""

REORDERED = ("HieraModel", "TimesformerModel")
"""Classes of models whose first layer has the patches in another order than row by row."""

GRIDS = ("image_grid_thw", "grid_thw", "video_grid_thw")
"""Arguments [picture, 3] that say frames, rows and columns of pictures packed into one sequence of patches."""


_LARGEST_BLOCK = 16


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures that were cut into patches.

    ``grids`` are (rows, columns) of each (each frame of a video), ``before`` and ``after`` what the tower puts beside
    its patches; with ``padded``, every picture has so many tokens. ``packed``: all are one sequence. ``places``
    [patch, 3] are given where the tower does not have them row by row.
    """

    grids: Sequence[tuple[int, int]]
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    padded: int | None = None
    packed: bool = False
    places: np.ndarray | None = None

    @property
    def sizes(self) -> list[int]:
        """Tokens of each picture."""
        beside = len(self.before) + len(self.after)
        return [self.padded or rows * columns + beside for rows, columns in self.grids]

    def part(self, start: int, stop: int) -> Pictures:
        """Pictures ``start`` to ``stop``, numbered from 0."""
        first, last = (sum(rows * columns for rows, columns in self.grids[:n]) for n in (start, stop))
        places = None if self.places is None else self.places[first:last] - np.array([start, 0, 0])
        return replace(self, grids=self.grids[start:stop], places=places)

    def of_tokens(self, start: int, stop: int) -> tuple[int, int] | None:
        """Numbers of the pictures whose tokens are ``start`` to ``stop``; ``None`` where one would be cut in two."""
        ends = [0, *accumulate(self.sizes)]
        return (ends.index(start), ends.index(stop)) if start in ends and stop in ends else None

    def tokens(self) -> Tokens:
        """The tokens of all pictures, one picture after another."""
        found = grid_places(np.array(self.grids)) if self.places is None else self.places
        places, labels, start = [], [], 0
        for (rows, columns), size in zip(self.grids, self.sizes, strict=True):
            mine, start = found[start : start + rows * columns], start + rows * columns
            after = [*self.after, *["[PAD]"] * (size - rows * columns - len(self.before) - len(self.after))]
            places += [_none(len(self.before)), mine, _none(len(after))]
            shown = (Place(image, row, column, rows, columns) for image, row, column in mine.tolist())
            labels += [*self.before, *(place_label(place, len(self.grids)) for place in shown), *after]
        return Tokens(
            tuple(labels),
            tuple(labels),
            special=tuple(name.startswith("[") for name in labels),
            places=np.concatenate(places).astype(np.int32),
            grids=np.array(self.grids, np.int32),
        )


def pictures_of(model: nn.Module, kind: Kind, given: Mapping[str, Any], ran: Sequence[Ran]) -> Pictures | None:
    """The pictures that a tower was given; ``None`` where they are not cut into a grid that is known."""
    tower = tower_of(model, kind)
    grids = next((given[name] for name in GRIDS if isinstance(given.get(name), Tensor)), None)
    if grids is not None:
        return _packed(tower, grids.tolist())
    shapes = given.get("spatial_shapes")
    if isinstance(shapes, Tensor) and isinstance(given.get("pixel_values"), Tensor):
        return Pictures([(int(r), int(c)) for r, c in shapes.tolist()], padded=int(given["pixel_values"].shape[1]))
    cut = [one for one in ran if len(one.stride) > 1 and len(one.gave) == len(one.stride) + 2]
    if not cut or any(type(module).__name__ in REORDERED for module in tower.modules()):
        return None
    sizes, patch = given.get("image_sizes"), cut[-1].stride
    if cut[-1].path.rpartition(".")[2] == "patch_conv":
        whole = (
            sizes.tolist() if isinstance(sizes, Tensor) else [(r * patch[0], c * patch[1]) for r, c in cut[-1].grids]
        )
        return Pictures([(int(h) // patch[0], int(w) // patch[1]) for h, w in whole], packed=True)
    return Pictures(cut[-1].grids, _beside(tower, BEFORE), _beside(tower, AFTER))


def with_patches(tokens: Tokens, at: np.ndarray, grids: Sequence[tuple[int, int]]) -> Tokens:
    """The tokens, of which those ``at`` these positions stand for the patches of pictures with these ``grids``, or for
    square blocks of them; unchanged where no size of block makes as many tokens."""
    for side in range(1, _LARGEST_BLOCK + 1):
        blocks = [(rows // side, columns // side) for rows, columns in grids]
        whole = all(rows % side == columns % side == 0 for rows, columns in grids)
        if whole and sum(rows * columns for rows, columns in blocks) == len(at):
            break
    else:
        return tokens
    places, labels = _none(len(tokens)), list(tokens.labels)
    places[at] = grid_places(np.array(blocks))
    for token in at.tolist():
        image, row, column = places[token].tolist()
        labels[token] = place_label(Place(image, row, column, *blocks[image]), len(blocks))
    return replace(tokens, labels=tuple(labels), places=places, grids=np.array(blocks, np.int32))


def tower_of(model: nn.Module, kind: Kind) -> nn.Module:
    """The part of the model that attention of this kind is in, as far as its name tells; else the whole model."""
    if kind not in _NAMES:
        return model
    found = (m for path, m in model.named_modules() if re.fullmatch(_NAMES[kind], path.rpartition(".")[2]))
    return next(found, model)


_NAMES: Mapping[Kind, str] = {"vision": r"visual|(?:vision|image)_(?:tower|model|encoder)"}


def _beside(tower: nn.Module, names: Mapping[str, str]) -> list[str]:
    """What is put beside patches, for each of its tokens a name."""
    known = {p.rpartition(".")[2]: value for p, value in tower.named_parameters() if not re.search(r"\bhead\.", p)}
    found = []
    for name, shown in names.items():
        if name in known:
            count = prod(known[name].shape[:-1])
            found += [shown if count == 1 else f"{shown[:-1]} {i}]" for i in range(count)]
    return found


def _packed(tower: nn.Module, sizes: Sequence[Sequence[int]]) -> Pictures:
    """Pictures packed into one sequence: patches that will be merged stand together, and the windows of a tower with
    windows one after another (Qwen2-VL, Qwen2.5-VL and what follows them)."""
    merged = int(getattr(tower, "spatial_merge_size", 1))
    window = 0
    if hasattr(tower, "fullatt_block_indexes"):
        window = int(getattr(tower, "window_size", 0)) // merged // int(getattr(tower, "patch_size", 1))
    grids = [(int(rows), int(columns)) for frames, rows, columns in sizes for _ in range(int(frames))]
    places = grid_places(np.array(grids))
    image, row, column = places.T
    across = (row // merged // window, column // merged // window) if window else ()
    keys = (image, *across, row // merged, column // merged, row, column)
    return Pictures(grids, packed=True, places=places[np.lexsort(keys[::-1])])


def _none(count: int) -> np.ndarray:
    """No place, so many times."""
    return np.full((count, 3), -1, np.int32)
