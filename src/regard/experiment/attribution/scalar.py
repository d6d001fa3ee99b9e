"""The one number that is attributed, as a differentiable function of what a question reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from regard.errors import ArgumentError, RegardError, not_one_of
from regard.experiment.inputs import check_eval
from regard.experiment.question import Question
from regard.experiment.reading import ClassReading, LossReading


@dataclass(frozen=True, eq=False)
class Scalar:
    """``of`` makes one number per variant, [variant], of what was read; ``effect`` names it."""

    effect: str
    of: Callable[[Tensor], Tensor]


def scalar_of(question: Question, effect: str | None = None) -> Scalar:
    """What of the question is attributed: ``effect``, by default the question's own.

    ``"log_p"`` or ``"logit"`` of a target; the loss; or the user's function. Raises ``ArgumentError`` for effects that
    measure a distance from the unedited run (their gradient there is zero), and for models in train mode.
    """
    check_eval(question.model)
    reading = question.reading
    if not isinstance(reading, ClassReading):
        if effect not in (None, reading.default):
            raise not_one_of("effect", effect, (reading.default,))
        return Scalar(reading.default, lambda read: read)
    effect = effect or question.effect
    if effect == "logit":
        return Scalar(effect, reading.margin)
    if effect == "log_p":
        return Scalar(effect, lambda read: read.log_softmax(-1)[:, reading.target])
    if effect in ("tvd", "kl"):
        raise ArgumentError(
            f"effect {effect!r} is a distance from the unedited output, which has no parts and no gradient there; "
            "attribute effect='log_p' or 'logit'"
        )
    raise not_one_of("effect to attribute", effect, ("log_p", "logit"))


def linear_scalar(question: Question, method: str) -> Scalar:
    """A scalar that is linear in the output: the ``"logit"``, or the user's function.

    Raises ``ArgumentError`` for a loss, which is not.
    """
    if isinstance(question.reading, LossReading):
        raise ArgumentError(
            f"{method} adds up the parts of one number that is linear in the output, and a loss is not; ask about a "
            "target (its logit), or give effect= a linear function of the output"
        )
    return scalar_of(question, "logit" if isinstance(question.reading, ClassReading) else None)


def class_scalar(question: Question, method: str) -> Scalar:
    """The target's logit; raises ``ArgumentError`` where the question has no target."""
    if not isinstance(question.reading, ClassReading):
        raise ArgumentError(
            f"{method} needs a target (a token or a class), but this question is about a {question.effect}; ask with "
            "target= and without effect='loss' or a function"
        )
    return scalar_of(question, "logit")


def check_gradient(found: Tensor, model: object) -> None:
    """Raises ``RegardError`` for gradients that are NaN or infinite."""
    if not bool(torch.isfinite(found).all()):
        raise RegardError(
            f"the gradients of {type(model).__name__} are NaN or infinite ({found.dtype}). Run the model in float32 or "
            "bfloat16, whose range is wide enough, and look for weights or inputs that are NaN or infinite"
        )
