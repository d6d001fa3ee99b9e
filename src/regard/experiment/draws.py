"""Random numbers that a model draws although it is in eval mode: the same in every run of an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from regard.capture.inputs import device_of


class Draws:
    """Runs with the random numbers that torch would have given next when this was made; your own go on as if nothing
    had run.

    Informer samples the keys by which it tells active queries, ViLT the order of its patches, a masked autoencoder its
    mask. With other numbers in each run, what they change would be mistaken for the effect of an edit.
    """

    def __init__(self, model: nn.Module) -> None:
        device = device_of(model)
        self._devices = [device] if device is not None and device.type == "cuda" else []
        self._first = self._now()
        self.drawn = False
        """Whether any run drew random numbers."""

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """While open, the random numbers are those of every other such run."""
        with torch.random.fork_rng(devices=self._devices):
            torch.set_rng_state(self._first[0])
            for device, state in zip(self._devices, self._first[1:], strict=True):
                torch.cuda.set_rng_state(state, device)
            yield
            self.drawn |= not all(map(torch.equal, self._now(), self._first))

    def _now(self) -> list[Tensor]:
        return [torch.get_rng_state(), *(torch.cuda.get_rng_state(device) for device in self._devices)]
