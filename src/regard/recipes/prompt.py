"""A prompt of documents and a question, as token ids of which it is known what each stretch is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from regard.errors import ArgumentError
from regard.experiment import Question, ask
from regard.measure.rows import head_runs
from regard.record import Record, span_sums

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Prompt:
    """Token ids in pieces: those that begin a text, ``(label, document, end)`` of each document, the question, and the
    answer whose probability is asked about."""

    begin: Ids
    documents: tuple[tuple[Ids, Ids, Ids], ...]
    question: Ids
    answer: Ids

    @classmethod
    def of(cls, tokenizer: Any, documents: Sequence[str], question: str, *, answer: str = "") -> Prompt:
        """``Document 1: …`` a line each, then ``Question: …`` and ``Answer:``. Pieces are tokenised one by one.

        Raises ``ArgumentError`` for a document without a token.
        """
        if isinstance(documents, str) or len(documents) < 1:
            raise ArgumentError(f"documents must be a list of texts, at least one; got {documents!r:.60}")

        def ids(text: str) -> Ids:
            found = tokenizer(text, add_special_tokens=False)["input_ids"] if text.strip(" ") else ()
            return tuple(map(int, found))

        found = tuple(
            (ids(f"Document {n}:"), ids(f" {text.strip()}"), ids("\n")) for n, text in enumerate(documents, 1)
        )
        empty = next((n for n, (_, text, _) in enumerate(found, 1) if not text), None)
        if empty is not None:
            raise ArgumentError(f"document {empty} has no token")
        asked = ids(f"\nQuestion: {question.strip()}\nAnswer:")
        said = ids(f" {answer.strip()}") if answer.strip() else ()
        return cls(begins(tokenizer), found, asked, said)

    @property
    def ids(self) -> Ids:
        """All of it."""
        pieces = (piece for document in self.documents for piece in document)
        return tuple(number for piece in (self.begin, *pieces, self.question, self.answer) for number in piece)

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where each document's own tokens stand, ``(start, stop)``."""
        ends = accumulate((sum(map(len, document)) for document in self.documents), initial=len(self.begin))
        return tuple(
            (start + len(label), start + len(label) + len(text))
            for (start, _), (label, text, _) in zip(pairwise(ends), self.documents, strict=True)
        )

    @property
    def rows(self) -> range:
        """The queries that predict the answer's tokens: the token before each."""
        count = len(self.ids)
        return range(count - len(self.answer) - 1, count - 1)

    def without(self, document: int) -> Prompt:
        """The prompt without that document, its label and its line."""
        kept = tuple(one for number, one in enumerate(self.documents) if number != document)
        return Prompt(self.begin, kept, self.question, self.answer)

    def filled(self, document: int, dummy: Ids) -> Prompt:
        """The prompt with ``dummy``, over and over, in the place of that document's tokens; nothing else moves."""
        label, text, end = self.documents[document]
        other = tuple(dummy[i % len(dummy)] for i in range(len(text)))
        kept = [*self.documents[:document], (label, other, end), *self.documents[document + 1 :]]
        return Prompt(self.begin, tuple(kept), self.question, self.answer)

    def answered(self, answer: Ids) -> Prompt:
        """The prompt with that answer."""
        return Prompt(self.begin, self.documents, self.question, answer)


def begins(tokenizer: Any) -> Ids:
    """What the tokenizer puts before a text (and, where it puts something after one, not that)."""
    first = getattr(tokenizer, "bos_token_id", None)
    found = tokenizer("")["input_ids"]
    return (int(first),) if first is not None and len(found) and int(found[0]) == int(first) else ()


def tensor(model: Any, ids: Sequence[int]) -> Any:
    """Ids as the model takes them, [1, token]."""
    return next(model.parameters()).new_zeros(0).long().new_tensor([list(ids)])


def greedy(model: Any, tokenizer: Any, prompt: Prompt, most: int) -> Ids:
    """The answer that the model writes itself, up to the end of its first line; raises ``ArgumentError`` if empty."""
    ids = tensor(model, prompt.ids)
    written = model.generate(
        ids, attention_mask=ids.new_ones(ids.shape), do_sample=False, num_beams=1, max_new_tokens=most
    )[0, ids.shape[1] :].tolist()
    special = set(getattr(tokenizer, "all_special_ids", ()))
    kept: list[int] = []
    for number in written:
        if number in special or "\n" in tokenizer.decode([number]):
            break
        kept.append(int(number))
    if not kept:
        raise ArgumentError("the model's own answer to this prompt is empty; say which answer is asked about: answer=…")
    return tuple(kept)


def asked_about(model: Any, prompt: Prompt) -> Question:
    """The question how probable the answer is: the mean negative log-likelihood of its tokens."""
    ids = tensor(model, prompt.ids)
    labels = ids.roll(-1, 1)
    labels[:, : prompt.rows.start] = -100
    labels[:, -1] = -100
    return ask(model, input_ids=ids, labels=labels, effect="loss")


def log_p(question: Question, prompt: Prompt) -> float:
    """Natural logarithm of the whole answer's probability."""
    return -float(question.passes.whole[0]) * len(prompt.answer)


def mass_per_token(record: Record, prompt: Prompt) -> Float[np.ndarray, "layer head document"]:
    """Mean weight from the rows that predict the answer to one token of each document; NaN where there is none."""
    attention = record.attention("decoder")
    found = np.full((len(attention.layers), attention.heads, len(prompt.spans)), np.nan)
    rows, lengths = (prompt.rows.start, prompt.rows.stop), np.array([stop - start for start, stop in prompt.spans])
    for number in attention.present:
        layer = attention.layer(number)
        for heads in head_runs(layer):
            sums = span_sums(layer, heads, [rows], prompt.spans)[:, 0]
            found[number, heads] = sums / len(prompt.rows) / lengths
    return found
