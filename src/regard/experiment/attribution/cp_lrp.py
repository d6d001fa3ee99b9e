"""What of the target's logit came from which token, with attention and all scales as they were: CP-LRP, or DecompX."""

from __future__ import annotations

import torch

from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.linear import linear_gradients, not_linear
from regard.experiment.attribution.linearised import linearised
from regard.experiment.attribution.scalar import check_gradient, linear_scalar
from regard.experiment.attribution.streams import ANOTHER, ONE, entering, first_layers
from regard.experiment.question import Question


def cp_lrp(question: Question) -> Attribution:
    """The share of each token in the target's logit (less the foil's, or the mean logit), [token].

    Input × gradient of the :func:`linearised` model, ``R_j = x_j · ∂y/∂x_j``, where x_j is the state of token j that
    enters the first layer (word and place together): the conservative propagation of Ali et al. (2022, "CP-LRP") with
    attention as a constant; equal to DecompX without bias (Modarressi et al. 2023). Of a gated MLP ``act(g) · u`` all
    goes to u and the gate is a constant, as attention weights are. One backward pass.

    ``gap`` is the share of the biases: ``y - Σ R``. ``parts`` holds the decoder's tokens of an encoder-decoder, whose
    ``[token]`` are the encoder's. A function of the output is attributed as it is, where it is linear.

    It says what information was moved, not what chose it: tokens that only decide where is read (a pointer, a marker,
    the match of an induction head) get nothing. Raises ``NotLinearError``, which names the module, for models that hold
    what cannot be linearised; ``ArgumentError`` for a loss; ``RegardError`` for gradients that are NaN, and for
    quantised layers without gradients.
    """
    scalar = linear_scalar(question, "CP-LRP")
    with torch.enable_grad(), entering(question.model, first_layers(question)) as states, linearised(question.model):
        output = question.passes.output()
    with torch.enable_grad():
        value = scalar.of(question.passes.read(output))[0]
        gradients = linear_gradients(value, list(states.values()))
    if gradients is None:
        raise not_linear(question, "CP-LRP")
    shares = {}
    for (name, state), gradient in zip(states.items(), gradients, strict=True):
        check_gradient(gradient, question.model)
        shares[name] = (state.detach().double() * gradient.double()).sum(-1)[0].cpu().numpy()
    count = len(shares[ONE])
    return Attribution(
        values=shares[ONE],
        effect=scalar.effect,
        axes=("token",),
        numbers={"token": tuple(range(count))},
        sizes=(count,),
        what="CP-LRP (DecompX without bias): attention, norms' scales, slopes and gates as constants",
        baseline=question.baseline,
        total=float(value.detach()),
        parts={name: share for name, share in shares.items() if name == ANOTHER},
    )
