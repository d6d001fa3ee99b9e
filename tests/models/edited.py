"""Whether experiments work on a model type: edits of one layer of each kind beside the same changes made by hand."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models import hand
from models.build import SEED, Built
from models.own_weights import eager
from regard import experiment
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows
from regard.experiment.inputs import without_cache
from regard.experiment.layout import Site

AS_BY_HAND, AS_RUN, NO_EFFECT = "as by hand", "edited", "no effect"
"""Verdicts: equal to what the same changes by hand do; edited, but nothing to compare with; too little to compare."""

PARTS = 1e-2
"""How far an effect may be from the one by hand, as a part of it, beside five times the noise."""

Cell = tuple[int, int, int, int]


def edited(built: Built) -> dict[str, str]:
    """A verdict for each kind of attention, or one under ``""`` where nothing can be asked at all."""
    built, read = _alike(Built(built.model, without_cache(built.model, built.inputs)))
    try:
        torch.manual_seed(SEED)
        question = experiment.ask(built.model, effect=read, **built.inputs)
    except Exception as error:
        return {"": _refused(error)}
    found: dict[str, str] = {}
    for kind in question.passes.layout.counts:
        for site in _latest(question.passes.layout.sites, kind):
            found[kind] = _verdict(built, question, site)
            if found[kind] not in (AS_RUN, NO_EFFECT):
                break
    return found


def _latest(sites: Sequence[Site], kind: str) -> list[Site]:
    """The last attention of a kind, and two more of other sizes for where that shows nothing."""
    alike: dict[tuple[int, int, int], Site] = {}
    for site in sites:
        if site.kind == kind:
            alike[site.heads, site.queries, site.keys] = site
    return sorted(alike.values(), key=lambda site: (site.keys > site.windows, site.layer), reverse=True)[:3]


def _alike(built: Built) -> tuple[Built, Callable[[Any], Tensor]]:
    """The model on the kernel that it uses, or on its eager one where the two differ; and what is read of it."""
    output = built.run()
    read, other = reading(output), _on_eager(built)
    whole, again = (float(read(one)) for one in (output, other.run()))
    return built if abs(whole - again) <= 1e-4 * max(1.0, abs(whole)) else other, read


def reading(output: Any) -> Callable[[Any], Tensor]:
    """One number for each variant, in which all tensors of the output take part that have an axis of variants."""
    parts = [one.double() for one in _tensors(output)]
    shaped = [one.ndim > 1 < one.numel() for one in parts]  # not how alike each text is to each picture
    first = [fits and len(one) == 1 for fits, one in zip(shaped, parts, strict=True)]
    chosen = first if any(first) else shaped
    generator = torch.Generator().manual_seed(0)
    factors = [
        torch.randn(one.numel(), dtype=torch.double, generator=generator) / (one.std(correction=0) + 1e-6)
        for one in compress(parts, chosen)
    ]

    def read(given: Any) -> Tensor:
        pairs = zip(compress(_tensors(given), chosen), factors, strict=True)
        return torch.stack([one.double().reshape(-1, len(factor)) @ factor for one, factor in pairs]).sum(0)

    return read


def _tensors(output: Any) -> Iterator[Tensor]:
    """All tensors of floating numbers, but for the weights themselves; what is infinite counts as nothing."""
    if isinstance(output, Tensor):
        if output.is_floating_point():
            yield output.nan_to_num(0.0, 0.0, 0.0)
    elif isinstance(output, (dict, list, tuple)):
        named = output.items() if isinstance(output, dict) else ((str(place), one) for place, one in enumerate(output))
        for name, value in named:
            if "attentions" not in name:
                yield from _tensors(value)


def _verdict(built: Built, question: Any, site: Site) -> str:
    before = [other for other in question.passes.layout.sites if other.path == site.path and other.layer < site.layer]
    by_hand = ByHand(_on_eager(built), site, len(before), question.reading.function)
    head = min(1, site.heads - 1)
    try:
        cell = by_hand.telling(head)
    except Exception:
        cell = None
    at = {"layer": site.layer, "head": head, "kind": site.kind}
    try:
        edits = _edits(built, at, by_hand, cell)
    except Exception as error:
        return _refused(error)
    nothing = Edit(**at)
    try:
        noise, *values = experiment.run(question, [nothing, *edits.values()]).values
        return _compared(by_hand, dict(zip(edits, values, strict=True)), cell, abs(noise))
    except Exception:
        found, refused = _one_by_one(question, edits)
    first = next(iter(refused.values()), "refused together")
    if not found:
        return first
    noise = abs(experiment.run(question, nothing).values[0])
    return f"{_compared(by_hand, found, cell, noise)}, but {', '.join(refused)} {first}"


def _edits(built: Built, at: Mapping[str, Any], by_hand: ByHand, cell: Cell | None) -> dict[str, Edit]:
    window, _, query, key = cell or (0, 0, 0, 0)
    row = window * by_hand.queries + query
    edge = {**at, "query": row, "key": window * by_hand.keys + key}
    torch.manual_seed(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = experiment.head_outputs(built.model, **built.inputs)
    return {
        "mask": KnockOut(**edge),
        "value": KnockOut(**edge, how="value"),
        "rows": ReplaceRows(**at, query=row),
        "zero": Ablate(**at),
        "mean": Ablate(**at, by="mean"),
        "outputs": Ablate(**at, by=outputs),
    }


def _one_by_one(question: Any, edits: Mapping[str, Edit]) -> tuple[dict[str, float], dict[str, str]]:
    """The effects of those edits that can be made, and why the others cannot."""
    found, refused = {}, {}
    for name, edit in edits.items():
        try:
            found[name] = float(experiment.run(question, edit).values[0])
        except Exception as error:
            refused[name] = _refused(error)
    return found, refused


def _compared(by_hand: ByHand, found: dict[str, float], cell: Cell | None, noise: float) -> str:
    if cell is None:
        return AS_RUN
    changes = {
        "mask": hand.hidden(*cell),
        "value": hand.unread(*cell),
        "rows": hand.even(*cell[:3], by_hand.keys),
        "zero": hand.silent(cell[1]),
    }
    if by_hand.site.windows == 1:
        changes["mean"] = hand.averaged(cell[1])
    seen: list[Tensor] = []
    whole = by_hand.run(hand.watched(seen))
    if by_hand.sinks_beside(seen[0]):
        changes = {name: change for name, change in changes.items() if name not in ("mask", "mean")}
    noise = max(noise, 1e-6 * max(1.0, abs(whole)))
    expected = {name: by_hand.run(change) - whole for name, change in changes.items() if name in found}
    expected |= {"outputs": 0.0} if "outputs" in found else {}
    off = {name: abs(found[name] - value) for name, value in expected.items()}
    wrong = [name for name, value in expected.items() if off[name] > PARTS * abs(value) + 5 * noise]
    if wrong:
        return "off: " + ", ".join(f"{name} {found[name]:.3g} for {expected[name]:.3g}" for name in wrong)
    telling = any(abs(value) > 20 * noise for value in expected.values())
    return AS_BY_HAND if telling else NO_EFFECT


@dataclass(frozen=True, eq=False)
class ByHand:
    """Runs of a model in which the softmax of one attention is changed, in the ``turn``-th run of its module."""

    built: Built
    site: Site
    turn: int
    read: Callable[[Any], Tensor]

    @property
    def queries(self) -> int:
        """Queries of one window."""
        return self.site.queries // self.site.windows

    @property
    def keys(self) -> int:
        """Keys of one window."""
        return self.site.keys // self.site.windows

    def run(self, change: hand.Change) -> float:
        """What the output comes to."""
        module = self.built.model.get_submodule(self.site.path)
        with hand.softmax_changed(module, self.site.heads, change, (self.queries, self.keys), self.turn):
            return float(self.read(self.built.run()))

    def sinks_beside(self, weights: Tensor) -> bool:
        """Whether sinks take their share outside the softmax, as a factor that changing its scores does not reach
        (Granite): hidden keys and means are then not to be had there."""
        return hasattr(self.built.model.get_submodule(self.site.path), "sinks") and weights.shape[-1] == self.keys

    def telling(self, head: int) -> Cell | None:
        """The edge of this head whose weight is neither all nor nothing; ``None`` where no softmax is seen."""
        seen: list[Tensor] = []
        self.run(hand.watched(seen))
        if len(seen) not in (1, 2) or seen[0].shape[0] != self.site.windows:
            return None
        weights = seen[0][:, head, :, : self.keys]
        best = int(torch.minimum(weights, 1 - weights).argmax())
        window, query, key = np.unravel_index(best, tuple(weights.shape))
        return int(window), head, int(query), int(key)


def _on_eager(built: Built) -> Built:
    try:
        found = eager(built)
        found.run()
    except Exception:
        return built
    return found


def _refused(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"refused ({type(error).__name__}): {said[:200]}"


def works(verdicts: dict[str, str]) -> bool:
    """Whether all of it is as by hand."""
    return bool(verdicts) and all(one == AS_BY_HAND for one in verdicts.values())


def short(verdicts: dict[str, str]) -> str:
    """The verdicts in few words, once where all are the same."""
    if len(set(verdicts.values())) == 1:
        return next(iter(verdicts.values()))
    return "; ".join(f"{kind}: {said}" for kind, said in verdicts.items())
