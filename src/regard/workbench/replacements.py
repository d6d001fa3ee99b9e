"""What near words in the place of a source token do to the attention, and to how likely the answer is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from regard.errors import ArgumentError, not_one_of
from regard.record.decoding import Decoding
from regard.workbench.backend import Backend, Word
from regard.workbench.state import State

Rows = Float[np.ndarray, "step key"]


@dataclass(frozen=True)
class Replacement:
    """A word tried in the place of a source token, the answer held as it is.

    ``attention`` is how much the attention of the steps changes: the mean over steps of the total variation distance
    ``½ Σ_key |a' - a|``, 0 to 1, each row the mean over the heads shown; ``steps`` has it step by step. ``total`` is
    the answer's log p with the word less that without.
    """

    word: Word
    attention: float
    steps: tuple[float, ...]
    total: float

    @property
    def step(self) -> int:
        """The step whose attention changes most."""
        return int(np.argmax(self.steps))


def replacements(
    backend: Backend,
    state: State,
    position: int,
    words: Sequence[Word],
    *,
    heads: Sequence[tuple[int, int]] | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Replacement, ...]:
    """Each word in the place of the source token at ``position``, ranked by the change of attention, the largest first.

    Each is one run of the model over the answer that it gave: what is compared is the same target token by token, so
    nothing is searched for. ``heads`` are [layer, head] of the cross attention (of a decoder-only model, its own);
    ``None``: all. Edits of attention stay in place.
    """
    found: list[Replacement] = []
    before = _scored(backend, state, state.source, stop)
    rows = _rows(before, heads)
    for done, word in enumerate(words):
        if progress is not None:
            progress(done, len(words))
        source = (*state.source[:position], word.id, *state.source[position + 1 :])
        after = _scored(backend, state, source, stop)
        steps = 0.5 * np.abs(_rows(after, heads) - rows).sum(1)
        change = after.total - before.total
        found.append(Replacement(word, float(steps.mean()), tuple(float(one) for one in steps), float(change)))
    return tuple(sorted(found, key=lambda one: -one.attention))


def _scored(backend: Backend, state: State, source: Any, stop: Callable[[], bool]) -> Decoding:
    """The state's answer, given token by token, to a source."""
    settings = {**state.settings, "beams": 1, "k": 1, "max_new_tokens": len(state.target)}
    return backend.decode(source, forced=state.target, edits=state.edits, settings=settings, progress=None, stop=stop)


def _rows(decoding: Decoding, heads: Sequence[tuple[int, int]] | None) -> Rows:
    """The attention of each step, the mean over heads."""
    record = decoding.record()
    attention = record.attention("cross" if "cross" in record.attentions else "decoder")
    if heads is None:
        heads = [(number, head) for number in attention.present for head in attention.layer(number).present]
    if not heads:
        raise ArgumentError("no head was named; heads are [layer, head], such as [[1, 0]]")
    first = len(decoding.start) - 1
    total = np.zeros((len(decoding.steps), attention.keys))
    for number, head in heads:
        layer = attention.layer(number)
        if head not in layer.present:
            raise not_one_of("head", head, layer.present)
        place = (slice(head, head + 1), slice(first, first + len(total)), slice(0, layer.keys))
        total += layer.read("weights", place)[0]
    return total / len(heads)
