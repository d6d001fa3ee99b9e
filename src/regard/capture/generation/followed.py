"""Running ``generate`` once, while its passes are watched."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import Any

from torch import Tensor, nn
from transformers import GenerationMixin

from regard.capture.compiled import as_written
from regard.capture.fallback import only_returned
from regard.capture.generation.arguments import Settings
from regard.capture.generation.choices import Watch
from regard.capture.generation.steps import Steps
from regard.capture.inputs import Inputs
from regard.capture.located import Located
from regard.capture.registry import recording
from regard.capture.routing import Routers
from regard.errors import NoAttentionError


@dataclass(frozen=True, eq=False)
class Generated:
    """What ``generate`` returned: sequences [sequence, token] with their prompts, the beam of each step [sequence,
    step] and the score [sequence] of each, where there were beams."""

    sequences: Tensor
    beams: Tensor | None
    scores: Tensor | None


@dataclass(frozen=True, eq=False)
class Followed:
    """One run of ``generate``: what it returned, and what was seen of it. ``speculates``: its passes read guesses."""

    generated: Generated
    steps: Steps
    watch: Watch
    routers: Routers
    speculates: bool


def follow(model: nn.Module, tokenizer: Any, inputs: Inputs, settings: Settings, k: int) -> Followed:
    """Generate, and keep each pass's attention and choices. The model is left as it was, whatever is raised."""
    standard = getattr(type(inner(model)), "generate", None) is GenerationMixin.generate
    located = Located.of(model, inputs, tokenizer)
    steps, watch = Steps(located), Watch(len(inputs.rows), k, empties=standard)
    if settings.speculates:
        steps.lost = "passes read guessed tokens"
    arguments = settings.arguments(tokenizer, watch)
    _tell_of_returned(model)
    watched, routers = _watched(inner(model), steps, watch, inputs.encoder_decoder), Routers(model)
    with as_written(model), watched, routers.watched(), located.fronts.watched(), recording(model, steps.take):
        output = model.generate(**inputs.arguments, **arguments)  # type: ignore[operator]
    found = output.get("sequences") if isinstance(output, Mapping) else None
    if not isinstance(found, Tensor) or found.ndim != 2 or not watch.prompt:
        raise NoAttentionError(
            f"{type(model).__name__}.generate returned {type(output).__name__} without token sequences [batch, token] "
            "chosen step by step, so there is no answer to record; record one pass over a text of your own with "
            "regard.capture"
        )
    steps.warn()
    routers.warn()
    beams, scores = output.get("beam_indices"), output.get("sequences_scores")
    generated = Generated(found.cpu(), beams if beams is None else beams.cpu(), scores)
    return Followed(generated, steps, watch, routers, settings.speculates)


def inner(model: nn.Module) -> nn.Module:
    """The model whose forward pass ``generate`` calls: inside an adapter's wrapper (PEFT), the base model."""
    base = getattr(model, "get_base_model", None)
    return base() if callable(base) else model


def _tell_of_returned(model: nn.Module) -> None:
    if only_returned(model):
        warnings.warn(
            f"{type(model).__name__} puts the attention of its encoder together only when it is asked for weights, so "
            "the record of an answer is without it; capture(model, tokenizer, text, target=answer) has it",
            stacklevel=4,
        )


@contextmanager
def _watched(model: nn.Module, steps: Steps, watch: Watch, encoder_decoder: bool) -> Iterator[None]:
    """The model's forward passes in this thread, announced to ``steps`` before and to ``watch`` after each."""
    name = "decoder_input_ids" if encoder_decoder else "input_ids"
    thread = get_ident()

    def before(_module: nn.Module, _args: object, given: dict[str, Any]) -> None:
        if get_ident() == thread:
            cached = bool(given.get("use_cache", True))
            steps.begin(given.get(name), cached=cached, cache=given.get("past_key_values"))

    def after(_module: nn.Module, _args: object, output: Any) -> None:
        if get_ident() == thread:
            watch.logits = logits_of(output)

    handles = [
        model.register_forward_pre_hook(before, with_kwargs=True),
        model.register_forward_hook(after),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def logits_of(output: Any) -> Tensor | None:
    """The last token's logits [row, vocabulary] of a model's output, where it has them."""
    found = getattr(output, "logits", None)
    return found[:, -1].detach() if isinstance(found, Tensor) and found.ndim == 3 else None
