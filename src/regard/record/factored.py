"""Attention kept as what it is made from; any rectangle of exact weights is one small matrix product away."""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np
from jaxtyping import Float

from regard.axes import Keys, LogSumExp, Queries
from regard.errors import ArgumentError
from regard.record.engine.blocks import Rows, span
from regard.record.engine.lse import log_sum_exp
from regard.record.engine.rectangle import rectangle
from regard.record.engine.row_cache import RowCache
from regard.record.mask import MaskRule
from regard.record.some_heads import heads_in, held_bytes
from regard.record.source import MemorySource, Slices, Source


class Factored:
    """One layer's attention, recomputed from queries and keys.

    ``scores[h, i, j] = softcap(scale * query[h, i] · key[h // group, j]) + bias[h, i, j]``, masked to ``-inf``
    where ``mask`` (or the array ``visible``) hides key j from query i, and

    ``weights[h, i, j] = exp(scores[h, i, j] - lse[h, i])``,  ``lse[h, i] = log(exp(sink[h]) + Σ_j exp(scores))``.

    With ``softcap`` c a product s becomes ``c · tanh(s / c)`` (Gemma 2). A ``sink`` (gpt-oss) takes mass without
    being a key, so rows then sum to less than one. A row that sees no key is all zeros.

    Arrays of ``source``: ``query`` [head, query, d_head], ``key`` [kv_head, key, d_head], and where the model has
    them ``lse`` [head, query], ``bias`` [head or 1, query or 1, key or 1], ``distance_bias`` [head or 1, distance]
    (the bias as a function of ``key - query`` alone, as in T5 and ALiBi: entry ``key - query + queries - 1``),
    ``visible`` [head or 1, query or 1, key or 1] (bool) and ``sink`` [head]. More tell about them and change no
    weight: ``rotary`` [pair, 3] (two dimensions, and the radians by which each token turned them further), the sizes
    ``value_norm`` [kv_head, key] of values and ``write_norm`` [head, key] of what a head writes of them, the values
    themselves as ``value`` [kv_head, key, d_value] with ``output_root`` [head, rank, d_value] (R of ``W = Q R``, W the
    head's part of the output map), and ``copy_rank`` [head, key] (the share of other tokens that the head's write of
    this key's token speaks for less than for that token). A missing ``lse`` is computed row by row when first needed
    and kept.
    """

    def __init__(self, source: Source, *, scale: float, mask: MaskRule | None = None, softcap: float | None = None):
        self.source = source
        self.scale = float(scale)
        self.mask = mask or MaskRule()
        self.softcap = softcap
        self.heads, self.queries, self.d_head = source.shape("query")
        self.kv_heads, self.keys, d_key = source.shape("key")
        if d_key != self.d_head:
            raise ArgumentError(f"query and key must have the same width; got {self.d_head} and {d_key}")
        if self.kv_heads == 0 or self.heads % self.kv_heads:
            raise ArgumentError(f"{self.heads} query heads cannot share {self.kv_heads} key heads evenly")
        self._has = frozenset(source.arrays())
        self._check_shapes()
        self._lse = RowCache(self.queries, lambda heads, queries: log_sum_exp(self, heads, queries))

    @classmethod
    def of(
        cls,
        query: Queries,
        key: Keys,
        *,
        scale: float,
        mask: MaskRule | None = None,
        softcap: float | None = None,
        **arrays: np.ndarray,
    ) -> Factored:
        """Hold these queries and keys, and any of lse, bias, distance_bias, visible and sink.

        >>> q = k = np.eye(2, dtype=np.float32)[None]
        >>> Factored.of(q, k, scale=1.0, mask=MaskRule(after=0)).read("weights", (slice(0, 1),) * 3)
        array([[[1.]]], dtype=float32)
        """
        held: Mapping[str, np.ndarray] = {"query": query, "key": key, **arrays}
        return cls(MemorySource(held), scale=scale, mask=mask, softcap=softcap)

    @property
    def dtype(self) -> np.dtype:
        """Type of the recomputed weights: the stored type, but at least float32."""
        return np.promote_types(self.source.read("query", (slice(0, 0),) * 3).dtype, np.float32)

    @property
    def nbytes(self) -> int:
        """Bytes held (not the n² that the weights would take)."""
        return held_bytes(self.source)

    @property
    def present(self) -> tuple[int, ...]:
        """Numbers of the heads that can be read: all, unless only some were captured."""
        return heads_in(self.source, "query")

    def arrays(self) -> tuple[str, ...]:
        """Names that can be read: what is held, and what is recomputed from it."""
        return tuple(dict.fromkeys(("weights", "scores", "lse", *sorted(self._has))))

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of the named array."""
        if array in ("weights", "scores"):
            return (self.heads, self.queries, self.keys)
        if array == "lse":
            return (self.heads, self.queries)
        return self.source.shape(array)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """The rectangle ``slices`` of the named array, recomputed where it is not held."""
        if array in ("weights", "scores"):
            return rectangle(self, array, *slices)
        if array == "lse":
            return self.rows_lse(*slices).astype(self.dtype, copy=False)
        return self.source.read(array, slices)

    def rows_lse(self, heads: slice, queries: slice) -> LogSumExp:
        """Log-sum-exp per query in float64: as captured, else computed for these rows (in blocks) once, and kept.

        Of a large score, float32 would leave no digits for ``scores - lse``.
        """
        if "lse" in self._has:
            return self.source.read("lse", (heads, queries))
        return self._lse.read(heads, queries)

    def known_lse(self, head: int, queries: Rows) -> Float[np.ndarray, " query"] | None:
        """The same for one head, if nothing needs computing for it."""
        if "lse" not in self._has:
            return self._lse.find(head, queries)
        rows = span(queries)
        found: np.ndarray = self.source.read("lse", (slice(head, head + 1), rows))[0]
        return found if isinstance(queries, slice) else found[queries - rows.start]

    def keep_lse(self, head: int, queries: slice, lse: Float[np.ndarray, " query"]) -> None:
        """Remember what a pass over these rows has computed by the way."""
        self._lse.keep(head, queries, lse)

    def _check_shapes(self) -> None:
        """Raises ``ArgumentError`` for an array beside query and key that does not fit them."""
        heads, queries, keys = self.heads, self.queries, self.keys
        each, whole = [{1, heads}, {1, queries}, {1, keys}], range(queries + keys - 1, 1 << 62)
        expected: dict[str, list[Container[int]]] = {
            "lse": [{heads}, {queries}],
            "sink": [{heads}],
            "bias": [*each],
            "visible": [*each],
            "distance_bias": [{1, heads}, whole],
            "rotary": [range(self.d_head // 2 + 1), {3}],
            "value_norm": [{self.kv_heads}, {keys}],
            "write_norm": [{heads}, {keys}],
            "copy_rank": [{heads}, {keys}],
            "value": [{self.kv_heads}, {keys}, range(1, 1 << 62)],
            "output_root": [{heads}, range(1, 1 << 62), range(1, 1 << 62)],
        }
        for name in sorted(self._has & expected.keys()):
            shape = self.source.shape(name)
            fits = len(shape) == len(expected[name]) and all(
                size in sizes for size, sizes in zip(shape, expected[name], strict=True)
            )
            if not fits:
                raise ArgumentError(
                    f"{name} of shape {list(shape)} does not fit {heads} heads, {queries} queries and {keys} keys"
                )
        if "visible" in self._has and self.source.read("visible", (slice(0, 0),) * 3).dtype != bool:
            raise ArgumentError("visible must be an array of bool: True where a query may see a key")
