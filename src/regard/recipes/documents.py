"""Which document did it read? What an answer looks at, less what it looks at anyway, and whether it matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from regard.capture import capture
from regard.errors import ArgumentError
from regard.experiment import Effects, KnockOut, Question, run
from regard.recipes.prompt import Prompt, asked_about, greedy, log_p, mass_per_token, tensor
from regard.recipes.table import table
from regard.record import Record

DUMMY = "This page was left blank on purpose, and nothing on it belongs to any question that anybody may ask. "
PerHead = Float[np.ndarray, "layer head document"]
PerDocument = Float[np.ndarray, " document"]


@dataclass(frozen=True, eq=False)
class HeadRead:
    """One head at the document of largest excess: its ``excess`` there, and what hiding that document from it alone
    does to log p of the answer (``effect``, nats)."""

    layer: int
    head: int
    excess: float
    effect: float


@dataclass(frozen=True, eq=False)
class DocumentsRead:
    """What was looked at and what mattered, of each document of one prompt; effects are on log p of the whole answer.

    ``mass`` is the mean weight from the rows that predict the answer to one token of a document, ``dummy`` the same to
    a dummy text of as many tokens in its place, ``excess`` their difference, [layer, head, document]. ``direct`` and
    ``direct_value`` [document] are the effects of hiding a document from these rows in all layers (before the softmax,
    and by zeroed weights), ``total`` of taking it out of the prompt. ``noise`` is the numerical noise of ``direct``.
    """

    documents: tuple[str, ...]
    tokens: tuple[int, ...]
    answer: str
    rows: int
    log_p: float
    mass: PerHead
    dummy: PerHead
    direct: PerDocument
    direct_value: PerDocument
    total: PerDocument
    noise: float
    heads: tuple[HeadRead, ...]

    @property
    def excess(self) -> PerHead:
        """``mass - dummy``."""
        return np.asarray(self.mass - self.dummy)

    def __str__(self) -> str:
        mass, dummy, excess = (1e4 * np.nanmean(found, (0, 1)) for found in (self.mass, self.dummy, self.excess))
        columns = zip(
            self.documents, self.tokens, mass, dummy, excess, self.direct, self.direct_value, self.total, strict=True
        )
        head = ("document", "tokens", "mass", "dummy", "excess", "direct", "by value", "total")
        rows = [(name[:28], *map(_plain, numbers)) for name, *numbers in columns]
        heads = "".join(
            f"\nlayer {one.layer} head {one.head}: excess {1e4 * one.excess:.1f}, alone {one.effect:+.3f} nats"
            for one in self.heads
        )
        return (
            f"answer {self.answer!r}, log p {self.log_p:.2f}, {self.rows} rows, one prompt\n{table(head, rows)}\n"
            f"mass: per token, in 1/10000, mean over heads. Effects: nats of log p(answer); up to "
            f"{3 * self.noise:.1g} not measurable{heads}"
        )


def which_document(
    model: Any,
    tokenizer: Any,
    documents: Sequence[str],
    question: str,
    *,
    answer: str | None = None,
    dummy: str = DUMMY,
    heads: int = 5,
    most: int = 20,
) -> DocumentsRead:
    """Which of ``documents`` an answer was read from, by attention and by experiment, side by side.

    The prompt is one line a document, then the question; ``answer`` is what is asked about, by default the first line
    that the model writes itself (at most ``most`` tokens). Attention from the rows that predict it has a bias for
    places, which is measured by a dummy text in the place of each document in turn and taken off (Hsieh et al. 2024).
    Hiding a document from these rows alone (``direct``) leaves what other tokens have already taken from it; taking it
    out of the prompt (``total``) leaves nothing, but moves what follows. The ``heads`` of largest excess at the
    document of largest excess are also tried alone.

    Raises ``ArgumentError`` for fewer than two documents. Costs two runs a document and a run per edit.
    """
    if isinstance(documents, str) or len(documents) < 2:
        raise ArgumentError("which_document compares documents; give two or more")
    prompt = Prompt.of(tokenizer, documents, question, answer=answer or "")
    prompt = prompt if prompt.answer else prompt.answered(greedy(model, tokenizer, prompt, most))
    count, asked = len(prompt.documents), asked_about(model, prompt)
    mass, biased = mass_of(model, prompt), bias_of(model, tokenizer, prompt, dummy)
    hidden = run(asked, [hiding(prompt, number) for number in range(count)])
    zeroed = run(asked, [hiding(prompt, number, how="value") for number in range(count)])
    size = len(prompt.answer)
    return DocumentsRead(
        documents=tuple(map(str, documents)),
        tokens=tuple(len(text) for _, text, _ in prompt.documents),
        answer=tokenizer.decode(list(prompt.answer)).strip(),
        rows=size,
        log_p=log_p(asked, prompt),
        mass=mass,
        dummy=biased,
        direct=on_log_p(hidden, size),
        direct_value=on_log_p(zeroed, size),
        total=np.array([taken_out(model, asked, prompt, number) for number in range(count)]),
        noise=hidden.noise["loss"] * size,
        heads=_alone(asked, prompt, mass - biased, heads),
    )


def mass_of(model: Any, prompt: Prompt) -> PerHead:
    """Mean weight from the answer's rows to one token of each document, [layer, head, document]."""
    return mass_per_token(captured(model, prompt), prompt)


def bias_of(model: Any, tokenizer: Any, prompt: Prompt, dummy: str) -> PerHead:
    """The same to a dummy text in the place of each document, one document at a time."""
    ids = tuple(map(int, tokenizer(f" {dummy.strip()}", add_special_tokens=False)["input_ids"]))
    found = [mass_of(model, prompt.filled(number, ids))[..., number] for number in range(len(prompt.documents))]
    return np.stack(found, axis=-1)


def captured(model: Any, prompt: Prompt) -> Record:
    """The record of a prompt with its answer."""
    found = capture(model, input_ids=tensor(model, prompt.ids))
    assert isinstance(found, Record)
    return found


def hiding(prompt: Prompt, document: int, **where: Any) -> KnockOut:
    """Cuts the answer's rows off a document, in all layers and heads unless ``where`` says which."""
    return KnockOut(query=list(prompt.rows), key=list(range(*prompt.spans[document])), **where)


def on_log_p(found: Effects, tokens: int) -> Float[np.ndarray, " variant"]:
    """Effects on the mean loss of so many tokens, as effects on log p of all of them."""
    return np.asarray(-found.effects["loss"] * tokens)


def taken_out(model: Any, asked: Question, prompt: Prompt, document: int) -> float:
    """The effect on log p of the answer of a prompt without that document."""
    rest = prompt.without(document)
    return log_p(asked_about(model, rest), rest) - log_p(asked, prompt)


def _alone(asked: Question, prompt: Prompt, excess: PerHead, count: int) -> tuple[HeadRead, ...]:
    """The heads of largest excess at the document of largest mean excess, each cut off it alone."""
    top = int(np.nanmean(excess, (0, 1)).argmax())
    order = np.argsort(-np.nan_to_num(excess[..., top], nan=-np.inf), axis=None, kind="stable")[:count]
    places = [tuple(map(int, np.unravel_index(at, excess.shape[:2]))) for at in order]
    if not places:
        return ()
    found = run(asked, [hiding(prompt, top, layer=layer, head=head) for layer, head in places])
    effects = on_log_p(found, len(prompt.answer))
    return tuple(
        HeadRead(layer, head, float(excess[layer, head, top]), float(effect))
        for (layer, head), effect in zip(places, effects, strict=True)
    )


def _plain(number: Any) -> int | float:
    return int(number) if isinstance(number, (int, np.integer)) else float(number)
