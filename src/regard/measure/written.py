"""What heads write of what they look at: weights times the size of what stands behind each key."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.measure.mass import flags_of
from regard.measure.rows import PerHead, PerQuery, Tile, factors, result, sums, through_layers
from regard.measure.vectors import rows_of, written_vectors
from regard.record import Layer, Record

NORMS = "write_norm"


def written(
    record: Record, layer: int, head: int, kind: Kind | None = None, *, queries: slice | range | None = None
) -> Float[np.ndarray, "query key"]:
    """Norm-weighted attention of one head, ``‖w[i, j] · v_j W_O‖``, [query, key].

    What the head writes of each key into the residual stream, by its length (Kobayashi et al. 2020): a sink with a
    large weight and a value near zero is small here. It is the length of each part alone; parts may cancel
    (:func:`coherence`). Theirs sums a layer's heads as vectors before taking lengths; this is one head's. Their later
    form with residual connection and normalisation (2021) needs hidden states, which a record does not hold.

    Raises ``ArgumentError`` for a record captured without ``values=True``.
    """
    found = _layer(record, kind, layer, NORMS)
    if head not in found.present:
        raise not_one_of("head", head, found.present)
    rows = rows_of(queries, found.queries)
    weights = found.read("weights", (slice(head, head + 1), rows, slice(0, found.keys)))[0]
    return np.asarray(weights * factors(found, NORMS)[head])


def written_mass(
    record: Record, keys: Bool[np.ndarray, " key"], kind: Kind | None = None, *, per_query: bool = False
) -> PerHead | PerQuery:
    """The share of what heads write that comes from the keys flagged in ``keys``, by length, [layer, head].

    ``Σ_j∈keys w[i, j] ‖v_j W_O‖ / Σ_j w[i, j] ‖v_j W_O‖``: :func:`regard.measure.mass` with norm-weighted attention
    (Kobayashi et al. 2020). Raises ``ArgumentError`` as :func:`written`.
    """
    chosen = flags_of(record, keys, kind, "written_mass")

    def of(layer: Layer) -> Float[np.ndarray, "head query"]:
        _check(layer, NORMS)
        norms = factors(layer, NORMS)

        def taken(tile: Tile) -> Any:
            return tile.place((norms[tile.head] * chosen)[tile.keys]) @ tile.weights

        def whole(tile: Tile) -> Any:
            return tile.place(norms[tile.head][tile.keys]) @ tile.weights

        total = sums(layer, whole)
        return np.where(total > 0, sums(layer, taken) / np.where(total > 0, total, 1), np.nan)

    return result(through_layers(record, kind, of), per_query)


def coherence(record: Record, kind: Kind | None = None, *, per_query: bool = False) -> PerHead | PerQuery:
    """How far what a head writes of its keys adds up, ``‖Σ_j w v_j W_O‖ / Σ_j w ‖v_j W_O‖``, [layer, head].

    1 where all keys' parts point the same way (or one key is read), near 0 where they cancel, so that lengths of single
    parts (:func:`written`) say little. Raises ``ArgumentError`` for a record captured without ``values="vectors"``.
    """

    def of(layer: Layer) -> Float[np.ndarray, "head query"]:
        _check(layer, "output_root")
        norms = factors(layer, NORMS)
        total = sums(layer, lambda tile: tile.place(norms[tile.head][tile.keys]) @ tile.weights)
        found = np.full((layer.heads, layer.queries), np.nan)
        for head in layer.present:
            for rows, vectors in written_vectors(layer, head):
                found[head, rows] = np.linalg.norm(vectors, axis=-1)
        return np.where(total > 0, found / np.where(total > 0, total, 1), np.nan)

    return result(through_layers(record, kind, of), per_query)


def _layer(record: Record, kind: Kind | None, number: int, array: str) -> Layer:
    layer = record.attention(kind).layer(number)
    _check(layer, array)
    return layer


def _check(layer: Layer, array: str) -> None:
    """Raises ``ArgumentError`` where what is needed was not captured."""
    if array not in layer.source.arrays():
        asked = "values=True" if array == NORMS else 'values="vectors"'
        raise ArgumentError(
            f"this record does not hold what its heads write ({array}); capture it with {asked}. A model whose values "
            "or output map regard does not see has none"
        )
