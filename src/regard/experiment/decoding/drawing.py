"""Answers whose tokens are drawn: with which settings, by which seed, and from what."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from regard.capture.generation.arguments import Settings
from regard.capture.inputs import device_of
from regard.errors import ArgumentError
from regard.record.decoding import Drawn, Predicted, Predictions

CUTS = ("temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")
"""Settings of ``generate`` that only change what tokens are drawn from."""


@dataclass(frozen=True)
class Draws:
    """How tokens are drawn: numbers by name, ``seed`` among them where there is one."""

    settings: Mapping[str, float]

    @classmethod
    def of(cls, settings: Settings, seed: int | None) -> Draws | None:
        """The draws of these settings; ``None`` where nothing is drawn."""
        if not settings.given.get("do_sample"):
            return None
        found = {name: settings.get(name) for name in CUTS}
        numbers = {name: float(value) for name, value in found.items() if isinstance(value, (int, float))}
        return cls({"do_sample": True, **numbers, **({} if seed is None else {"seed": seed})})


def check_draws(settings: Settings, beams: int | None, seed: Any) -> None:
    """Raises ``ArgumentError`` for a seed that is none or draws nothing, and for several beams that are drawn."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise ArgumentError(f"seed must be a whole number from 0 on; got {seed!r}")
    if not settings.given.get("do_sample"):
        if seed is not None:
            raise ArgumentError(
                f"seed={seed} draws nothing: the likeliest tokens are taken. Give do_sample=True with it"
            )
        return
    count = beams if beams is not None else settings.get("num_beams", 1)
    if count != 1:
        raise ArgumentError(f"sampling with {count} beams is not followed, only that of one; give beams=1")


@contextmanager
def drawing(model: nn.Module, seed: int | None) -> Iterator[None]:
    """While open, random numbers are those after ``torch.manual_seed(seed)``; afterwards they go on as before."""
    if seed is None:
        yield
        return
    home = device_of(model)
    devices = [home] if home is not None and home.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


def drawn(output: Any, answer: Sequence[int], k: int, name: Callable[[int, float], Predicted]) -> tuple[Drawn, ...]:
    """What each token of the answer was drawn from: the ``k`` likeliest after every processor, and the entropy."""
    found = []
    for token, scores in zip(answer, output["scores"], strict=False):
        row = scores[0].float().log_softmax(-1)
        best, ids = row.topk(min(k, len(row)))
        entropy = -float((row.exp() * row.clamp(min=-1e4)).sum())
        pairs = zip(ids.tolist(), best.tolist(), strict=True)
        top = tuple(name(i, log_p) for i, log_p in pairs if log_p > -math.inf)
        found.append(Drawn(name(token, float(row[token])), Predictions(top, entropy)))
    return tuple(found)
