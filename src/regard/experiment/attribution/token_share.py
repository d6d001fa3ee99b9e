"""How much of a state deep in the model is still its own token."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.linear import linear_gradients, not_linear
from regard.experiment.attribution.linearised import linearised
from regard.experiment.attribution.streams import ANOTHER, ONE, entering, first_layers, layer_paths, replacing
from regard.experiment.inputs import check_eval
from regard.experiment.places import Numbers, numbers
from regard.experiment.question import Question


def token_share(
    question: Question, layer: Numbers = None, positions: Numbers = None, *, kind: Kind | None = None
) -> Attribution:
    """The share of its own token in the state that enters a layer at a position, [layer, token], between 0 and about 1.

    The state h (layer, position i) is a sum over tokens in the :func:`linearised` model, and the part of token j counts
    by how far it points along h: ``c_j = x_j · ∂(h · h₀)/∂x_j`` with h₀ = h held constant, as in
    :func:`~regard.experiment.cp_lrp`. The share is ``c_i / Σ_j c_j``: 1 where the state is its token alone (as in layer
    0), 1/n where all tokens take part alike; parts that point against h are negative, so others can exceed 1.

    ``parts["bias"]`` [layer, token] is the share of the biases in ``h · h``, which is no token's and is left out of the
    sum. Costs one forward pass, and one backward pass for each position and layer.
    """
    check_eval(question.model)
    layout = question.passes.layout
    sites = {site.layer: site for site in layout.of_kind(kind)}
    found_kind = layout.of_kind(kind)[0].kind
    layers = [number for number in numbers("layer", layer, layout.counts[found_kind]) if number in sites]
    if not layers:
        raise ArgumentError(f"layer {layer!r} has no attention; layers that have: {sorted(sites)}")
    count = next(iter(sites.values())).queries
    chosen = numbers("position", positions, count)
    first = first_layers(question)
    own = ANOTHER if question.inputs.encoder_decoder and found_kind != "encoder" else ONE
    paths = {str(number): layer_paths(question)[found_kind, number] for number in layers}
    kept: dict[str, Tensor] = {}

    def keep(name: str, state: Tensor) -> Tensor:
        return kept.setdefault(name, state)

    with torch.enable_grad():
        stream = entering(question.model, first)
        with stream as states, replacing(question.model, paths, keep), linearised(question.model):
            question.passes.output()
        values, biases = np.zeros((2, len(layers), len(chosen)))
        for i, number in enumerate(layers):
            for j, place in enumerate(chosen):
                values[i, j], biases[i, j] = _share(question, kept[str(number)][0, place], states, own, place)
    return Attribution(
        values=values,
        effect="share",
        axes=("layer", "token"),
        numbers={"layer": tuple(layers), "token": tuple(chosen)},
        sizes=(layout.counts[found_kind], count),
        what="share of its own token in the state that enters the layer (CP-LRP)",
        baseline=question.baseline,
        kind=found_kind,
        parts={"bias": biases},
    )


def _share(question: Question, state: Tensor, states: dict[str, Tensor], own: str, place: int) -> tuple[float, float]:
    """A state's share of its own token among all tokens, and the share of the biases in the whole."""
    if state is states[own]:
        return 1.0, 0.0
    square = (state * state.detach()).sum()
    gradients = linear_gradients(square, list(states.values()))
    if gradients is None:
        raise not_linear(question, "token_share")
    parts = {
        name: (leaf.detach().double() * gradient.double()).sum(-1)[0]
        for (name, leaf), gradient in zip(states.items(), gradients, strict=True)
    }
    tokens, whole = sum(float(part.sum()) for part in parts.values()), float(square.detach())
    return float(parts[own][place]) / tokens, (whole - tokens) / whole
