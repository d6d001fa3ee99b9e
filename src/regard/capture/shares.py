"""Which of a tower's pictures or sounds belong to which row of the batch.

A tower sees all pictures of a batch at once: along its batch axis, or packed into one sequence. A row has as many of
them as its share of the placeholders in the text; without placeholders (CLIP), each row has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.inputs import Inputs
from regard.capture.windows import side_by_side

PLACEHOLDERS: Mapping[Kind, tuple[str, ...]] = {
    "vision": ("image_token_id", "image_token_index", "video_token_id", "video_token_index"),
    "audio": ("audio_token_id", "audio_token_index"),
}
"""Settings under which multimodal models say which token stands for a piece of a picture or sound."""


@dataclass(frozen=True, eq=False)
class Shares:
    """How many placeholders of a kind each row has."""

    counts: tuple[int, ...]

    @classmethod
    def of(cls, model: nn.Module, inputs: Inputs, kind: Kind) -> Shares:
        """Those in the texts of these inputs."""
        wanted = placeholder_ids(model, kind)
        ids: Any = inputs.arguments.get("input_ids")
        if not wanted or not isinstance(ids, Tensor):
            return cls((0,) * len(inputs.rows))
        found = torch.isin(ids, torch.tensor(wanted, device=ids.device)).sum(dim=1)
        return cls(tuple(int(count) for count in found))

    def borders(self, units: int) -> tuple[int, ...] | None:
        """Where each row's share of so many units begins, and where the last ends; ``None`` when it is not known."""
        rows, total = len(self.counts), sum(self.counts)
        if rows == 1:
            return (0, units)
        if total and all(units * count % total == 0 for count in self.counts):
            shares = [units * count // total for count in self.counts]
        elif units == rows and (not total or all(self.counts)):
            shares = [1] * rows
        else:
            return None
        return (0, *accumulate(shares))

    def part(self, call: Call, row: int) -> Call | None:
        """A row's part of a tower's call, as the call of one sequence; ``None`` when it has none or it is not known."""
        packed = len(call.query) == 1 and len(self.counts) > 1
        borders = self.borders(call.query.shape[2] if packed else len(call.query))
        if borders is None or borders[row] == borders[row + 1]:
            return None
        start, stop = borders[row], borders[row + 1]
        return _of_tokens(call, start, stop) if packed else _of_pictures(call, start, stop)


def placeholder_ids(model: nn.Module, kind: Kind) -> tuple[int, ...]:
    """Ids of the tokens that stand for pieces of a picture or sound."""
    config = getattr(model, "config", None)
    found = (getattr(config, name, None) for name in PLACEHOLDERS.get(kind, ()))
    return tuple(dict.fromkeys(number for number in found if isinstance(number, int)))


def _of_pictures(call: Call, start: int, stop: int) -> Call:
    """Pictures ``start`` to ``stop`` of a call over a batch of them, side by side."""
    whole, count = len(call.query), stop - start

    def cut(term: Any) -> Any:
        return term[start:stop] if isinstance(term, Tensor) and term.ndim > 1 and len(term) == whole else term

    if count < whole:
        keywords = {name: cut(value) for name, value in call.keywords.items()}
        call = replace(
            call,
            query=call.query[start:stop],
            key=call.key[start:stop],
            mask=cut(call.mask),
            keywords=keywords,
            added=tuple(map(cut, call.added)),
        )
    return side_by_side(call, 1)


def _of_tokens(call: Call, start: int, stop: int) -> Call | None:
    """Tokens ``start`` to ``stop`` of packed pictures; ``None`` where a picture would be cut in two."""
    ends = [0, *accumulate(call.windows)]
    if call.terms or start not in ends or stop not in ends:
        return None
    lengths = call.windows[ends.index(start) : ends.index(stop)]
    return replace(call, query=call.query[:, :, start:stop], key=call.key[:, :, start:stop], windows=lengths)
