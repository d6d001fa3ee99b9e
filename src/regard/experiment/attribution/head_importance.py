"""What the target would lose with a little less of each head, for all heads at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.axes import Kind
from regard.capture.calls import Call
from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.outputs import with_output
from regard.experiment.attribution.scalar import check_gradient, scalar_of
from regard.experiment.question import Question


def head_importance(question: Question, *, effect: str | None = None, kind: Kind | None = None) -> Attribution:
    """Head output × gradient, ``Σ Att_h · ∂y/∂Att_h`` over queries and dimensions, [layer, head].

    The first-order effect of every head in one forward and one backward pass: of a head scaled by 1 - ε, y loses ε
    times this. Michel et al. (2019) take the absolute value, of the loss, and its mean over texts, as an importance to
    prune by; here the sign is kept and it is one text (``np.abs(found.values)``, and the mean of several, give
    theirs). What happens when a head is gone altogether can differ: :func:`regard.experiment.scan_heads` measures it.
    """
    scalar = scalar_of(question, effect)
    layout = question.passes.layout
    sites = layout.of_kind(kind)
    order, outputs = question.passes.order(), dict[tuple[Kind | None, int], Tensor]()

    def keep(call: Call, run: Callable[[], Any]) -> Any:
        found, layer, _ = order.number(call)

        def kept(output: Tensor) -> Tensor:
            own = output.clone() if output.requires_grad else output.clone().requires_grad_()
            outputs[found, layer] = own
            return own

        return with_output(call, run(), kept)

    with torch.enable_grad():
        read = question.passes.answered(keep, 1, question.passes.layout.sites[0])
        taken = [outputs[site.kind, site.layer] for site in sites]
        gradients = torch.autograd.grad(scalar.of(read).sum(), taken)
    size = (layout.counts[sites[0].kind], max(site.heads for site in sites))
    values = np.full(size, np.nan)
    for site, output, gradient in zip(sites, taken, gradients, strict=True):
        check_gradient(gradient, question.model)
        values[site.layer, : site.heads] = (output.detach().double() * gradient.double()).sum((0, 1, 3)).cpu().numpy()
    layers = sorted(site.layer for site in sites)
    return Attribution(
        values=values[layers],
        effect=scalar.effect,
        axes=("layer", "head"),
        numbers={"layer": tuple(layers), "head": tuple(range(size[1]))},
        sizes=size,
        what=f"head output × gradient, {sites[0].kind} attention",
        baseline=question.baseline,
        kind=sites[0].kind,
    )
