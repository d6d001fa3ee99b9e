"""Points of a plane for states: what each method keeps, what it needs, and what it says of itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from threading import Event, Lock, Thread
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from regard.corpus.neighbour import distances
from regard.corpus.settings import Metric
from regard.errors import ArgumentError, MissingExtraError, StoppedError, missing_extra

Method = Literal["pca", "mds", "umap", "tsne"]
METHODS: tuple[Method, ...] = get_args(Method)
Points = Float[np.ndarray, "state 2"]
Stop = Callable[[], bool]

_PACKAGES: dict[str, tuple[str, str]] = {"umap": ("umap", "umap-learn"), "tsne": ("sklearn", "scikit-learn")}
_NAMES = {"umap": "UMAP", "tsne": "t-SNE"}
_EXTRA = "umap"
_FEWEST, _MOST = 5, 3000
_LOOK_SECONDS = 0.05
_fitting = Lock()
"""Held while a method of another library runs: their threads do not bear a second one beside them."""


def missing(method: Method) -> str | None:
    """How to get what a method needs, where it is not installed."""
    return None if method not in _PACKAGES or _has(method) else str(_not_there(method))


def by_mds(states: Float[np.ndarray, "state d_model"], metric: Metric) -> tuple[Points, str]:
    """Classical scaling (Torgerson 1952) of the distances between states, and in words how much of them is left.

    The two largest eigenvectors of ``-J D² J / 2``, each times the root of its eigenvalue. Of Euclidean distances that
    is PCA; of ``1 - cos`` the plane follows the very distances by which neighbours are found. What is left out is told
    as Kruskal's stress-1, ``√(Σ (d - d')² / Σ d²)``: 0 is all.

    Raises ``ArgumentError`` above 3,000 states, whose distances would not fit.
    """
    if len(states) > _MOST:
        raise ArgumentError(
            f"multidimensional scaling compares all pairs of at most {_MOST:,} states; there are {len(states):,}: "
            "ask for fewer neighbours (k=), or for method='pca'"
        )
    far = np.stack([distances(state, states, metric) for state in states])
    far = (far + far.T) / 2
    squared = far**2
    means = squared.mean(0)
    values, vectors = np.linalg.eigh(-(squared - means - means[:, None] + squared.mean()) / 2)
    kept = vectors[:, ::-1][:, :2] * np.sqrt(np.clip(values[::-1][:2], 0, None))
    points = np.zeros((len(states), 2))
    points[:, : kept.shape[1]] = kept * _signs(kept)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    total = float(squared.sum())
    stress = float(np.sqrt(((far - apart) ** 2).sum() / total)) if total else 0.0
    return points, f"MDS of the {metric} distances of {len(states)} states: stress {stress:.2f} (0: distances are kept)"


def by_umap(states: np.ndarray, seed: int, stop: Stop | None) -> tuple[Points, str]:
    """UMAP (McInnes et al. 2018), with 15 neighbours."""

    def fit() -> np.ndarray:
        fitting = _module("umap").UMAP(n_neighbors=min(15, len(states) - 1), random_state=seed)
        return np.asarray(fitting.fit_transform(states.astype(np.float32)), dtype=np.float64)

    _enough("umap", len(states))
    points = waited(fit, stop)
    return points, f"UMAP of {len(states)} states: near points are near states; distances between clusters mean little"


def by_tsne(states: np.ndarray, seed: int, stop: Stop | None) -> tuple[Points, str]:
    """t-SNE (van der Maaten & Hinton 2008) from principal components, with perplexity 30, less where states are few."""
    perplexity = min(30.0, (len(states) - 1) / 3)

    def fit() -> np.ndarray:
        fitting = _module("tsne").manifold.TSNE(perplexity=perplexity, init="pca", random_state=seed)
        return np.asarray(fitting.fit_transform(states.astype(np.float32)), dtype=np.float64)

    _enough("tsne", len(states))
    points = waited(fit, stop)
    said = f"t-SNE of {len(states)} states, perplexity {perplexity:.0f}"
    return points, f"{said}: near points are near states; sizes of clusters and distances between them mean little"


def waited(fit: Callable[[], Any], stop: Stop | None) -> Any:
    """What ``fit()`` gives, in a thread of its own, so that ``stop()`` that says yes ends the waiting.

    Raises ``StoppedError`` then. A library that cannot be interrupted works on until it is done, and the next one waits
    for it; what it finds is thrown away.
    """
    found: list[Any] = []
    failed: list[BaseException] = []
    done = Event()

    def work() -> None:
        try:
            with _fitting, warnings.catch_warnings():
                # umap tells that it finds no TensorFlow, and that a seed makes it run on one core
                warnings.simplefilter("ignore")
                if stop is None or not stop():
                    found.append(fit())
        except BaseException as error:  # it is the waiting thread's to raise
            failed.append(error)
        finally:
            done.set()

    Thread(target=work, daemon=True).start()
    while not done.wait(_LOOK_SECONDS):
        if stop is not None and stop():
            break
    if failed:
        raise failed[0]
    if not found:
        raise StoppedError("the projection was stopped before it was done")
    return found[0]


def _enough(method: Method, states: int) -> None:
    if not _has(method):
        raise _not_there(method)
    if states < _FEWEST:
        raise ArgumentError(f"{_NAMES[method]} needs at least {_FEWEST} states; there are {states}: use method='pca'")


def _module(method: Method) -> Any:
    module, _ = _PACKAGES[method]
    if method == "tsne":
        import_module(f"{module}.manifold")
    return import_module(module)


def _has(method: Method) -> bool:
    return find_spec(_PACKAGES[method][0]) is not None


def _not_there(method: Method) -> MissingExtraError:
    return missing_extra(f"A projection by {_NAMES[method]}", _PACKAGES[method][1], _EXTRA)


def _signs(points: np.ndarray) -> np.ndarray:
    """Signs that make each axis's number that is furthest from zero positive."""
    found: np.ndarray = np.sign(points[np.abs(points).argmax(0), np.arange(points.shape[1])])
    return np.where(found == 0, 1, found)
