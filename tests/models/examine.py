"""Capture one model type and compare what was recorded with the model's own weights."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from models.build import Built, NotBuiltError, build
from models.compare import compare, layers_of
from models.exceptions import NOTES, UNSEEN
from models.finding import CAPTURED, NO_ATTENTION, NOT_CAPTURED, SIZES, Finding
from models.own_weights import are_weights
from regard.capture import Call, capture, recording
from regard.capture.fallback import returned_weights
from regard.errors import NoAttentionError, RegardError
from regard.record import Dense, Record

_SEVERAL = "of several lengths"


def examine(model_type: str) -> Finding:
    """Build the type, run it with and without capture, and compare."""
    found, start = Finding(model_type), time.monotonic()
    try:
        built = build(model_type)
    except NotBuiltError as error:
        found.notes = [f"{error.stage}: {_short(error)}"]
        return found
    found.model_class = type(built.model).__name__
    plain = built.run()
    record, output, warned = _captured(built, found)
    found.unchanged = None if output is None else _same(plain, output)
    if record is not None:
        found.state = CAPTURED
        found.kinds = {kind: list(attention.weights.shape) for kind, attention in record.attentions.items()}
        found.routes = _routes(record, built)
        compare(found, layers_of(record), built)
        if any(_SEVERAL in warning for warning in warned):
            warned = [warning for warning in warned if _SEVERAL not in warning] + _further(found, record, built)
    found.notes = list(dict.fromkeys([*found.notes, *warned, *NOTES.get(model_type, ())]))
    found.seconds = round(time.monotonic() - start, 2)
    return found


def _further(found: Finding, record: Record, built: Built) -> list[str]:
    """Capture the layers of other sizes too, one size after the other, and compare them; what is left to say."""
    for kind, attention in record.attentions.items():
        left = [number for number, layer in enumerate(attention.layers) if layer is None]
        while left:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    part = _one(built, layers=left).attentions[kind]
            except (RegardError, KeyError) as error:
                return [f"{kind} layers {left} are not in the record: {_short(error)}"]
            found.kinds[f"{kind} {', '.join(map(str, part.present))}"] = [len(part.present), *part.weights.shape[1:]]
            compare(found, {kind: [part.layer(number) for number in part.present]}, built)
            left = [number for number in left if number not in part.present]
    return [SIZES]


def _one(built: Built, **options: Any) -> Record:
    """The record of the first row."""
    torch.manual_seed(3)
    made = capture(built.model, **built.inputs, **options)
    return made[0] if isinstance(made, list) else made


def _captured(built: Built, found: Finding) -> tuple[Record | None, Any, list[str]]:
    """The record, the output of the very run it was made from, and what regard warned of."""
    outputs: list[Any] = []
    with (
        warnings.catch_warnings(record=True) as caught,
        built.model.register_forward_hook(lambda _module, _args, output: outputs.append(output)),
    ):
        warnings.simplefilter("always")
        try:
            record = _one(built)
        except NoAttentionError as error:
            unseen = UNSEEN.get(found.model_type)
            found.state = NOT_CAPTURED if unseen or _attends(built) else NO_ATTENTION
            found.notes.append(unseen or _short(error))
            return None, outputs[0] if outputs else None, []
        except Exception as error:
            found.state = NOT_CAPTURED
            found.notes.append(f"{type(error).__name__}: {_short(error)}")
            return None, None, []
    said = [_short(one.message) for one in caught if "the record" in str(one.message)]
    return record, outputs[0], said


def calls_of(built: Built) -> list[Call]:
    """Every attention call that regard sees."""
    calls: list[Call] = []
    with recording(built.model, calls.append):
        built.run()
    return calls


def _attends(built: Built) -> bool:
    """Whether anything like softmax attention happens: seen by regard, or returned by the model as rows of weights
    [batch, head, …, query, key]."""
    try:
        given = returned_weights(built.model, built.run(output_attentions=True))
        return bool(calls_of(built)) or any(one is not None and are_weights(one) for one in chain(*given.values()))
    except (RegardError, TypeError, ValueError):
        return False


def _routes(record: Record, built: Built) -> dict[str, int]:
    layers = [layer for attention in record.attentions.values() for layer in attention.layers if layer is not None]
    if any(isinstance(layer, Dense) for layer in layers):
        return {"eager fallback": len(layers)}
    kernels = Counter("written out" if call.kernel == "written out" else "registry" for call in calls_of(built))
    return dict(kernels)


def _same(a: Any, b: Any) -> bool:
    mine, theirs = list(_tensors(a)), list(_tensors(b))
    return len(mine) == len(theirs) and all(
        x.shape == y.shape and torch.equal(x.nan_to_num(), y.nan_to_num()) for x, y in zip(mine, theirs, strict=True)
    )


def _tensors(output: Any) -> Iterator[Tensor]:
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, Mapping):
        for value in output.values():
            yield from _tensors(value)
    elif isinstance(output, (list, tuple)):
        for value in output:
            yield from _tensors(value)


def _short(message: object) -> str:
    return " ".join(str(message).split())[:220]
