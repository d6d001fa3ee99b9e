"""What comes before a model's first attention: the convolutions that cut a picture into patches or a sound into frames.

They are watched while the model runs, so that grids and frame rates are those of the run and not of a configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor, nn

from regard.axes import Kind

_open: ContextVar[tuple[object, ...]] = ContextVar("regard_watched_fronts", default=())
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


@dataclass(frozen=True, eq=False)
class Ran:
    """One convolution that ran: its module's place, what it was given and gave (without numbers), its stride."""

    path: str
    given: tuple[int, ...]
    gave: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def grids(self) -> list[tuple[int, int]]:
        """(rows, columns) of every picture (or frame of a video) that came out of it, in order."""
        batch, _, *sizes = self.gave
        rows, columns = sizes[-2:]
        return [(rows, columns)] * (batch * prod(sizes[:-2]))


class Fronts:
    """The convolutions that ran ``before`` the first attention of each kind, in order."""

    def __init__(self, model: nn.Module) -> None:
        self._modules = {p: m for p, m in model.named_modules() if isinstance(m, _CONVOLUTIONS)}
        self._ran: list[Ran] = []
        self.before: dict[Kind, list[Ran]] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While open, convolutions that run in this context (thread or task) are noted."""
        token = _open.set((*_open.get(), self))
        try:
            with ExitStack() as hooks:
                for path, module in self._modules.items():
                    hooks.enter_context(module.register_forward_hook(self._noting(path)))
                yield
        finally:
            _open.reset(token)

    def _noting(self, path: str) -> Callable[..., None]:
        def note(module: Any, args: tuple[Any, ...], output: Any) -> None:
            if self in _open.get()[-1:] and args and isinstance(args[0], Tensor) and isinstance(output, Tensor):
                self._ran.append(Ran(path, tuple(args[0].shape), tuple(output.shape), tuple(module.stride)))

        return note

    def mark(self, kind: Kind) -> None:
        """Attention of this kind begins: what ran since the last such beginning came before it."""
        if kind not in self.before:
            self.before[kind], self._ran = self._ran, []
