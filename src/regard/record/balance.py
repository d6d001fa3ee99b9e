"""The basis of queries and keys in which both have the same energy along each direction."""

from __future__ import annotations

import numpy as np


def balanced(query: np.ndarray, key: np.ndarray, *, centre: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Queries [head, query, d] and keys [key, d] in their balanced basis, and the energy [d] of its directions.

    ``q · k`` stays what it is (up to one number a row where ``centre`` takes the keys' mean away, which a softmax does
    not see), while the second moments of queries and keys become the same diagonal matrix, largest first. With
    ``Q Qᵀ`` and ``K Kᵀ`` the moments (Q, K their Cholesky factors) and ``Qᵀ K = U s Vᵀ``, queries are multiplied by
    ``Q⁻ᵀ U √s`` and keys by ``K⁻ᵀ V √s`` (Moore 1981, there for linear systems).

    >>> query, key, energy = balanced(np.array([[[4.0, 0], [0, 1]]]), np.array([[1.0, 0], [0, 2]]), centre=False)
    >>> (query[0] @ key.T).round(3) + 0.0, energy.round(3)
    (array([[4., 0.],
           [0., 2.]]), array([2., 1.]))
    """
    key = key - key.mean(axis=0) if centre and len(key) else key
    flat = query.reshape(-1, query.shape[-1])
    first, second = _factor(flat), _factor(key)
    left, energy, right = np.linalg.svd(first.T @ second)
    down, across = left * np.sqrt(energy), right.T * np.sqrt(energy)
    return query @ np.linalg.solve(first.T, down), key @ np.linalg.solve(second.T, across), energy


def _factor(rows: np.ndarray) -> np.ndarray:
    """Cholesky factor of the second moments, with so much added that it exists."""
    moments = rows.T @ rows / max(1, len(rows))
    return np.linalg.cholesky(moments + np.eye(len(moments)) * max(1e-9 * np.trace(moments), 1e-30))
