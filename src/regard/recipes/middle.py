"""Lost in the middle: how much a document is read, by where in the prompt it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from regard.errors import ArgumentError
from regard.experiment import run
from regard.recipes.documents import captured, hiding, on_log_p, taken_out
from regard.recipes.prompt import Prompt, asked_about, log_p, mass_per_token
from regard.recipes.table import table

PerOrder = Float[np.ndarray, "order position"]


@dataclass(frozen=True, eq=False)
class ByDepth:
    """How much the gold document is read at each position, [order, position] over several orders of the others.

    ``mass`` is the mean weight from the answer's rows to one of its tokens, as a share of what does not go to the first
    token (where attention is parked), mean over heads; ``others`` the same to a token of the other documents.
    ``log_p`` is of the answer, ``direct`` and ``total`` the effects on it of hiding the gold document from the answer's
    rows and of taking it out of the prompt. ``sink`` is the mean weight on the first token.
    """

    answer: str
    tokens: int
    mass: PerOrder
    others: PerOrder
    sink: PerOrder
    log_p: PerOrder
    direct: PerOrder
    total: PerOrder
    noise: float

    def error(self, values: PerOrder) -> Float[np.ndarray, " position"]:
        """Standard error over orders of the other documents; NaN for one order."""
        count = len(values)
        if count < 2:
            return np.full(values.shape[1], np.nan)
        return np.asarray(values.std(0, ddof=1) / np.sqrt(count))

    def __str__(self) -> str:
        columns = (1e4 * self.mass, 1e4 * self.others, self.log_p, self.direct, self.total)
        rows = [
            (f"{position + 1} of {self.mass.shape[1]}", *(self._cell(values, position) for values in columns))
            for position in range(self.mass.shape[1])
        ]
        head = ("gold is", "mass", "others", "log p", "direct", "total")
        return (
            f"answer {self.answer!r}, gold of {self.tokens} tokens, {len(self.mass)} orders of the others (± standard "
            f"error)\n{table(head, rows)}\nmass: per token, in 1/10000 of what the first token does not take "
            f"({self.sink.mean():.0%}). Effects: nats of log p(answer); up to {3 * self.noise:.1g} not measurable"
        )

    def _cell(self, values: PerOrder, position: int) -> str:
        error = self.error(values)[position]
        return f"{values[:, position].mean():.2f}" + ("" if np.isnan(error) else f" ±{error:.2f}")


def lost_in_the_middle(
    model: Any,
    tokenizer: Any,
    gold: str,
    others: Sequence[str],
    question: str,
    answer: str,
    *,
    orders: int = 3,
    seed: int = 0,
) -> ByDepth:
    """The gold document at every position among the ``others``: how much it is read there, and how much that matters.

    Liu et al. 2024 found answers to be worst where the document that holds them stands in the middle of a long prompt.
    The others are shuffled ``orders`` times by ``seed``; positions within one order see the same others in the same
    order. Attention is of rows that predict ``answer``, which is given and not the model's own, so that ``log_p`` says
    how far it is from saying so itself.

    Raises ``ArgumentError`` without other documents or for an answer that is empty. Costs three runs and an edit each
    for every order and position.
    """
    if isinstance(others, str) or not others:
        raise ArgumentError("lost_in_the_middle moves one document among others; give at least one other")
    if not answer.strip():
        raise ArgumentError("lost_in_the_middle: say which answer the gold document holds: answer='…'")
    random = np.random.default_rng(seed)
    kept = [[others[i] for i in random.permutation(len(others))] for _ in range(orders)]
    cells = [
        [
            _measured(model, tokenizer, [*rest[:at], gold, *rest[at:]], at, question, answer)
            for at in range(len(rest) + 1)
        ]
        for rest in kept
    ]
    found = np.array([[cell[:-1] for cell in row] for row in cells])
    size = len(Prompt.of(tokenizer, [gold], question, answer=answer).documents[0][1])
    noise = max(cell[-1] for row in cells for cell in row)
    mass, rest, sink, chance, direct, total = np.moveaxis(found, -1, 0)
    return ByDepth(answer, size, mass, rest, sink, chance, direct, total, noise)


def _measured(model: Any, tokenizer: Any, documents: list[str], at: int, question: str, answer: str) -> list[float]:
    """Of one prompt: mass, others, sink, log p, direct, total, and the noise of the edits."""
    prompt = Prompt.of(tokenizer, documents, question, answer=answer)
    record, asked = captured(model, prompt), asked_about(model, prompt)
    attention, rows = record.attention("decoder"), slice(prompt.rows.start, prompt.rows.stop)
    sinks = [
        attention.layer(number).read("weights", (slice(0, attention.layer(number).heads), rows, slice(0, 1))).mean()
        for number in attention.present
    ]
    sink, mass = float(np.mean(sinks)), np.nanmean(mass_per_token(record, prompt), (0, 1)) / (1 - np.mean(sinks))
    hidden = run(asked, [hiding(prompt, at)])
    direct = float(on_log_p(hidden, len(prompt.answer))[0])
    total = taken_out(model, asked, prompt, at)
    noise = hidden.noise["loss"] * len(prompt.answer)
    rest = float(np.delete(mass, at).mean())
    return [float(mass[at]), rest, sink, log_p(asked, prompt), direct, total, noise]
