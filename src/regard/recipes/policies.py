"""Which keys a query still sees when others are evicted from the cache, or were never computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from regard.errors import ArgumentError
from regard.record import Layer

Kept = Bool[np.ndarray, "head query key"]
Weights = Float[np.ndarray, "head query key"]


@runtime_checkable
class Policy(Protocol):
    """Says which keys of a layer each query keeps, of those that the model lets it see."""

    def check(self, tokens: int) -> None:
        """Raises ``ArgumentError`` for what cannot be done on a text of so many tokens."""
        ...

    def kept(self, layer: Layer, weights: Weights) -> Kept:
        """[head, query, key], from the weights of the whole, unedited run."""
        ...


@dataclass(frozen=True)
class Streaming:
    """The first ``sinks`` keys and the last ``window`` ones, the query's own included (StreamingLLM, Xiao et al. 2024).

    Positions stay those of the whole text, where theirs are counted anew within the cache.
    """

    sinks: int = 4
    window: int = 64

    def check(self, tokens: int) -> None:
        """At least one key must be in the window."""
        if self.sinks < 0 or self.window < 1:
            raise ArgumentError(f"{self}: sinks must be 0 or more and the window 1 or more")

    def kept(self, layer: Layer, weights: Weights) -> Kept:
        """The same of every head."""
        positions, keys = (np.arange(layer.queries) + layer.mask.offset)[:, None], np.arange(layer.keys)
        found = (keys < self.sinks) | (keys > positions - self.window)
        return np.broadcast_to(found, (layer.heads, *found.shape))


@dataclass(frozen=True)
class HeavyHitters:
    """The last ``recent`` keys and the ``heavy`` ones that have got most attention so far (H2O, Zhang et al. 2023).

    What is evicted never comes back. Attention is summed over the queries so far, and over the query heads that share a
    key head, which has one cache. It is the attention of the unedited run; H2O's own sums come from the run with
    evictions.
    """

    heavy: int = 32
    recent: int = 36

    def check(self, tokens: int) -> None:
        """At least the query itself must be kept."""
        if self.heavy < 0 or self.recent < 1:
            raise ArgumentError(f"{self}: heavy must be 0 or more and recent 1 or more")

    def kept(self, layer: Layer, weights: Weights) -> Kept:
        """One step after the other, all key heads at once."""
        group = layer.heads // layer.kv_heads
        shared = weights.reshape(layer.kv_heads, group, *weights.shape[1:]).sum(1)
        found = np.zeros(shared.shape, dtype=bool)
        held, mass = np.zeros((layer.kv_heads, layer.keys), dtype=bool), np.zeros((layer.kv_heads, layer.keys))
        heads = np.arange(layer.kv_heads)
        for query in range(layer.queries):
            position = query + layer.mask.offset
            held[:, position] = True
            mass += shared[:, query]
            if position >= self.heavy + self.recent:
                old = held.copy()
                old[:, position - self.recent + 1 :] = False
                held[heads, np.where(old, mass, np.inf).argmin(1)] = False
            found[:, query] = held
        return found.repeat(group, axis=0)


@dataclass(frozen=True)
class PromptVotes:
    """Of the prompt's keys the ``kept_keys`` that its last ``window`` queries attend to most, and that window (SnapKV,
    Li et al. 2024); of what follows the prompt everything.

    The prompt is the text up to token ``border``. Votes are weights summed over the window and over the query heads of
    a key head, and smoothed by the largest of ``pool`` neighbours.
    """

    border: int
    kept_keys: int = 32
    window: int = 16
    pool: int = 5

    def check(self, tokens: int) -> None:
        """The prompt must be longer than what is kept of it."""
        if not 0 < self.window + self.kept_keys < self.border < tokens:
            raise ArgumentError(
                f"{self}: the prompt must end within the {tokens} tokens and hold more than the {self.kept_keys} keys "
                f"and the window of {self.window} that are kept"
            )

    def kept(self, layer: Layer, weights: Weights) -> Kept:
        """Queries of the prompt keep everything."""
        group, first = layer.heads // layer.kv_heads, self.border - self.window
        votes = weights[:, first : self.border, :first].sum(1).reshape(layer.kv_heads, group, first).sum(1)
        wide = np.pad(votes, ((0, 0), (self.pool // 2, self.pool // 2)))
        pooled = np.lib.stride_tricks.sliding_window_view(wide, 2 * (self.pool // 2) + 1, axis=1).max(-1)
        chosen = np.argsort(-pooled, axis=1, kind="stable")[:, : self.kept_keys]
        keys = np.zeros((layer.kv_heads, layer.keys), dtype=bool)
        keys[:, first:] = True
        np.put_along_axis(keys, chosen, True, axis=1)
        found = np.repeat(keys[:, None], layer.queries, axis=1)
        found[:, : self.border] = True
        return found.repeat(group, axis=0)


@dataclass(frozen=True)
class TopKeys:
    """The ``count`` keys of largest weight of every query and head: what any sparse attention of that size could keep
    at best of the mass, since it is chosen with the weights at hand."""

    count: int = 32

    def check(self, tokens: int) -> None:
        """At least one key."""
        if self.count < 1:
            raise ArgumentError(f"{self}: at least one key must be kept")

    def kept(self, layer: Layer, weights: Weights) -> Kept:
        """The largest, of equal ones the first."""
        found = np.zeros(weights.shape, dtype=bool)
        order = np.argsort(-weights, axis=-1, kind="stable")[..., : self.count]
        np.put_along_axis(found, order, True, axis=-1)
        return found
