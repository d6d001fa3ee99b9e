"""What can be changed about attention: declarations, which run nothing by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.experiment.frame import Box
from regard.experiment.places import Numbers, check_numbers


@dataclass(frozen=True, eq=False, kw_only=True)
class Edit:
    """A change of the attention of some heads at some queries; ``None`` means all. This one changes nothing.

    ``layer``, ``head``, ``query`` are numbers, lists of them, slices, or ``None`` for all; negative numbers count from
    the end. ``kind`` is needed where a model has several kinds of attention. Edits are made on what the attention
    function of the model received and computed, and everything after it runs on what they leave.
    """

    layer: Numbers = None
    head: Numbers = None
    query: Numbers = None
    kind: Kind | None = None

    def __post_init__(self) -> None:
        for name in ("layer", "head", "query"):
            object.__setattr__(self, name, check_numbers(name, getattr(self, name)))

    def on_scores(self, scores: Tensor, box: Box) -> Tensor:
        """The scores [head, query, key] of the box that the softmax gets."""
        return scores

    def on_weights(self, weights: Tensor, box: Box) -> Tensor:
        """The weights [head, query, key] of the box that values are summed with; hidden keys have ``box.hidden``."""
        return weights

    def on_output(self, output: Tensor, box: Box) -> Tensor:
        """What the heads of the box give at its queries, [query, head, d_value], before the output projection.

        ``box.output`` is what they give at all queries.
        """
        return output

    @property
    def keys_named(self) -> Numbers:
        """The keys that it names, ``None`` for all."""
        return None

    @property
    def changes_weights(self) -> bool:
        """Whether rows of weights are computed anew for it."""
        return True

    @property
    def gives_zero(self) -> bool:
        """Whether nothing is left of what the heads give, whatever it was."""
        return False

    def __str__(self) -> str:
        places = (f"{name} {_shown(getattr(self, name))}" for name in ("layer", "head", "query"))
        return f"{type(self).__name__} at {', '.join(places)}"


@dataclass(frozen=True, eq=False, kw_only=True)
class KnockOut(Edit):
    """Cuts edges: these queries no longer read these keys.

    ``how="mask"`` hides the keys before the softmax, so that the other keys share their mass (attention is re-routed:
    Geva et al. 2023). ``how="value"`` sets the finished weights to zero and renormalises nothing (what the keys passed
    on is lost). At sinks and blockers the two differ, which tells them. A query left without any key gives zeros.
    """

    key: Numbers = None
    how: Literal["mask", "value"] = "mask"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "key", check_numbers("key", self.key))
        if self.how not in ("mask", "value"):
            raise not_one_of("kind of knock-out", self.how, ("mask", "value"))

    def on_scores(self, scores: Tensor, box: Box) -> Tensor:
        """With ``"mask"``, minus infinity at the cut keys."""
        return self._cut(scores, box, -np.inf) if self.how == "mask" else scores

    def on_weights(self, weights: Tensor, box: Box) -> Tensor:
        """With ``"value"``, zero at the cut keys."""
        return self._cut(weights, box, 0.0) if self.how == "value" else weights

    @property
    def keys_named(self) -> Numbers:
        """The keys that are cut."""
        return self.key

    def _cut(self, rows: Tensor, box: Box, number: float) -> Tensor:
        return rows.index_fill(-1, box.keys(self.key), number)

    def __str__(self) -> str:
        return f"{super().__str__()}, key {_shown(self.key)} ({self.how})"


_ROWS = "[key], [query, key] or [head, query, key]"


@dataclass(frozen=True, eq=False, kw_only=True)
class ReplaceRows(Edit):
    """Gives rows other weights: ``"uniform"``, ``"permuted"`` (by ``seed``), or an array.

    Uniform and permuted rows keep the row's sum and its hidden keys (Jain & Wallace 2019, Wiegreffe & Pinter 2019);
    ``keep`` names keys, such as a sink, whose weights stay as they are. An array [key], [query, key] or [head, query,
    key] is taken as it is: it has a row for every query (and head) that is replaced, in ascending order, and every key,
    and may not look at keys that the model hides. Rows of another input of as many tokens are ``record.weights[layer,
    head, query]`` of its record.
    """

    weights: Any = "uniform"
    keep: Numbers = ()
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.weights, str):
            if self.weights not in ("uniform", "permuted"):
                raise not_one_of("row", self.weights, ("uniform", "permuted", f"an array {_ROWS}"))
            return
        found = np.asarray(self.weights)
        if found.ndim not in (1, 2, 3) or not np.isfinite(found).all():
            raise ArgumentError(f"weights must be finite, {_ROWS}; got shape {list(found.shape)}")
        object.__setattr__(self, "weights", found)

    def on_weights(self, weights: Tensor, box: Box) -> Tensor:
        """The rows replaced."""
        if not isinstance(self.weights, str):
            return box.given(self.weights, weights)
        free = box.free(self.keep)
        if self.weights == "uniform":
            mass = weights.where(free, 0).sum(-1, keepdim=True)
            return weights.where(~free, mass / free.sum(-1, keepdim=True).clamp(min=1))
        return box.permuted(weights, free, self.seed)

    def __str__(self) -> str:
        what = self.weights if isinstance(self.weights, str) else "given"
        return f"{super().__str__()} ({what}{f', seed {self.seed}' if what == 'permuted' else ''})"


@dataclass(frozen=True, eq=False, kw_only=True)
class Ablate(Edit):
    """Replaces what heads give, before the output projection.

    ``by="zero"``; ``by="mean"``, the head's mean over the queries of this text; or the outputs of a reference run (see
    :func:`regard.experiment.head_outputs`): of one text of the same length, position by position (resampling,
    activation patching), or of several, whose mean over all positions is then taken (mean ablation over a corpus).
    """

    by: Literal["zero", "mean"] | HeadOutputs = "zero"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.by, HeadOutputs) and self.by not in ("zero", "mean"):
            raise not_one_of("ablation", self.by, ("zero", "mean", "the result of regard.experiment.head_outputs"))

    @property
    def changes_weights(self) -> bool:
        """No: weights stay, what comes of them goes."""
        return False

    @property
    def gives_zero(self) -> bool:
        """Whether it is by ``"zero"``."""
        return self.by == "zero"

    def on_output(self, output: Tensor, box: Box) -> Tensor:
        """The outputs replaced."""
        if isinstance(self.by, HeadOutputs):
            return self.by.at(box).to(output)
        if self.by == "zero":
            return torch.zeros_like(output)
        return box.whole_output().mean(0, keepdim=True).expand_as(output)

    def __str__(self) -> str:
        what = "reference" if isinstance(self.by, HeadOutputs) else self.by
        return f"{super().__str__()} ({what})"


@dataclass(frozen=True, eq=False)
class HeadOutputs:
    """What every head gave in reference runs, by kind, layer and turn (0 but where a layer sums values of two kinds):
    [query, head, d_value] of one text each."""

    texts: Sequence[Mapping[tuple[Kind, int, int], Tensor]]

    def at(self, box: Box) -> Tensor:
        """What stands in for a box's outputs: [query, head, d_value] or one row of it for all queries.

        Raises ``ArgumentError`` when the one reference text has another length.
        """
        place = (box.kind, box.layer, box.turn)
        if any(place not in text for text in self.texts):
            raise ArgumentError(
                f"the reference holds no outputs of {box.kind} layer {box.layer}: it has no such layer, or its product "
                "of weights and values cannot be followed"
            )
        found = [text[place] for text in self.texts]
        if len(found) > 1:
            mean = torch.cat(found).mean(0, keepdim=True)
            return mean[:, box.heads].expand(len(box.queries), -1, -1)
        if len(found[0]) != box.frame.queries:
            raise ArgumentError(
                f"the reference text has {len(found[0])} tokens, this one {box.frame.queries}; give a text of the same "
                "length, or several texts for their mean"
            )
        return found[0][box.queries][:, box.heads]


Variant = Edit | Sequence[Edit]
"""Edits that are made together in one run."""


def edits_of(variant: Any) -> tuple[Edit, ...]:
    """The edits of a variant; raises ``ArgumentError`` for what is none."""
    found = (variant,) if isinstance(variant, Edit) else variant
    if not isinstance(found, Sequence) or not all(isinstance(edit, Edit) for edit in found):
        raise ArgumentError(
            f"expected an edit such as KnockOut(layer=0, head=0, query=-1, key=0), or a list of edits that are made "
            f"together; got {variant!r:.60}"
        )
    return tuple(found)


def _shown(asked: Any) -> str:
    if asked is None:
        return "all"
    if isinstance(asked, slice):
        return f"{'' if asked.start is None else asked.start}:{'' if asked.stop is None else asked.stop}"
    return ", ".join(map(str, asked)) if isinstance(asked, tuple) else str(asked)
