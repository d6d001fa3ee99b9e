"""A question to a live model: what does it say here, and which change of its attention changes that?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn

from regard.capture.compiled import original
from regard.capture.inputs import Inputs
from regard.errors import ArgumentError, not_one_of
from regard.experiment.edits import Edit
from regard.experiment.inputs import position_in, prepared, up_to
from regard.experiment.passes import Passes
from regard.experiment.reading import ClassReading, FunctionReading, LossReading, Reading, logits_of
from regard.experiment.target import class_of
from regard.record.tokens import Tokens

if TYPE_CHECKING:
    from regard.experiment.trial import Finding

EFFECTS = ("log_p", "tvd", "logit", "kl", "loss")


@dataclass(frozen=True)
class Baseline:
    """What the unedited model says: the target (with its number and text), its probability and rank (0: the most
    probable), and the entropy of the distribution in nats."""

    target: int
    piece: str
    p: float
    rank: int
    entropy: float

    @property
    def log_p(self) -> float:
        """Natural logarithm of the target's probability."""
        return float(np.log(self.p))


@dataclass(frozen=True, eq=False, repr=False)
class Question:
    """A model, an input, and what of the output is asked about; made by :func:`ask`.

    ``tokens`` are those of the sequence whose queries are edited by default; ``position`` is the token at which the
    model's prediction is read (``None`` for a classifier, a loss, or a function), ``baseline`` that prediction
    unedited (``None`` for a loss or a function). ``effect`` is the one that scans show.
    """

    passes: Passes
    inputs: Inputs
    reading: Reading
    effect: str
    tokens: Tokens | None
    position: int | None
    baseline: Baseline | None
    batch: int | None
    tokenizer: Any = None

    @property
    def model(self) -> nn.Module:
        """The model that is asked."""
        return self.passes.model

    def batch_size(self, variants: Sequence[Sequence[Edit]]) -> int:
        """How many of these variants one run takes."""
        return self.batch_of(self.passes.cost(variants))

    def batch_of(self, tokens: int) -> int:
        """How many variants one run takes, of so many tokens each."""
        if self.passes.alone:
            return 1
        return self.batch or max(1, min(64, _TOKENS_A_RUN // max(1, tokens)))

    @property
    def ids(self) -> Tensor:
        """The token ids that the model is given, [token]; raises ``ArgumentError`` when it is given none."""
        found = self.inputs.arguments.get("input_ids")
        if not isinstance(found, Tensor):
            raise ArgumentError(f"tokens can be changed in input_ids only; got {', '.join(self.inputs.arguments)}")
        return found[0]

    @property
    def source(self) -> Tokens:
        """The tokens of :attr:`ids` (of an encoder-decoder, the encoder's), and those after ``position`` if any."""
        return self.inputs.rows[0].tokens["encoder" if self.inputs.encoder_decoder else "decoder"]

    @property
    def place(self) -> int | None:
        """Where in :attr:`ids` the prediction is read; ``None`` where that is nowhere among them."""
        return None if self.inputs.encoder_decoder else self.position

    @property
    def identity(self) -> str:
        """What makes two questions the same: model, inputs, target and effect, in words."""
        tensors = [value for value in self.inputs.arguments.values() if isinstance(value, Tensor)]
        digest = crc32(b"".join(repr(value.tolist()).encode() for value in tensors))
        return f"{type(self.model).__name__}, inputs {digest:08x}, {self.reading}"

    def trial(self, about: str, **place: Any) -> Iterator[Finding]:
        """Test what a picture shows; see :func:`regard.experiment.trial.trial`."""
        from regard.experiment.trial import trial

        return trial(self, about, **place)

    def __repr__(self) -> str:
        said = f"{self.effect} of {type(self.model).__name__}" if self.baseline is None else _said(self.baseline)
        return f"<Question: {said}, {self.passes.tokens} tokens>"


_TOKENS_A_RUN = 4096


def ask(
    model: nn.Module,
    tokenizer: Any = None,
    text: Any = None,
    text_pair: Any = None,
    *,
    target: int | str | None = None,
    foil: int | str | None = None,
    position: int | None = None,
    effect: str | Callable[[Any], Tensor] = "log_p",
    answer: str | None = None,
    batch: int | None = None,
    **model_inputs: Any,
) -> Question:
    """What is asked of a live model, for :func:`~regard.experiment.run` and the scans; the model runs once.

    Text and inputs are those of :func:`regard.capture`, but of one text. ``position`` is the token at which the
    prediction is read: by default the last one of a language model (which predicts the next token; what comes after
    ``position`` is left out), and the only [MASK] of a masked one. ``target`` is the token asked about (its id or text)
    or a classifier's class; by default the most probable one. ``foil`` is another to compare its logit with.

    ``effect`` is what scans show: ``"log_p"``, ``"tvd"``, ``"logit"``, ``"kl"`` (see
    :class:`~regard.experiment.reading.ClassReading`), ``"loss"`` (of all next tokens, or of ``labels``), or a function
    of the model's output that gives one number per text of the batch. ``answer`` is the text of an encoder-decoder's
    decoder. ``batch`` limits how many variants run at once.

    Raises ``ArgumentError`` for a model in train mode and for targets that do not exist, ``NoAttentionError`` for a
    model whose attention cannot be edited, and ``RegardError`` for outputs that are NaN.
    """
    if isinstance(effect, str) and effect not in EFFECTS:
        raise not_one_of("effect", effect, (*EFFECTS, "a function of the output"))
    if batch is not None and batch < 1:
        raise ArgumentError(f"batch must be a number of variants from 1; got {batch}")
    inputs = prepared(model, tokenizer, text, text_pair, answer, model_inputs)
    model = original(model)
    tokens = inputs.rows[0].tokens.get("decoder")
    if effect == "loss" or callable(effect):
        asked = FunctionReading(effect) if callable(effect) else _loss(inputs)
        inputs = inputs if callable(effect) else _without_labels(inputs)
        passes = Passes(model, inputs, asked.read, last_row=False)
        return Question(passes, inputs, asked, asked.default, tokens, None, None, batch, tokenizer)
    inputs, row, place = _place(model, inputs, position, tokenizer)
    passes = Passes(model, inputs, lambda output: logits_of(output, row), last_row=row == -1)
    chosen = _chosen(passes.whole, model, tokenizer, target, foil, words=row is not None)
    reading = ClassReading(*chosen, row, last_row=row == -1)
    baseline = _baseline(passes.whole[0], chosen[0], model, tokenizer, words=row is not None)
    return Question(passes, inputs, reading, str(effect), tokens, place, baseline, batch, tokenizer)


def _place(model: Any, inputs: Inputs, position: int | None, tokenizer: Any) -> tuple[Inputs, int | None, int | None]:
    """The inputs, the row of the logits to read (``None``: there is only one), and the position in the text."""
    if inputs.encoder_decoder or getattr(model, "can_generate", lambda: False)():
        inputs, place = up_to(model, inputs, position)
        return inputs, -1, place
    with torch.no_grad():
        logits = logits_of(model(**inputs.arguments), None)
    if logits.ndim == 2:
        if position is not None:
            raise ArgumentError(f"{type(model).__name__} says one thing per text; leave out position={position}")
        return inputs, None, None
    place = position_in(_mask(inputs, tokenizer) if position is None else position, logits.shape[1])
    return inputs, place, place


def _mask(inputs: Inputs, tokenizer: Any) -> int:
    """The place of the only [MASK]."""
    ids, mask = inputs.arguments.get("input_ids"), getattr(tokenizer, "mask_token_id", None)
    places = [] if ids is None or mask is None else (ids[0] == mask).nonzero()[:, 0].tolist()
    if len(places) != 1:
        raise ArgumentError(
            f"position: at which token is the prediction asked about? The text has {len(places)} mask tokens; "
            "put one in, or give position="
        )
    return int(places[0])


def _loss(inputs: Inputs) -> LossReading:
    labels = inputs.arguments.get("labels")
    if labels is None:
        ids = inputs.arguments.get("decoder_input_ids" if inputs.encoder_decoder else "input_ids")
        if ids is None or ids.shape[1] < 2:
            raise ArgumentError("effect='loss' needs a text of two tokens or more, or labels=ids [1, token]")
        labels = torch.cat([ids[:, 1:], ids.new_full((1, 1), -100)], dim=1)
    return LossReading(labels)


def _without_labels(inputs: Inputs) -> Inputs:
    """The inputs without labels, of which the model would compute a loss of its own, unless it needs them to run."""
    if inputs.encoder_decoder and inputs.arguments.get("decoder_input_ids") is None:
        return inputs
    return replace(inputs, arguments={name: value for name, value in inputs.arguments.items() if name != "labels"})


def _chosen(
    logits: Tensor, model: nn.Module, tokenizer: Any, target: Any, foil: Any, *, words: bool
) -> tuple[int, int | None]:
    classes = logits.shape[-1]
    options = {"classes": classes, "model": model, "tokenizer": tokenizer, "words": words}
    chosen = int(logits[0].argmax()) if target is None else class_of("target", target, **options)
    return chosen, None if foil is None else class_of("foil", foil, **options)


def _baseline(logits: Tensor, target: int, model: nn.Module, tokenizer: Any, *, words: bool) -> Baseline:
    log_p = logits.log_softmax(-1)
    p = log_p.exp()
    entropy = -float((p * log_p.clamp(min=-1e4)).sum())
    piece = _piece(target, model, tokenizer, words)
    return Baseline(target, piece, float(p[target]), int((logits > logits[target]).sum()), entropy)


def _piece(target: int, model: Any, tokenizer: Any, words: bool) -> str:
    if not words:
        return str((getattr(model.config, "id2label", None) or {}).get(target, target))
    return str(target) if tokenizer is None else str(tokenizer.decode([target]))


def _said(baseline: Baseline) -> str:
    return f"p({baseline.piece!r}) = {baseline.p:.3g}, rank {baseline.rank}"
