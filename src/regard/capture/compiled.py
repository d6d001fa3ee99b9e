"""Models that torch.compile has been applied to: for the captured pass they run as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def original(model: nn.Module) -> nn.Module:
    """The module inside ``torch.compile(module)``, or the module itself."""
    found = getattr(model, "_orig_mod", model)
    return found if isinstance(found, nn.Module) else model


@contextmanager
def as_written(model: nn.Module) -> Iterator[None]:
    """While open, compiled parts of ``model`` run uncompiled, where their attention calls can be seen.

    Nothing is compiled anew and what was compiled before is used again afterwards. The stance is the whole process's,
    so another thread's compiled functions run uncompiled too meanwhile; without compiled parts it is left alone.
    """
    if all(getattr(module, "_compiled_call_impl", None) is None for module in model.modules()):
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
