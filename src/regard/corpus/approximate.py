"""The index of one table of states: built where comparing with every state would be slow, and checked for misses."""

from __future__ import annotations

from importlib import import_module
from math import isqrt
from typing import Any

import numpy as np

from regard.corpus.neighbour import distances
from regard.corpus.settings import Check, Metric

FROM = 20_000
"""Tables of fewer states are compared with one by one, exactly."""

QUERIES, K = 100, 10
_STALE, _REBUILD = 0.1, 4
_ENOUGH = 0.99
_CANDIDATES = 10
"""How many times as many states as asked for are compared exactly."""


def renew(table: Any, metric: Metric) -> bool:
    """Bring a table's index up to date; whether anything changed.

    New states join the index once they are a tenth of the table (until then they are compared with one by one), and
    the index is built anew when the table has become four times what it was built for.
    """
    count = int(table.count_rows())
    if count < FROM:
        return False
    stats = _stats(table)
    if stats is None or stats.num_indexed_rows * _REBUILD < count:
        _build(table, metric, count)
    elif stats.num_unindexed_rows > _STALE * count:
        table.optimize()
    else:
        return False
    return True


def indexed(table: Any) -> bool:
    """Whether the table has an index."""
    return _stats(table) is not None


def search(table: Any, vector: np.ndarray, metric: Metric, k: int, probes: int | None, where: str | None = None) -> Any:
    """The ``k`` nearest states as an Arrow table (text, position, vector); all are compared where ``probes`` is
    ``None``."""
    query = table.search(vector, vector_column_name="vector").distance_type(metric).limit(k)
    query = query.select(["text", "position", "vector", "_distance"])
    query = query.bypass_vector_index() if probes is None else query.nprobes(probes).refine_factor(_CANDIDATES)
    return (query if where is None else query.where(where, prefilter=True)).to_arrow()


def checked(table: Any, metric: Metric, seed: int = 0) -> Check:
    """Searches for states of the table itself with more and more probes, until 99 % of the true neighbours are found
    or a quarter of the index is read; recall is by distance, so that equal states count whichever was found."""
    count = int(table.count_rows())
    places = np.random.default_rng(seed).choice(count, min(QUERIES, count), replace=False)
    queries = vectors_of(table.take_offsets(sorted(places.tolist())).select(["vector"]).to_arrow())
    limits = _true_distances(table, queries, metric)
    cells, probes = _cells(count), 8
    while True:
        shares = [_share(table, query, metric, probes, limit) for query, limit in zip(queries, limits, strict=True)]
        recall = float(np.mean(shares))
        if recall >= _ENOUGH or probes * 4 >= cells:
            return Check(recall, len(queries), K, count, probes)
        probes *= 2


def vectors_of(found: Any) -> np.ndarray:
    """The vectors [state, d_model] of an Arrow table."""
    column = found["vector"].combine_chunks()
    return np.asarray(column.flatten().to_numpy(zero_copy_only=False)).reshape(len(column), -1)


def _share(table: Any, query: np.ndarray, metric: Metric, probes: int, limit: float) -> float:
    found = distances(query, vectors_of(search(table, query.astype(np.float32), metric, K, probes)), metric)
    return float((found <= limit).sum() / K)


def _true_distances(table: Any, queries: np.ndarray, metric: Metric) -> np.ndarray:
    """How far the K-th nearest is from each query [query, d_model], by comparing with every state."""
    nearest = np.full((len(queries), K), np.inf)
    for batch in table.search(None).select(["vector"]).limit(int(table.count_rows())).to_batches():
        part = import_module("pyarrow").Table.from_batches([batch])
        found = _products(queries, vectors_of(part), metric)
        nearest = np.sort(np.concatenate([nearest, found], axis=1), axis=1)[:, :K]
    return np.asarray(nearest[:, -1] + 1e-5 * np.maximum(1, nearest[:, -1]))


def _products(queries: np.ndarray, others: np.ndarray, metric: Metric) -> np.ndarray:
    """Distances [query, state] through one matrix product, in float32."""
    q, x = queries.astype(np.float32), others.astype(np.float32)
    if metric == "cosine":
        q, x = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (q, x))
        return np.asarray(1 - q @ x.T)
    squares = (q * q).sum(1)[:, None] + (x * x).sum(1)[None] - 2 * q @ x.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def _build(table: Any, metric: Metric, count: int) -> None:
    kinds = import_module("lancedb.index")
    config = kinds.IvfSq(distance_type=metric, num_partitions=_cells(count), max_iterations=10, sample_rate=50)
    table.create_index("vector", config=config, replace=True, name="vector_idx")


def _cells(count: int) -> int:
    return isqrt(count)


def _stats(table: Any) -> Any:
    return next((table.index_stats(index.name) for index in table.list_indices()), None)
