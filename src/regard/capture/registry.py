"""Watching the calls of transformers' attention functions without changing what they do.

Models look their attention function up on every call, by ``AttentionInterface.get_interface(name, default)``. While
a recording is open in this context (thread or task), that lookup answers with the very function it finds, wrapped to
note its arguments first; elsewhere it answers as always. No entry of the registry is touched and no name added, so
mask building and checks by name behave as always, and the model's own eager function (the ``default``, which is in no
registry) is wrapped like any other.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from torch import nn
from transformers.modeling_utils import AttentionInterface

from regard.capture.answers import answering_own_code
from regard.capture.calls import Call, call_of
from regard.capture.families import UNREAD
from regard.capture.rotary import rotary_of
from regard.capture.sliding_calls import answering_sliding
from regard.capture.values import output_of
from regard.capture.written import AS_IS
from regard.capture.written_out import elsewhere, watching_own_code

Take = Callable[[Call], None]
Edit = Callable[[Call, Callable[[], Any]], Any]
"""What an attention call answers: made of the call, and of a function that runs it as it is. ``AS_IS`` answers as if
nobody had asked."""
_Registry: Any = AttentionInterface


@dataclass(frozen=True, eq=False)
class _Recorder:
    paths: Mapping[int, str]
    take: Take | None = None
    edit: Edit | None = None


_open: ContextVar[tuple[_Recorder, ...]] = ContextVar("regard_recorders", default=())


@contextmanager
def recording(model: nn.Module, take: Take) -> Iterator[None]:
    """While open, ``take`` receives every attention :class:`~regard.capture.calls.Call` of this model.

    It is called before the attention function runs and must copy what it keeps. Only calls made in this context and
    by modules of ``model`` count; of nested recordings, the innermost that has the module. Attention that a module
    writes out in its own code is watched too (:mod:`regard.capture.written_out`). Whatever is raised inside, the
    registry is afterwards as it was.
    """
    numbered = _numbered(model)

    def take_numbered(call: Call) -> None:
        if not re.search(UNREAD, type(call.module).__name__):
            take(numbered(call))

    with _opened(_Recorder(_paths(model), take=take_numbered)), watching_own_code(model, take_numbered):
        yield


@contextmanager
def answering(model: nn.Module, edit: Edit) -> Iterator[None]:
    """While open, ``edit`` answers the attention calls by modules of ``model`` in this context.

    Recordings see each call first, as it arrives. Attention that modules write out in their own code is answered too
    (:mod:`regard.capture.answers`), and that of sliding windows (:mod:`regard.capture.sliding_calls`).
    """
    lists = lists_of(model)

    def edit_numbered(call: Call, run: Callable[[], Any]) -> Any:
        if call.band is None and re.search(UNREAD, type(call.module).__name__):
            return AS_IS
        return edit(replace(call, layer=layer_of(call.path, lists)), run)

    own, sliding = answering_own_code(model, edit_numbered), answering_sliding(model, edit_numbered)
    with _opened(_Recorder(_paths(model), edit=edit_numbered)), own, sliding:
        yield


@contextmanager
def _opened(recorder: _Recorder) -> Iterator[None]:
    token = _open.set((*_open.get(), recorder))
    try:
        with _lookup:
            yield
    finally:
        _open.reset(token)


def _paths(model: nn.Module) -> Mapping[int, str]:
    return {id(module): path for path, module in model.named_modules()}


def lists_of(model: nn.Module) -> Mapping[str, int]:
    """Paths of the model's lists of layers, and how long they are.

    A list inside an item of another one is no list of layers where no two of its items are alike: it holds the parts
    of one layer (T5's ``block.3.layer``: self-attention, cross-attention, feed-forward).
    """
    found = {path: module for path, module in model.named_modules() if isinstance(module, nn.ModuleList)}
    parts = {path for path, module in found.items() if _is_inside(path, found) and _all_differ(module)}
    return {path: len(module) for path, module in found.items() if path not in parts}


def _is_inside(path: str, lists: Mapping[str, nn.ModuleList]) -> bool:
    return any(path.startswith(f"{other}.") for other in lists)


def _all_differ(module: nn.ModuleList) -> bool:
    return len(module) == len({type(one) for one in module}) > 1


def _numbered(model: nn.Module) -> Callable[[Call], Call]:
    lists = lists_of(model)

    def numbered(call: Call) -> Call:
        rotary, output = rotary_of(model, call), output_of(model, call)
        return replace(call, layer=layer_of(call.path, lists), rotary=rotary, output=output)

    return numbered


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
        mine = [recorder for recorder in reversed(_open.get()) if id(module) in recorder.paths]
        take = next((recorder.take for recorder in mine if recorder.take), None)
        edit = next((recorder.edit for recorder in mine if recorder.edit), None)
        with elsewhere():
            if not mine:
                return function(*args, **kwargs)
            call = call_of(mine[0].paths[id(module)], kernel, args, kwargs)
            if take is not None:
                take(call)
            if edit is None:
                return function(*args, **kwargs)
            answer = edit(call, lambda: function(*args, **kwargs))
            return function(*args, **kwargs) if answer is AS_IS else answer

    return noted
