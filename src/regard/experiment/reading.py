"""What of a model's output is asked about, and how far an edited output is from the unedited one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from regard.errors import ArgumentError, NoAttentionError

Values = Mapping[str, Tensor]


@dataclass(frozen=True)
class ClassReading:
    """The distribution that one row of logits says, over a vocabulary or over classes.

    ``row`` ``None``: the output has one row per text (a classifier). Effects, with p before and p' after, of the
    target y: ``log_p`` = ln p'(y) - ln p(y); ``tvd`` = ½ Σ |p' - p|; ``kl`` = Σ p ln(p / p'); ``logit`` = the change of
    the target's logit less that of the ``foil``'s, or of the mean logit where there is no foil.
    """

    target: int
    foil: int | None = None
    row: int | None = None
    last_row: bool = False
    default: str = "log_p"

    def read(self, output: Any) -> Tensor:
        """Logits [variant, class] in float32 or better."""
        return logits_of(output, self.row)

    def moved(self, by: int = 1) -> Callable[[Any], Tensor]:
        """What reads the same row once so many tokens before it are gone."""
        row = self.row if self.row is None or self.row < 0 else self.row - by
        return lambda output: logits_of(output, row)

    def effects(self, edited: Tensor, unedited: Tensor) -> Values:
        """``log_p``, ``tvd``, ``logit`` and ``kl``, each [variant]."""
        after, before = edited.log_softmax(-1), unedited.log_softmax(-1)
        p = before.exp()
        return {
            "log_p": after[:, self.target] - before[:, self.target],
            "tvd": (after.exp() - p).abs().sum(-1) / 2,
            "logit": self.margin(edited) - self.margin(unedited),
            "kl": torch.where(p > 0, p * (before - after), 0).sum(-1),
        }

    def margin(self, logits: Tensor) -> Tensor:
        """The target's logit less the foil's, or less the mean logit, [variant]."""
        other = logits.mean(-1) if self.foil is None else logits[:, self.foil]
        return logits[:, self.target] - other


@dataclass(frozen=True, eq=False)
class LossReading:
    """The mean negative log-likelihood of given labels [token], in nats; labels of -100 do not count."""

    labels: Tensor
    last_row: bool = False
    default: str = "loss"

    def read(self, output: Any) -> Tensor:
        """The loss [variant]."""
        logits = logits_of(output, slice(None))
        labels = self.labels.to(logits.device).expand(logits.shape[:2])
        return torch.nn.functional.cross_entropy(logits.mT, labels, reduction="none").sum(-1) / (labels >= 0).sum(-1)

    def effects(self, edited: Tensor, unedited: Tensor) -> Values:
        """``loss``: its change."""
        return {"loss": edited - unedited}


@dataclass(frozen=True, eq=False)
class FunctionReading:
    """A user's function of the model's output that gives one number per variant."""

    function: Callable[[Any], Tensor]
    last_row: bool = False
    default: str = "value"

    def read(self, output: Any) -> Tensor:
        """What the function gives, [variant]; raises ``ArgumentError`` when it is no such tensor."""
        found = self.function(output)
        if not isinstance(found, Tensor) or found.ndim != 1:
            got = list(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise ArgumentError(
                f"effect: the function must give a tensor [batch], one number per text of the batch; got {got}"
            )
        return wide(found)

    def effects(self, edited: Tensor, unedited: Tensor) -> Values:
        """``value``: its change."""
        return {"value": edited - unedited}


Reading = ClassReading | LossReading | FunctionReading
"""``read`` keeps a tensor [variant, ...] of an output, ``effects`` compares such with that of the unedited run;
``last_row``: nothing but the last token's logits is read."""


def logits_of(output: Any, row: int | slice | None) -> Tensor:
    """Logits [variant, class] of a row (or [variant, row, class] of a slice), in float32 or better."""
    found = getattr(output, "logits", None)
    if not isinstance(found, Tensor):
        raise NoAttentionError(
            f"the model's output ({type(output).__name__}) has no logits, so no target can be asked about; load a "
            "model with a head (AutoModelForCausalLM, …ForMaskedLM, …ForSequenceClassification), or give effect= a "
            "function of the output, such as lambda output: output.last_hidden_state[:, 0].norm(dim=-1)"
        )
    return wide(found if row is None else found[:, row])


def wide(tensor: Tensor) -> Tensor:
    """The tensor in float32, or float64 where it is that."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()
