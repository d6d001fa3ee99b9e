"""How widely a query's attention is spread."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.measure.rows import PerHead, PerQuery, Tile, result, sighted, sums, through_layers
from regard.record import Layer, Record


def entropy(
    record: Record, kind: Kind | None = None, *, normalised: bool = False, per_query: bool = False
) -> PerHead | PerQuery:
    """Entropy of the weights in nats, ``-Σ_key w · ln w``, mean over queries, [layer, head] (or [layer, head, query]).

    ``normalised=True`` divides by ``ln(keys the query may see)``, so that 1 is a uniform row; queries that see one
    key then have no value. Rows that an attention sink keeps below a sum of one are taken as they are. After Clark et
    al. 2019 (§3.3), who average over all queries too.

    >>> import regard
    >>> even = regard.from_weights(np.full((1, 1, 4, 4), 0.25))
    >>> entropy(even).round(3), entropy(even, normalised=True)
    (array([[1.386]]), array([[1.]]))
    """

    def of(layer: Layer) -> Float[np.ndarray, "head query"]:
        found = sums(layer, _entropy)
        if not normalised:
            return found
        most = np.log(np.maximum(sighted(layer), 1))
        return np.where(most > 0, found / np.where(most > 0, most, 1), np.nan)

    return result(through_layers(record, kind, of), per_query)


def effective_width(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """How many keys a query attends to, as ``exp(entropy)``: n for a row that is uniform over n keys.

    The perplexity of the row. With ``per_query=False`` the mean over queries of ``exp(entropy)``, not ``exp`` of the
    mean, [layer, head].
    """
    return result(np.exp(np.asarray(entropy(record, kind, per_query=True))), per_query)


def _entropy(tile: Tile) -> Any:
    weights = tile.weights
    return -(weights * tile.xp.log(tile.xp.clip(weights, _TINY, None))).sum(0)


_TINY = float(np.finfo(np.float32).tiny)
