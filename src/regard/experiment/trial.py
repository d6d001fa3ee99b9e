"""Tests of what somebody points at in a picture: an edge, heads, or a token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.experiment.edits import Ablate, Edit, KnockOut
from regard.experiment.effects import run
from regard.experiment.question import Question
from regard.experiment.scan_tokens import scan_tokens

About = Literal["edge", "heads", "token"]
How = Literal["mask", "value", "zero", "mean", "replace"]
Scope = Literal["heads", "layer", "model"]
SAMPLES = 4


@dataclass(frozen=True)
class Finding:
    """One change and what it did: after the edit less before it.

    ``how`` is a knock-out's ``"mask"`` or ``"value"``, an ablation's ``"zero"`` or ``"mean"``, or ``"replace"`` for
    other tokens; ``scope`` where: in the heads that are shown, in their whole layer, or in all layers. ``spread`` is
    the standard error of the mean where tokens were sampled. Up to three times ``noise`` a value is not measurable.
    """

    how: How
    scope: Scope
    value: float
    noise: float
    spread: float | None = None

    @property
    def measurable(self) -> bool:
        """Whether the value is more than three times the numerical noise."""
        return abs(self.value) > 3 * self.noise


def trial(
    question: Question,
    about: str,
    *,
    kind: Kind,
    layer: int,
    heads: Sequence[int],
    query: int | None,
    key: int | None,
    size: tuple[int, int],
) -> Iterator[Finding]:
    """What changes when this is changed, one finding after another; ``size`` are the picture's queries and keys.

    ``"edge"``: the key hidden from the query, and its weight set to zero, in these heads, in the whole layer, and in
    all layers (six findings). ``"heads"``: these heads together give zeros, or their mean over the text (two).
    ``"token"``: the key (or the query, where no key is named) replaced by samples of the vocabulary (one).

    Raises ``ArgumentError`` for what does not exist, and for a picture of another text than the question's.
    """
    if about not in get_args(About):
        raise not_one_of("kind of test", about, get_args(About))
    if about == "token":
        yield _token(question, kind, query, key, size)
        return
    site = question.passes.layout.of_kind(kind)[0]
    if (site.queries, site.keys) != size:
        raise ArgumentError(
            f"the question is about {site.queries} queries × {site.keys} keys of {kind} attention, this picture about "
            f"{size[0]} × {size[1]}: ask about the text that is shown (what stands behind position= is left out of it)"
        )
    if not heads:
        raise ArgumentError("no head is selected")
    yield from (
        _heads(question, kind, layer, heads) if about == "heads" else _edge(question, kind, layer, heads, query, key)
    )


def _edge(
    question: Question, kind: Kind, layer: int, heads: Sequence[int], query: int | None, key: int | None
) -> Iterator[Finding]:
    if query is None or key is None:
        raise ArgumentError("an edge has a query and a key; select both")
    places: dict[Scope, dict[str, object]] = {
        "heads": {"layer": layer, "head": list(heads)},
        "layer": {"layer": layer},
        "model": {},
    }
    for scope, place in places.items():
        for how in ("mask", "value"):
            edit = KnockOut(**place, query=query, key=key, how=how, kind=kind)  # type: ignore[arg-type]
            yield _found(question, edit, how, scope)


def _heads(question: Question, kind: Kind, layer: int, heads: Sequence[int]) -> Iterator[Finding]:
    for by in ("zero", "mean"):
        yield _found(question, Ablate(layer=layer, head=list(heads), kind=kind, by=by), by, "heads")


def _found(question: Question, edit: Edit, how: How, scope: Scope) -> Finding:
    effects = run(question, edit)
    return Finding(how, scope, float(effects.values[0]), float(effects.noise[effects.effect]))


def _token(question: Question, kind: Kind, query: int | None, key: int | None, size: tuple[int, int]) -> Finding:
    place, count = (query, size[0]) if key is None else (key, size[1])
    if place is None:
        raise ArgumentError("no token is selected; select a query or a key")
    if question.inputs.encoder_decoder and (kind == "decoder" or (kind == "cross" and key is None)):
        raise ArgumentError("tokens of the decoder cannot be replaced; select one of the encoder's")
    if len(question.ids) != count:
        raise ArgumentError(
            f"the question has {len(question.ids)} tokens, this picture {count}: ask about the same text"
        )
    found = scan_tokens(question, token=place, samples=SAMPLES)
    assert found.samples is not None
    each = np.asarray(found.samples[found.effect][0])
    spread = float(each.std(ddof=1) / np.sqrt(len(each)))
    return Finding("replace", "model", float(found.values[0]), float(found.noise[found.effect]), spread)
