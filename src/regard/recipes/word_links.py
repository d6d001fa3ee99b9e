"""Word alignments from cross attention, each link tested by knock-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from regard.capture import capture
from regard.errors import ArgumentError
from regard.experiment import KnockOut, ask, run
from regard.measure import Alignment, align
from regard.measure.alignment import How
from regard.recipes.prompt import tensor
from regard.recipes.table import table
from regard.record import Record

Effect = Float[np.ndarray, "target source"]


@dataclass(frozen=True, eq=False)
class CheckedAlignment:
    """An alignment, and what each pair of words is worth to the model.

    ``hidden`` and ``zeroed`` [target, source] are the effects, on log p of a target word (nats), of cutting the rows
    that predict it off a source word in all layers and heads: before the softmax, and by zeroed weights. Effects up to
    three times ``noise`` are not measurable.
    """

    alignment: Alignment
    hidden: Effect
    zeroed: Effect
    noise: float

    @property
    def ranks(self) -> dict[tuple[int, int], int]:
        """Of each link (source, target), how many source words cost the target word more when hidden; 0: none."""
        return {(i, j): int((self.hidden[j] < self.hidden[j, i]).sum()) for i, j in self.alignment.links}

    @property
    def supported(self) -> tuple[tuple[int, int], ...]:
        """Links (source, target) whose source word costs the target word most of all, and measurably so."""
        least = -3 * self.noise
        return tuple(link for link, rank in self.ranks.items() if not rank and self.hidden[link[1], link[0]] < least)

    def __str__(self) -> str:
        source, target, ranks = self.alignment.source, self.alignment.target, self.ranks
        rows = [
            (
                f"{source[i].text} – {target[j].text}",
                float(self.alignment.weights[j, i]),
                float(self.hidden[j, i]),
                float(self.zeroed[j, i]),
                float(np.median(np.delete(self.hidden[j], i))) if len(source) > 1 else float("nan"),
                ranks[i, j],
            )
            for i, j in self.alignment.links
        ]
        head = ("link", "weight", "hidden", "zeroed", "others", "rank")
        return (
            f"{table(head, rows)}\n{len(self.supported)} of {len(rows)} links name the source word that costs most. "
            f"Effects: nats of log p(target word); others: the median over the other source words; up to "
            f"{3 * self.noise:.1g} not measurable; one text"
        )


def checked_alignment(
    model: Any,
    tokenizer: Any = None,
    text: Any = None,
    *,
    target: Any = None,
    heads: Sequence[tuple[int, int]] | None = None,
    how: How = "argmax",
    words: bool = True,
    **model_inputs: Any,
) -> CheckedAlignment:
    """Which source word each target word of an encoder-decoder goes with, and whether it needs that word.

    Text, ``target`` and model inputs are those of :func:`regard.capture`; without a target the model writes its own.
    ``heads``, ``how`` and ``words`` are those of :func:`regard.measure.align`. Links are read from some heads in the
    rows that predict a word; the knock-out cuts all heads, and tries every source word, so that a link is compared with
    what it is not. Where several target tokens make a word, those before are given, right or wrong, as in the record.

    Raises ``ArgumentError`` for a model without cross attention. Costs two runs and two edits a source word for each
    target word.
    """
    given = {"target": target} if target is not None else {}
    record = capture(model, tokenizer, text, **given, **model_inputs)
    if not isinstance(record, Record) or "cross" not in record.attentions:
        raise ArgumentError(
            "checked_alignment is of one text of an encoder-decoder, whose decoder attends to its encoder"
        )
    found = align(record, heads=heads, how=how, words=words)
    source, decoder = (record.streams[name].ids for name in ("encoder", "decoder"))
    if source is None or decoder is None:
        raise ArgumentError("checked_alignment puts tokens to the model, and these have no ids")
    ids, written = tensor(model, source.tolist()), tensor(model, decoder.tolist())
    shape = (len(found.target), len(found.source))
    hidden, zeroed, noise = np.zeros(shape), np.zeros(shape), 0.0
    keys = [list(word.tokens) for word in found.source]
    for number, queries in enumerate(found.queries):
        labels = written.new_full(written.shape, -100)
        for query in queries:
            labels[0, query] = written[0, query + 1]
        asked = ask(model, input_ids=ids, decoder_input_ids=written, labels=labels, effect="loss")
        cuts = [KnockOut(query=list(queries), key=key, kind="cross") for key in keys]
        effects = run(asked, [*cuts, *(replace(cut, how="value") for cut in cuts)])
        hidden[number], zeroed[number] = -effects.values.reshape(2, -1) * len(queries)
        noise = max(noise, effects.noise["loss"] * len(queries))
    return CheckedAlignment(found, hidden, zeroed, noise)
