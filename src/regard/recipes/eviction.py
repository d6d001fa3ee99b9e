"""Sinks, eviction and sparsity: what a cache policy keeps of the attention, and what the model says with no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from regard.capture import capture
from regard.errors import ArgumentError
from regard.experiment import Hide, Question, ask, run
from regard.recipes.policies import Policy
from regard.recipes.prompt import begins, tensor
from regard.recipes.table import table
from regard.record import Attention, Record

PerHead = Float[np.ndarray, "layer head"]


@dataclass(frozen=True, eq=False)
class Kept:
    """One policy: the mass that it keeps, and what the model loses when it runs with no more.

    ``least``, ``low`` and ``mean`` [layer, head] are over queries: the smallest mass kept, the 5th percentile, the
    mean. ``keys`` is the mean share of visible keys that is kept. ``loss`` is the change of the mean negative
    log-likelihood (nats a token) when the model runs under that mask, a replay; up to three times ``noise`` is not
    measurable.
    """

    policy: Policy
    keys: float
    least: PerHead
    low: PerHead
    mean: PerHead
    loss: float
    noise: float


@dataclass(frozen=True, eq=False)
class Evictions:
    """What several policies do to one text of ``tokens`` tokens; ``scored`` of them are predicted by the rows measured.

    Kept mass is a proxy: mass on a sink is cheap to lose or dear, whatever its size. The replay is the result.
    ``nll`` is the unedited model's mean negative log-likelihood.
    """

    tokens: int
    scored: int
    nll: float
    policies: tuple[Kept, ...]

    def __str__(self) -> str:
        head = ("policy", "keys", "min", "p5", "mean", "ΔNLL")
        lines = [
            (
                str(one.policy),
                f"{one.keys:.0%}",
                float(np.nanmin(one.least)),
                float(np.nanmean(one.low)),
                float(np.nanmean(one.mean)),
                f"{one.loss:+.3f}",
            )
            for one in self.policies
        ]
        noise = max(one.noise for one in self.policies)
        return (
            f"{self.tokens} tokens, {self.scored} scored, NLL {self.nll:.3f} nats a token, one text\n"
            f"{table(head, lines)}\nkept mass: the worst head and query, the mean over heads of their 5th percentiles, "
            f"the mean. It is a proxy; ΔNLL, in nats a token, is the model's own under that mask (up to "
            f"{3 * noise:.1g} not measurable)"
        )


class _Sums(NamedTuple):
    kept: np.ndarray
    keys: float


def evictions(
    model: Any, tokenizer: Any, text: str, policies: Sequence[Policy], *, scored: slice | None = None
) -> Evictions:
    """What each policy keeps of a text's attention, with a replay of the model under that mask.

    Kept mass is measured on the weights of the unedited run, for the rows that predict the tokens ``scored``
    (positions; by default all but the first); the replay scores the same tokens. It masks every layer from the first
    token on, so that later layers see other states than those whose weights chose the keys, as in a real cache.

    Raises ``ArgumentError`` for a policy that does not fit the text. Needs n² bytes a head: some thousand tokens.
    """
    if not policies:
        raise ArgumentError("evictions: no policy; give at least one, such as recipes.Streaming(sinks=4, window=64)")
    ids = (*begins(tokenizer), *map(int, tokenizer(text, add_special_tokens=False)["input_ids"]))
    for policy in policies:
        policy.check(len(ids))
    first, last, step = (scored or slice(1, None)).indices(len(ids))
    if step != 1 or not 1 <= first < last:
        raise ArgumentError(f"scored must be a run of tokens from 1 to {len(ids)}; got {scored}")
    given = tensor(model, ids)
    record = capture(model, input_ids=given)
    assert isinstance(record, Record)
    asked = _question(model, given, first, last)
    attention, queries = record.attention("decoder"), slice(first - 1, last - 1)
    found = tuple(_kept(attention, policy, queries, asked) for policy in policies)
    return Evictions(len(ids), last - first, float(asked.passes.whole[0]), found)


def _question(model: Any, ids: Any, first: int, last: int) -> Question:
    labels = ids.roll(-1, 1)
    labels[:, : first - 1] = -100
    labels[:, last - 1 :] = -100
    return ask(model, input_ids=ids, labels=labels, effect="loss")


def _kept(attention: Attention, policy: Policy, queries: slice, asked: Question) -> Kept:
    masks = dict(_masks(attention, policy))
    masses = {number: _mass(attention, number, mask, queries) for number, mask in masks.items()}
    replayed = run(asked, [Hide(visible=masks.__getitem__)])
    arrays = [np.full((len(attention.layers), attention.heads), np.nan) for _ in range(3)]
    for number, found in masses.items():
        quantiles = (found.kept.min(-1), np.quantile(found.kept, 0.05, axis=-1), found.kept.mean(-1))
        for array, values in zip(arrays, quantiles, strict=True):
            array[number, : len(values)] = values
    share = float(np.mean([found.keys for found in masses.values()]))
    least, low, mean = arrays
    return Kept(policy, share, least, low, mean, float(replayed.values[0]), replayed.noise["loss"])


def _masks(attention: Attention, policy: Policy) -> Iterator[tuple[int, np.ndarray]]:
    for number in attention.present:
        layer = attention.layer(number)
        whole = (slice(0, layer.heads), slice(0, layer.queries), slice(0, layer.keys))
        yield number, policy.kept(layer, layer.read("weights", whole))


def _mass(attention: Attention, number: int, mask: np.ndarray, queries: slice) -> _Sums:
    layer = attention.layer(number)
    weights = layer.read("weights", (slice(0, layer.heads), queries, slice(0, layer.keys)))
    rows_kept = mask[:, queries]
    seen = ~layer.mask.hidden(np.arange(queries.start, queries.stop)[:, None], np.arange(layer.keys)[None])
    share = (rows_kept & seen).sum() / (layer.heads * seen.sum())
    return _Sums((weights * rows_kept).sum(-1), float(share))
