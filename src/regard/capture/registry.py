"""Watching the calls of transformers' attention functions without changing what they do.

Models look their attention function up on every call, by ``AttentionInterface.get_interface(name, default)``. While
a recording is open in this context (thread or task), that lookup answers with the very function it finds, wrapped to
note its arguments first; elsewhere it answers as always. No entry of the registry is touched and no name added, so
mask building and checks by name behave as always, and the model's own eager function (the ``default``, which is in no
registry) is wrapped like any other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from torch import nn
from transformers.modeling_utils import AttentionInterface

from regard.capture.calls import Call, call_of
from regard.capture.written_out import elsewhere, watching_own_code

Take = Callable[[Call], None]
_Registry: Any = AttentionInterface


@dataclass(frozen=True, eq=False)
class _Recorder:
    paths: Mapping[int, str]
    take: Take


_open: ContextVar[tuple[_Recorder, ...]] = ContextVar("regard_recorders", default=())


@contextmanager
def recording(model: nn.Module, take: Take) -> Iterator[None]:
    """While open, ``take`` receives every attention :class:`~regard.capture.calls.Call` of this model.

    It is called before the attention function runs and must copy what it keeps. Only calls made in this context and
    by modules of ``model`` count; of nested recordings, the innermost that has the module. Attention that a module
    writes out in its own code is watched too (:mod:`regard.capture.written_out`). Whatever is raised inside, the
    registry is afterwards as it was.
    """
    lists = {path: len(module) for path, module in model.named_modules() if isinstance(module, nn.ModuleList)}

    def take_numbered(call: Call) -> None:
        take(replace(call, layer=layer_of(call.path, lists)))

    recorder = _Recorder({id(module): path for path, module in model.named_modules()}, take_numbered)
    token = _open.set((*_open.get(), recorder))
    try:
        with _lookup, watching_own_code(model, take_numbered):
            yield
    finally:
        _open.reset(token)


def layer_of(path: str, lists: Mapping[str, int]) -> tuple[int, int] | None:
    """The number of the layer that a module is in, and how many there are; ``None`` where lists are nested or absent.

    >>> layer_of("model.layers.3.self_attn", {"model.layers": 32})
    (3, 32)
    """
    names = path.split(".")
    places = [i for i, name in enumerate(names) if name.isdigit() and ".".join(names[:i]) in lists]
    return (int(names[places[0]]), lists[".".join(names[: places[0]])]) if len(places) == 1 else None


class _Lookup:
    """The replaced lookup: installed by the first recording of any thread, taken away by the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._original: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._original = _Registry.get_interface
                _Registry.get_interface = _watched(self._original)
            self._users += 1

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                _Registry.get_interface = self._original


_lookup = _Lookup()


def _watched(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def get_interface(self: Any, attn_implementation: str | None, default: Any) -> Callable[..., Any]:
        function: Callable[..., Any] = original(self, attn_implementation, default)
        if not _open.get():
            return function
        return _noting(function, "eager" if function is default else str(attn_implementation))

    return get_interface


def _noting(function: Callable[..., Any], kernel: str) -> Callable[..., Any]:
    @wraps(function)
    def noted(*args: Any, **kwargs: Any) -> Any:
        module = args[0] if args else kwargs.get("module")
        for recorder in reversed(_open.get()):
            if id(module) in recorder.paths:
                recorder.take(call_of(recorder.paths[id(module)], kernel, args, kwargs))
                break
        with elsewhere():
            return function(*args, **kwargs)

    return noted
