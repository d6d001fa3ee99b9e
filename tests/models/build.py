"""A small model of a type with random weights, and inputs on which it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from models.catalogue import config_class, model_classes
from models.inputs import Inputs, attempts
from models.shrink import shrunken

SEED = 3
_CLASSES = 4
_LARGEST = 300_000_000
_MISMATCH = re.compile(r"tokens: *(\d+),? +features:? *(\d+)")


class NotBuiltError(Exception):
    """No model of a type could be built, or none ran; ``stage`` says which."""

    def __init__(self, stage: str, reason: str):
        super().__init__(reason)
        self.stage = stage


@dataclass(frozen=True, eq=False)
class Built:
    """A model in eval mode and the inputs of its forward pass."""

    model: nn.Module
    inputs: Inputs

    def run(self, **more: Any) -> Any:
        """Its output, always with the same random numbers."""
        torch.manual_seed(SEED)
        with torch.no_grad():
            return self.model(**self.inputs, **more)


def build(model_type: str) -> Built:
    """The first model of this type that runs; raises ``NotBuiltError`` with the first reason otherwise."""
    failures: list[tuple[str, Exception]] = []
    for model in _models(model_type, failures):
        for inputs in _inputs(model, model_type, failures):
            return Built(model, inputs)
    if not failures:
        raise NotBuiltError("no forward pass", "its model takes none of the inputs that are known here")
    stage, reason = max(failures, key=lambda one: ("configuration", "model", "run").index(one[0]))
    raise NotBuiltError(stage, f"{type(reason).__name__}: {reason}") from reason


def _models(model_type: str, failures: list[tuple[str, Exception]]) -> Iterator[nn.Module]:
    classes = model_classes(config_class(model_type))
    if not classes:
        raise NotBuiltError("no class", "no model class takes this configuration alone")
    for fill in (False, True):
        try:
            config = shrunken(config_class(model_type), fill=fill)
        except Exception as error:
            failures.append(("configuration", error))
            continue
        for cls in classes[:_CLASSES]:
            try:
                torch.manual_seed(0)
                model = spread(cls(config).eval())
            except Exception as error:
                failures.append(("model", error))
            else:
                yield model
                break


def spread(model: nn.Module) -> nn.Module:
    """The model with weights that keep the size of what they multiply, so that attention is far from uniform."""
    if sum(parameter.numel() for parameter in model.parameters()) > _LARGEST:
        raise MemoryError("the model is too large")
    for parameter in model.parameters():
        if parameter.ndim > 1 and parameter.numel() and parameter.is_floating_point():
            nn.init.normal_(parameter, std=(parameter.numel() / len(parameter)) ** -0.5)
    return model


def _inputs(model: nn.Module, model_type: str, failures: list[tuple[str, Exception]]) -> Iterator[Inputs]:
    """Inputs on which the model runs; where it counts placeholders in the text, with as many as it asks for."""
    for inputs in attempts(model, model_type):
        try:
            Built(model, inputs).run()
            yield inputs
        except Exception as error:
            failures.append(("run", error))
            asked = _MISMATCH.search(str(error))
            if asked and int(asked[2]) < 4000:
                yield from _with_placeholders(model, model_type, int(asked[2]), failures)


def _with_placeholders(
    model: nn.Module, model_type: str, count: int, failures: list[tuple[str, Exception]]
) -> Iterator[Inputs]:
    for inputs in attempts(model, model_type, count):
        try:
            Built(model, inputs).run()
            yield inputs
        except Exception as error:
            failures.append(("run", error))
