"""Watching modules that write attention out in their own code, ``softmax(query @ key.mT * scale + bias) @ value``.

A torch function mode sees, in this thread alone, every function that such a model calls; each runs as it would have
run. It is opened only for models that have such modules, which is told from the names that their code uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from types import CodeType, FunctionType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

from regard.capture.calls import Call
from regard.capture.families import HIDES
from regard.capture.in_projection import PROJECTING, projected_call
from regard.capture.leading import Leading
from regard.capture.looking import Looking, fast_paths
from regard.capture.scores import Scores
from regard.capture.torch_masks import sdpa_call
from regard.capture.trace import ScoreTrace

Take = Callable[[Call], None]

_REGISTRY = "get_interface"
_ATTENTION = frozenset(
    {"softmax", "Softmax", "XSoftmax", "logsumexp", "scaled_dot_product_attention", "multi_head_attention_forward"}
)
_SDPA = torch._C._nn.scaled_dot_product_attention

_elsewhere: ContextVar[bool] = ContextVar("regard_elsewhere", default=False)

before_edits: Any = WeakIdKeyDictionary()
"""What a function gave before an edit, by what it gives with the edit."""


@contextmanager
def watching_own_code(model: nn.Module, take: Take) -> Iterator[None]:
    """While open, ``take`` receives the attention that modules of ``model`` write out, in this thread."""
    if not has_own_code(model):
        yield
        return
    with fast_paths, _Watch(model, take):
        yield


def has_own_code(model: nn.Module) -> bool:
    """Whether some module of the model computes attention in its own code."""
    classes: set[Any] = {type(module) for module in model.modules()}
    return any(map(_writes_attention_out, classes))


def is_elsewhere() -> bool:
    """Whether :func:`elsewhere` is open."""
    return _elsewhere.get()


@contextmanager
def elsewhere() -> Iterator[None]:
    """While open in this context, attention is not looked at here because it is known already."""
    token = _elsewhere.set(True)
    try:
        yield
    finally:
        _elsewhere.reset(token)


class _Watch(Looking):
    def __init__(self, model: nn.Module, take: Take):
        super().__init__(model)
        self._take = take
        self._trace = ScoreTrace()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if is_elsewhere():
            return func(*args, **kwargs)
        if func is _SDPA:
            self._note(lambda path, module: with_causality(sdpa_call(path, module, args, kwargs)))
        elif func in PROJECTING:
            self._note(lambda path, module: with_causality(projected_call(func, path, module, args, kwargs)))
        output = func(*args, **kwargs)
        given = before_edits.get(output, output) if isinstance(output, Tensor) else output
        scores = followed(self._trace, func, args, kwargs, given)
        if scores is not None:
            self._note(lambda path, module: written_call(path, module, scores, given))
        return output

    def _note(self, call: Callable[[str, nn.Module], Call]) -> None:
        with elsewhere():
            self._take(call(*self.caller()))


def followed(trace: ScoreTrace, func: Any, args: Any, kwargs: Any, output: Any) -> Scores | None:
    """What the trace says of a function; ``None`` too where it cannot say, which must not stop the model."""
    try:
        with elsewhere():  # what it computes to look closer is no attention of the model
            return trace.see(func, args, kwargs, output)
    except Exception:
        return None


def with_causality(call: Call) -> Call:
    """The call, as causal also where only its mask says so."""
    if call.mask is None or call.mask.ndim < 4:
        return call
    seen = call.mask if call.mask.dtype == torch.bool else call.mask > HIDES
    return replace(
        call, keywords={**call.keywords, "is_causal": _is_causal(seen.expand(*seen.shape[:2], *_size(call)))}
    )


def _size(call: Call) -> tuple[int, int]:
    return call.query.shape[2], call.key.shape[2]


def written_call(path: str, module: nn.Module, scores: Scores, weights: Tensor) -> Call:
    """A softmax over scores as a call, with the leading axes brought to [batch, head]."""
    reading = Leading.of(weights.shape[:-2], module)
    found, shape = scores, reading.shape
    if reading.heads_second:
        found = found.led(reading.lead, lambda tensor: tensor.movedim(1, -3))
    if shape != reading.moved:
        found = found.led(reading.moved, lambda tensor: tensor.reshape(*shape, *tensor.shape[-2:]))
    query, key = _four_axes(found.query), _four_axes(found.key)
    keywords = {"scaling": found.scale, "softcap": found.cap, "is_causal": _is_causal(weights > 0)}
    query, key = query.expand(*shape, -1, -1), key.expand(shape[0], -1, -1, -1)
    added = tuple(_four_axes(term) for term in found.terms)
    return Call(path, module, "written out", query, key, None, keywords, added)


def _four_axes(tensor: Tensor) -> Tensor:
    return tensor.reshape(*(1,) * (4 - tensor.ndim), *tensor.shape)


def _is_causal(seen: Tensor) -> bool:
    """Whether the first query sees the first key alone, and the last one more: of what is visible [..., query, key]."""
    queries, keys = seen.shape[-2:]
    counts = seen[..., [0, queries - 1], :].flatten(0, -3).any(0).sum(-1)
    return queries == keys > 1 and bool(counts[0] == 1 < counts[1])


@cache
def _writes_attention_out(cls: Any) -> bool:
    """Whether a class of modules computes a softmax or calls torch's attention in its own code."""
    if issubclass(cls, (nn.Softmax, nn.MultiheadAttention, nn.TransformerEncoderLayer)):
        return True
    names: set[str] = set()
    for base in cls.__mro__:
        if base is nn.Module or base.__module__.startswith("torch."):
            break
        for value in vars(base).values():
            names |= _names(value)
    return bool(names & _ATTENTION) and _REGISTRY not in names


def _names(value: Any) -> set[str]:
    """Names that a function uses, and that functions beside it use which it calls."""
    function = getattr(value, "__wrapped__", value)
    if not isinstance(function, FunctionType):
        return set()
    names = _code_names(function.__code__)
    near = (function.__globals__.get(name) for name in names)
    called = [one for one in near if isinstance(one, FunctionType) and one.__module__ == function.__module__]
    return names.union(*(_code_names(one.__code__) for one in called))


def _code_names(code: CodeType) -> set[str]:
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return set(code.co_names).union(*(_code_names(const) for const in inner))
