"""Watching a model's routers while it runs: which experts each token was sent to, layer by layer."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from regard.capture.arrays import to_numpy
from regard.capture.families import kind_of
from regard.capture.inputs import Row, is_encoder_decoder
from regard.capture.part import Part
from regard.capture.routers import NAMES, Chosen, chosen
from regard.record.record import Record
from regard.record.routing import Routed, Routing

_open: ContextVar[tuple[object, ...]] = ContextVar("regard_watched_routers", default=())
Pick = Callable[[str, Sequence[Tensor]], Tensor | None]
"""From what a router gave for the whole batch in each pass [row · token, k], and the stream's name, what is of one
sequence [token, k]; ``None`` where that cannot be told."""


@dataclass(eq=False)
class _Router:
    """One router: its module's place, its layer and how many there are, and what it chose, pass by pass."""

    path: str
    module: nn.Module
    parent: nn.Module
    stream: str
    layer: tuple[int, int]
    passes: list[Chosen] = field(default_factory=list)


class Routers:
    """The routers of a model. Nothing of it is changed but for hooks, which are there while it is watched."""

    def __init__(self, model: nn.Module, part: Part | None = None) -> None:
        self._both = is_encoder_decoder(model)
        self._found = [router for router in self._routers(model) if (part or Part()).has_layer(router.layer[0])]
        self._declared = _declared(model) if part is None or part.layers is None else []

    def _routers(self, model: nn.Module) -> Iterator[_Router]:
        modules = dict(model.named_modules())
        lists = {path: len(module) for path, module in modules.items() if isinstance(module, nn.ModuleList)}
        for path, module in modules.items():
            layer = _outer_layer(path, lists)
            if layer is not None and re.search(NAMES, type(module).__name__) and "attention" not in path:
                kind = kind_of(path=path, encoder_decoder=self._both, cross=False, causal=True, text=True)
                yield _Router(path, module, modules[path.rpartition(".")[0]], kind or "", layer)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While open, what the routers choose in this context (thread or task) is kept."""
        token = _open.set((*_open.get(), self))
        try:
            with ExitStack() as hooks:
                for router in self._found:
                    hooks.enter_context(router.module.register_forward_hook(self._taking(router)))
                yield
        finally:
            _open.reset(token)

    def _taking(self, router: _Router) -> Callable[..., None]:
        def take(module: nn.Module, _args: object, output: Any) -> None:
            found = chosen(module, router.parent, output) if self in _open.get()[-1:] else None
            if found is not None:
                router.passes.append(found)

        return take

    def warn(self) -> None:
        """Warn of routers that ran and could not be read."""
        if self._declared and not any(router.passes for router in self._found):
            warnings.warn(
                f"router choices of {self._declared[0]} are not in the record, as regard cannot read their form",
                stacklevel=4,
            )

    def added(self, record: Record, pick: Pick) -> Record:
        """The record with the choices for its tokens."""
        layers: dict[str, list[Routed | None]] = {}
        lost = []
        for router in self._found:
            if not router.passes:
                continue
            stream = router.stream if router.stream in record.streams or self._both else next(iter(record.streams))
            found = _routed(router.passes, stream, pick)
            if found is None or stream not in record.streams or found.tokens != len(record.streams[stream]):
                lost.append(router.path)
                continue
            kept = layers.setdefault(stream, [None] * router.layer[1])
            kept[router.layer[0]] = found
        if lost:
            warnings.warn(
                f"the router choices of {len(lost)} modules ({lost[0]}{', …' * (len(lost) > 1)}) are not one for each "
                "token of the record, so they are not in the record",
                stacklevel=5,
            )
        return replace(record, routings={stream: Routing(stream, tuple(kept)) for stream, kept in layers.items()})


def _declared(model: nn.Module) -> list[str]:
    """Classes of the modules that a model says give router logits."""
    said = [getattr(module, "_can_record_outputs", None) or {} for module in model.modules()]
    recorders = [one.get("router_logits") or () for one in said]
    each = [one for found in recorders for one in (found if isinstance(found, (list, tuple)) else (found,))]
    targets = tuple({t for t in (getattr(one, "target_class", one) for one in each) if isinstance(t, type)})
    return [type(module).__name__ for module in model.modules() if isinstance(module, targets)]


def _routed(passes: Sequence[Chosen], stream: str, pick: Pick) -> Routed | None:
    """The choices for one sequence."""
    experts, gates = (pick(stream, [getattr(found, name) for found in passes]) for name in ("experts", "gates"))
    if experts is None or gates is None:
        return None
    return Routed(to_numpy(experts).astype(np.int32), to_numpy(gates), passes[0].count)


def by_row(passes: Sequence[Tensor], rows: int) -> Tensor | None:
    """Passes [row · token, k] joined as [row, token, k]."""
    if any(len(found) % rows for found in passes):
        return None
    return torch.cat([found.reshape(rows, -1, found.shape[-1]) for found in passes], dim=1)


def of_row(row: Row, number: int, rows: int) -> Pick:
    """The tokens of one row of a batch, without its padding."""

    def pick(stream: str, passes: Sequence[Tensor]) -> Tensor | None:
        found = by_row(passes, rows)
        return None if found is None else found[number, row.kept(stream, found.shape[1])]

    return pick


def _outer_layer(path: str, lists: Mapping[str, int]) -> tuple[int, int] | None:
    """The number of the outermost layer that a module is in, and how many there are."""
    names = path.split(".")
    for i, name in enumerate(names):
        if name.isdigit() and ".".join(names[:i]) in lists:
            return int(name), lists[".".join(names[:i])]
    return None
