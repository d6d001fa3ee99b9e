"""Whether experiments work on a model type: edits of one layer of each kind beside the same changes made by hand."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models import hand
from models.build import SEED, Built
from models.own_weights import eager
from regard import experiment
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows
from regard.experiment.layout import Site

AS_BY_HAND, AS_RUN, NO_EFFECT = "as by hand", "edited", "no effect"
"""Verdicts: equal to what the same changes by hand do; edited, but nothing to compare with; too little to compare."""

PARTS = 1e-2
"""How far an effect may be from the one by hand, as a part of it, beside five times the noise."""

Cell = tuple[int, int, int, int]


def edited(built: Built) -> dict[str, str]:
    """A verdict for each kind of attention, or one under ``""`` where nothing can be asked at all."""
    built, read = _alike(built)
    try:
        torch.manual_seed(SEED)
        question = experiment.ask(built.model, effect=read, **built.inputs)
    except Exception as error:
        return {"": _refused(error)}
    sites: dict[str, Site] = {}
    for site in question.passes.layout.sites:
        if site.kind not in sites or site.keys > site.windows:
            sites[site.kind] = site
    return {kind: _verdict(built, question, site) for kind, site in sites.items()}


def _alike(built: Built) -> tuple[Built, Callable[[Any], Tensor]]:
    """The model on the kernel that it uses, or on its eager one where the two differ; and what is read of it."""
    output = built.run()
    read, other = reading(output), _on_eager(built)
    whole, again = (float(read(one)) for one in (output, other.run()))
    return built if abs(whole - again) <= 1e-4 * max(1.0, abs(whole)) else other, read


def reading(output: Any) -> Callable[[Any], Tensor]:
    """One number for each variant, in which all tensors of the output take part that have an axis of variants."""
    parts = [one.double() for one in _states(output)]
    generator = torch.Generator().manual_seed(0)
    factors = [
        torch.randn(one.numel(), dtype=torch.double, generator=generator) / (one.std() + 1e-6) for one in parts
    ]

    def read(given: Any) -> Tensor:
        pairs = zip(_states(given), factors, strict=True)
        return torch.stack([one.double().reshape(-1, len(factor)) @ factor for one, factor in pairs]).sum(0)

    return read


def _states(output: Any) -> list[Tensor]:
    found = [one for one in _tensors(output) if one.is_floating_point() and one.ndim > 1]
    return found


def _tensors(output: Any) -> Iterator[Tensor]:
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, (dict, list, tuple)):
        for value in output.values() if isinstance(output, dict) else output:
            yield from _tensors(value)


def _verdict(built: Built, question: Any, site: Site) -> str:
    head = min(1, site.heads - 1)
    by_hand = ByHand(_on_eager(built), site, question.reading.function)
    try:
        cell = by_hand.telling(head)
    except Exception:
        cell = None
    window, query, key = (0, 0, 0) if cell is None else (cell[0], cell[2], cell[3])
    at = {"layer": site.layer, "head": head, "kind": site.kind}
    row = window * by_hand.queries + query
    edge = {**at, "query": row, "key": window * by_hand.keys + key}
    edits: dict[str, Edit] = {
        "mask": KnockOut(**edge),
        "value": KnockOut(**edge, how="value"),
        "rows": ReplaceRows(**at, query=row),
        "zero": Ablate(**at),
        "mean": Ablate(**at, by="mean"),
    }
    try:
        torch.manual_seed(SEED)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            edits["outputs"] = Ablate(**at, by=experiment.head_outputs(built.model, **built.inputs))
    except Exception as error:
        return _refused(error)
    refused = {}
    for name, edit in edits.items():
        try:
            experiment.run(question, edit)
        except Exception as error:
            refused[name] = _refused(error)
    left = {name: edit for name, edit in edits.items() if name not in refused}
    if refused:
        first = next(iter(refused.values()))
        if not left:
            return first
    found = dict(zip(left, experiment.run(question, [Edit(**at), *left.values()]).values[1:], strict=True))
    noise = float(abs(experiment.run(question, Edit(**at)).values[0]))
    said = _compared(by_hand, found, cell, noise)
    return said if not refused else f"{said} but {', '.join(refused)}: {first}"


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
    whole = by_hand.run(hand.watched([]))
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
    """Runs of a model in which the softmax of one attention is changed."""

    built: Built
    site: Site
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
        with hand.softmax_changed(module, self.site.heads, change, (self.queries, self.keys)):
            return float(self.read(self.built.run()))

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


def short(verdicts: dict[str, str], kinds: Sequence[str]) -> str:
    """The verdicts in few words."""
    if works(verdicts):
        return AS_BY_HAND
    return "; ".join(f"{kind}: {said}" if kind and len(kinds) > 1 else said for kind, said in verdicts.items())
