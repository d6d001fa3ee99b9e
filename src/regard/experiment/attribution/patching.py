"""Activation patching: states of another text, put into this one's run, place by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

from torch import Tensor

from regard.axes import Kind
from regard.capture.inputs import Inputs
from regard.errors import ArgumentError, not_one_of
from regard.experiment.attribution.patched import PLACES, Where, patches_of
from regard.experiment.inputs import check_eval, prepared, up_to
from regard.experiment.places import Numbers, numbers
from regard.experiment.question import Question
from regard.experiment.scan import Cell, Plan, Progress, Scan


def patch(
    question: Question,
    text: Any = None,
    text_pair: Any = None,
    *,
    where: Where = "residual",
    layer: Numbers = None,
    head: Numbers = None,
    token: Numbers = None,
    kind: Kind | None = None,
    answer: str | None = None,
    progress: Progress | None = None,
    resume: Scan | None = None,
    **model_inputs: Any,
) -> Scan:
    """The effect of putting states of another text into this one's run, [layer, token] or [layer, head].

    The other text (a counterfactual: the same but for what is asked about, of as many tokens) is given as to
    :func:`~regard.experiment.ask`. ``where`` is ``"residual"``, the state that enters a layer at a token;
    ``"attention"`` or ``"mlp"``, what these write there at a token; or ``"heads"``, what one head gives at all tokens
    (Vig et al. 2020; Meng et al. 2022, whose other text is noise; Wang et al. 2023).

    Values are after less before, as in every scan: where the other text would be answered with the foil, ``"logit"``
    falls at states that carry the difference. A state may carry it and nothing reads it later, and of two states that
    both carry it neither shows. Layers below the patched one are not run again. Costs one pass a cell from there on.

    Raises ``ArgumentError`` for a text of another length, and ``NoAttentionError`` where a layer's MLP is not known.
    """
    if where not in PLACES:
        raise not_one_of("place to patch", where, PLACES)
    check_eval(question.model)
    axis = PLACES[where]
    if (head if axis == "token" else token) is not None:
        other_axis = "head" if axis == "token" else "token"
        raise ArgumentError(f"where={where!r} is patched by {axis}; leave out {other_axis}=")
    layout = question.passes.layout
    sites = {site.layer: site for site in layout.of_kind(kind)}
    kind = layout.of_kind(kind)[0].kind
    layers = [number for number in numbers("layer", layer, layout.counts[kind]) if number in sites]
    if not layers:
        raise ArgumentError(f"layer {layer!r} has no attention; layers that have: {sorted(sites)}")
    across = {number: site.heads if axis == "head" else site.queries for number, site in sites.items()}
    places = numbers(axis, head if axis == "head" else token, max(across.values()))
    other = _other(question, text, text_pair, answer, model_inputs)
    patches = patches_of(question, other, kind, where)

    def named(cells: Sequence[Cell]) -> list[Cell]:
        return [(layers[i], places[j]) for i, j in cells]

    groups = [[(i, j) for j, one in enumerate(places) if one < across[at]] for i, at in enumerate(layers)]
    plan = Plan(
        question,
        what=f"{where} of another text ({_digest(other)}) at each {axis}, {kind} layers",
        axes=("layer", axis),
        numbers={"layer": tuple(layers), axis: tuple(places)},
        sizes=(layout.counts[kind], max(across.values())),
        groups=groups[::-1],
        size=lambda cells: patches.size(named(cells)),
        measure=lambda cells: patches.measure(named(cells)),
        noise=lambda: patches.noise(layers[-1]),
    )
    return plan.carry_out(progress, resume)


def _other(question: Question, text: Any, text_pair: Any, answer: str | None, given: Mapping[str, Any]) -> Inputs:
    """The inputs of the other text, cut as the question's; raises ``ArgumentError`` when they are not as long."""
    found = prepared(question.model, question.tokenizer, text, text_pair, answer, given)
    if question.reading.last_row and question.position is not None:
        found, _ = up_to(question.model, found, _position(question, found))
    here, there = _lengths(question.inputs), _lengths(found)
    if here != there:
        name = next((name for name in here if here[name] != there.get(name)), next(iter(there)))
        raise ArgumentError(
            f"patching puts states in place one by one, so both texts must have the same number of tokens: {name} has "
            f"{there.get(name, 0)} in the other text, {here.get(name, 0)} in this one"
        )
    return replace(found, arguments={**question.inputs.arguments, **found.arguments})


def _position(question: Question, found: Inputs) -> int | None:
    """The position asked about, where the other text has one."""
    count = _lengths(found).get("decoder_input_ids" if found.encoder_decoder else "input_ids", 0)
    return question.position if question.position is not None and question.position < count else None


def _lengths(inputs: Inputs) -> dict[str, int]:
    """How many tokens each stream has, by the argument's name."""
    names = ("input_ids", "decoder_input_ids", "inputs_embeds")
    return {name: inputs.arguments[name].shape[1] for name in names if name in inputs.arguments}


def _digest(inputs: Inputs) -> str:
    """What tells one text from another."""
    tensors = [value for value in inputs.arguments.values() if isinstance(value, Tensor)]
    return f"{crc32(b''.join(repr(value.tolist()).encode() for value in tensors)):08x}"
