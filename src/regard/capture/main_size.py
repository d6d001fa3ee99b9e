"""Layers of one sequence length, of those that a model has."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence

from regard.axes import Kind
from regard.record.attention import Layer

Size = tuple[int, int]


def of_main_size(kind: Kind, layers: Sequence[Layer | None]) -> tuple[Size, tuple[Layer | None, ...]]:
    """The [query, key] size that most layers have (of several, the largest), and the layers with those of other sizes
    left empty, of which a warning tells."""
    sizes = Counter((layer.queries, layer.keys) for layer in layers if layer is not None)
    main = max(sizes, key=lambda size: (sizes[size], size))
    if len(sizes) > 1:
        others = ", ".join(f"{count} of {q} × {k}" for (q, k), count in sorted(sizes.items()) if (q, k) != main)
        warnings.warn(
            f"{kind} attention is over sequences of several lengths: the record holds the {sizes[main]} layers of "
            f"{main[0]} queries × {main[1]} keys; not in the record: {others}",
            stacklevel=6,
        )
    kept = (layer if layer is not None and (layer.queries, layer.keys) == main else None for layer in layers)
    return main, tuple(kept)
