"""Queries and keys in few bits, with the weights that they would get wrong written beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

from regard.axes import Weights
from regard.record.codes import Roots
from regard.record.factored import Factored
from regard.record.mask import MaskRule
from regard.record.planes import to_planes


class Corrections(NamedTuple):
    """Weights of one head that are written out: ``counts[i]`` of them in row i, at ``keys`` (rising), as root codes."""

    counts: Int[np.ndarray, " query"]
    keys: Int[np.ndarray, " edge"]
    codes: UInt8[np.ndarray, " edge"]

    @property
    def weights(self) -> np.ndarray:
        """The weights that the codes stand for: ``(code / 255)²``."""
        return Roots(self.codes)[:]

    @property
    def gaps(self) -> np.ndarray:
        """Each key as its distance from the one before it in its row (the row's first: from 0)."""
        gaps = np.diff(self.keys, prepend=0)
        starts = (np.cumsum(self.counts) - self.counts)[self.counts > 0]
        gaps[starts] = self.keys[starts]
        return gaps


@dataclass(frozen=True, eq=False)
class Quantised:
    """The heads that share one key head.

    ``scores[h, i, j] = softcap(Σ_dim steps[dim]² · query[h, dim, i] · key[dim, j]) + distance_bias`` under ``mask``;
    ``weights = exp(scores - lse)`` with ``lse = lse_scale[0] + lse_scale[1] · lse_codes``; but where
    ``corrections[h]`` writes a weight out, it is that. No weight is then further than ``error`` from the record's:
    every single one was compared. ``misplaced`` is the mean share of a row's mass that lies on other keys than it
    should (total variation): what is below the error allowed is only roughly right.
    """

    heads: tuple[int, ...]
    query: Int[np.ndarray, "head dim query"]
    key: Int[np.ndarray, "dim key"]
    steps: Float[np.ndarray, " dim"]
    lse_codes: Int[np.ndarray, "head query"]
    lse_scale: tuple[float, float]
    corrections: tuple[Corrections, ...]
    mask: MaskRule
    softcap: float | None
    distance_bias: Float[np.ndarray, "head distance"] | None
    error: float
    misplaced: float

    def arrays(self) -> dict[str, np.ndarray]:
        """What a page needs, as arrays that deflate well: byte planes of codes, counts and gaps (see ``planes``)."""
        found = {
            "query": to_planes(self.query, signed=True),
            "key": to_planes(self.key, signed=True),
            "steps": self.steps,
            "lse": to_planes(self.lse_codes, signed=False),
            "counts": to_planes(np.concatenate([part.counts for part in self.corrections]), signed=False),
            "gaps": to_planes(np.concatenate([part.gaps for part in self.corrections]), signed=False),
            "codes": np.concatenate([part.codes for part in self.corrections]),
        }
        return found if self.distance_bias is None else {**found, "distance_bias": self.distance_bias}

    @property
    def lse(self) -> Float[np.ndarray, "head query"]:
        """Log-sum-exp of the rows."""
        start, step = self.lse_scale
        return start + step * self.lse_codes

    @cached_property
    def layer(self) -> Factored:
        """The heads as a layer, without their corrections."""
        query, key = (codes.astype(np.float32).swapaxes(-1, -2) * self.steps for codes in (self.query, self.key))
        bias = {} if self.distance_bias is None else {"distance_bias": self.distance_bias}
        return Factored.of(query, key[None], scale=1.0, mask=self.mask, softcap=self.softcap, lse=self.lse, **bias)

    def weights(self, place: int, queries: slice, keys: slice) -> Weights:
        """Weights [1, query, key] of ``heads[place]``, as a page computes them."""
        found = self.layer.read("weights", (slice(place, place + 1), queries, keys))
        part = self.corrections[place]
        rows = np.repeat(np.arange(len(part.counts)), part.counts)
        within = (rows >= queries.start) & (rows < queries.stop) & (part.keys >= keys.start) & (part.keys < keys.stop)
        found[0, rows[within] - queries.start, part.keys[within] - keys.start] = part.weights[within]
        return found
