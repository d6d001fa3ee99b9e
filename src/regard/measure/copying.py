"""Whether heads speak for the tokens they look at."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.measure.mass import flags_of
from regard.measure.rows import PerHead, PerQuery, Tile, factors, result, sums, through_layers
from regard.record import Layer, Record

RANK = "copy_rank"


def copying(
    record: Record, kind: Kind | None = None, *, keys: Any = None, per_query: bool = False
) -> PerHead | PerQuery:
    """How far a head speaks for the tokens it looks at, -1 to 1 with 0 for chance, [layer, head].

    ``Σ_j w[i, j] (2 r_j - 1) / Σ_j w[i, j]`` over the keys that the tokenizer did not add and that are not the first
    (where attention is parked), with ``r_j`` the share of other tokens of the vocabulary whose logit the head's write
    of key j raises less than that of key j's own token, on the direct path (``v_j W_O``, last normalisation,
    vocabulary).
    1: the attended token itself is raised above all others. ``keys`` flags other keys to count.

    After the copying score of Olsson et al. 2022. Theirs adds up what the head raises (logits less their mean, negative
    ones left out) and takes the attended token's share of it, on random repeated tokens; this takes a rank, among 256
    tokens drawn once from the vocabulary, which knows no scale and has a known value for chance. Like theirs it is of
    the direct path alone. Values are those of this text, not embeddings through W_V (Elhage et al. 2021).

    Raises ``ArgumentError`` for a record captured without ``copying=True``.
    """
    attention = record.attention(kind)
    tokens = record.streams[attention.key_stream]
    plain = ~np.array(tokens.special, dtype=bool) & (np.arange(attention.keys) > 0)
    chosen = plain if keys is None else flags_of(record, keys, kind, "copying")

    def of(layer: Layer) -> Float[np.ndarray, "head query"]:
        if RANK not in layer.source.arrays():
            raise ArgumentError(
                "copying needs what heads write of each token, put through the vocabulary; capture a language model "
                "with regard.capture(..., copying=True)"
            )
        signed = (2 * factors(layer, RANK) - 1) * chosen

        def spoken(tile: Tile) -> Any:
            return tile.place(signed[tile.head][tile.keys]) @ tile.weights

        def looked(tile: Tile) -> Any:
            return tile.place(chosen[tile.keys].astype(np.float32)) @ tile.weights

        total = sums(layer, looked)
        return np.where(total > 0, sums(layer, spoken) / np.where(total > 0, total, 1), np.nan)

    return result(through_layers(record, kind, of), per_query)
