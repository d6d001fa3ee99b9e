"""Names for what heads do, each with the score, what a head without the role would get, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.measure.copying import RANK, copying
from regard.measure.offsets import at_offset
from regard.measure.repeats import duplicate_token, prefix_matching
from regard.measure.rows import PerHead, PerQuery, mean_where_defined
from regard.record import Record

MARGIN = 0.1
_OFFSETS = range(-8, 9)
_SHUFFLES = 8
_RESAMPLES = 400
_BLOCK = 16


@dataclass(frozen=True, eq=False)
class Role:
    """A role and how every head does at it; all arrays are [layer, head].

    ``score`` is the mean mass on the role's keys. ``baseline`` is what a head without the role gets: for a fixed offset
    the largest mean weight at any other offset up to eight positions away, for a pattern of tokens the score against
    shuffled tokens (the mean of eight shuffles), for copying 0, which is chance. ``margin`` is the difference, and
    ``low`` and ``high`` bound it: the 2.5 and 97.5 percentiles of a bootstrap over blocks of 16 queries of this text.
    """

    name: str
    score: PerHead
    baseline: PerHead
    margin: PerHead
    low: PerHead
    high: PerHead

    def heads(self, margin: float = MARGIN) -> list[tuple[int, int]]:
        """Heads, as (layer, head), whose margin is at least this and surely above zero; largest margin first.

        Ten points above the baseline is what Voita et al. 2019 ask for.
        """
        chosen = (np.nan_to_num(self.margin, nan=-1) >= margin) & (np.nan_to_num(self.low, nan=-1) > 0)
        order = sorted(zip(*np.nonzero(chosen), strict=True), key=lambda at: -self.margin[at])
        return [(int(layer), int(head)) for layer, head in order]


def roles(record: Record, kind: Kind | None = None, *, seed: int = 0) -> dict[str, Role]:
    """How well each head fits each role; a head may have several, or none.

    Roles: ``previous_token``, ``next_token``, ``self_token``, and where the tokens have ids and some repeat,
    ``duplicate_token`` and ``prefix_matching``; of a record captured with ``copying=True``, ``copying`` (an induction
    head of Olsson et al. 2022 has this role and ``prefix_matching``). They say where a head looks on this text, not
    what it is for: a name from one text is a guess. Raises ``ArgumentError`` for cross attention.
    """
    random = np.random.default_rng(seed)
    at = {offset: np.asarray(at_offset(record, offset, kind, per_query=True)) for offset in _OFFSETS}
    means = {offset: mean_where_defined(values) for offset, values in at.items()}
    found = {}
    for name, offset in (("previous_token", -1), ("next_token", 1), ("self_token", 0)):
        if not np.isnan(means[offset]).all():
            best = _best_other(means, offset)
            found[name] = _role(name, at[offset], np.choose(best, [at[other] for other in _others(offset)]), random)
    attention = record.attention(kind)
    if all(RANK in attention.layer(number).source.arrays() for number in attention.present):
        score = np.asarray(copying(record, kind, per_query=True))
        found["copying"] = _role("copying", score, np.where(np.isnan(score), np.nan, 0.0), random)
    stream = record.streams[attention.key_stream]
    if stream.ids is None or len(np.unique(stream.ids)) == len(stream.ids):
        return found
    for name, measure in (("duplicate_token", duplicate_token), ("prefix_matching", prefix_matching)):
        score = np.asarray(measure(record, kind, per_query=True))
        found[name] = _role(name, score, _shuffled(record, kind, measure, stream.ids, random), random)
    return found


def _others(offset: int) -> list[int]:
    return [other for other in _OFFSETS if other != offset]


def _best_other(means: dict[int, PerHead], offset: int) -> np.ndarray:
    """Per head the index, among the other offsets, of the one with the largest mean weight, [layer, head, 1]."""
    stacked = np.stack([np.nan_to_num(means[other], nan=-1) for other in _others(offset)])
    return np.asarray(stacked.argmax(0)[..., None])


def _shuffled(
    record: Record,
    kind: Kind | None,
    measure: Callable[..., PerHead | PerQuery],
    ids: np.ndarray,
    random: np.random.Generator,
) -> PerQuery:
    """The measure with shuffled tokens, every query that has a value there, mean over shuffles."""
    parts = [np.asarray(measure(record, kind, ids=random.permutation(ids), per_query=True)) for _ in range(_SHUFFLES)]
    return mean_where_defined(np.stack(parts, axis=-1))


def _role(name: str, score: PerQuery, baseline: PerQuery, random: np.random.Generator) -> Role:
    queries = score.shape[-1]
    blocks = [np.arange(start, min(start + _BLOCK, queries)) for start in range(0, queries, _BLOCK)]
    drawn = [
        _difference(score, baseline, np.concatenate([blocks[i] for i in random.integers(0, len(blocks), len(blocks))]))
        for _ in range(_RESAMPLES)
    ]
    low, high = _percentiles(np.stack(drawn))
    mean, base = mean_where_defined(score), mean_where_defined(baseline)
    return Role(name, mean, base, mean - base, low, high)


def _difference(score: PerQuery, baseline: PerQuery, queries: np.ndarray) -> PerHead:
    return np.asarray(mean_where_defined(score[..., queries]) - mean_where_defined(baseline[..., queries]))


def _percentiles(drawn: Float[np.ndarray, "sample layer head"]) -> tuple[PerHead, PerHead]:
    """Of the samples that have a value; NaN for heads that never have one."""
    never = np.isnan(drawn).all(0)
    low, high = np.nanquantile(np.where(never, 0, drawn), [0.025, 0.975], axis=0)
    return np.where(never, np.nan, low), np.where(never, np.nan, high)
