"""States as points of a plane: by principal components always, by UMAP where it is installed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal, get_args

import numpy as np

from regard.corpus.corpus import Corpus
from regard.corpus.hidden import Stream
from regard.corpus.neighbour import Neighbour
from regard.corpus.one_input import States
from regard.errors import ArgumentError, missing_extra, not_one_of

Method = Literal["pca", "umap"]


@dataclass(frozen=True, eq=False)
class Principal:
    """Principal components: ``points`` [state, component], ``components`` [component, d_model] of length one, the
    ``mean`` [d_model], and the share of the variance that each component ``explained``."""

    points: np.ndarray
    components: np.ndarray
    mean: np.ndarray
    explained: tuple[float, ...]

    def project(self, states: np.ndarray) -> np.ndarray:
        """Other states [state, d_model] in the same plane."""
        return np.asarray((states.astype(np.float64) - self.mean) @ self.components.T)


def pca(states: np.ndarray, components: int = 2) -> Principal:
    """Principal component analysis of states [state, d_model] by singular value decomposition, in float64.

    Each component's number that is furthest from zero is positive, so that the same states give the same picture
    everywhere. Components that do not exist (of few or equal states) are zero.

    >>> found = pca(np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]))
    >>> found.points.round(3).tolist(), [round(share, 3) for share in found.explained]
    ([[-2.828, 0.0], [0.0, 0.0], [2.828, 0.0]], [1.0, 0.0])
    """
    found = np.asarray(states, dtype=np.float64)
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise ArgumentError(f"states must be finite numbers [state, d_model]; got shape {list(found.shape)}")
    mean = found.mean(axis=0)
    _, sizes, right = np.linalg.svd(found - mean, full_matrices=False)
    real = sizes > sizes[0] * 1e-12 if sizes[0] > 0 else np.zeros(len(sizes), dtype=bool)
    basis = np.zeros((components, found.shape[1]))
    kept = right[real][:components]
    signs = np.sign(kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)]) if len(kept) else np.zeros(0)
    basis[: len(kept)] = kept * signs[:, None]
    total = float((sizes**2).sum())
    shares = [float(size**2 / total) if total else 0.0 for size in sizes[real][:components]]
    explained = tuple(shares + [0.0] * (components - len(shares)))
    return Principal((found - mean) @ basis.T + 0.0, basis, mean, explained)


@dataclass(frozen=True, eq=False)
class NearPoint:
    """A state of the corpus in the plane: its ``point`` [2], and the ``positions`` of the input that it is near."""

    neighbour: Neighbour
    point: np.ndarray
    positions: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many states of the input it is near."""
        return len(self.positions)


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """The states of one input and their neighbours in one plane.

    ``points`` [position, 2] are the input's, in order: joined, they are its trajectory. ``near`` are the neighbours,
    each once. ``explained`` is the share of the variance along each axis (PCA); ``note`` says what distances in the
    plane mean.
    """

    points: np.ndarray
    near: tuple[NearPoint, ...]
    stream: Stream
    layer: int
    method: Method
    note: str
    explained: tuple[float, ...] | None = None
    labels: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        return (
            f"<Projection of {self.stream} layer {self.layer}: {len(self.points)} states and {len(self.near)} "
            f"neighbours; {self.note}>"
        )


def project(
    states: States,
    corpus: Corpus | None = None,
    *,
    stream: Stream | None = None,
    layer: int | None = None,
    method: Method = "pca",
    k: int = 20,
    seed: int = 0,
) -> Projection:
    """The states of one stream and layer as a trajectory in a plane, with the ``k`` nearest states of a corpus to each.

    ``"pca"`` is linear: distances in the plane are lower bounds of the true ones, and the explained variance says how
    much is lost. ``"umap"`` (McInnes et al. 2018; the extra ``umap``) is fitted jointly on the states and their
    neighbours: it keeps neighbourhoods, and distances between its clusters mean little.

    ``stream`` and ``layer`` are by default the last ones. Raises ``MissingExtraError`` where UMAP is not installed.
    """
    if method not in get_args(Method):
        raise not_one_of("method of projection", method, get_args(Method))
    kind, number = _space(states, stream, layer) if corpus is None else corpus.space(stream, layer)
    own = states.of(kind, number).astype(np.float64)
    near = [] if corpus is None else _distinct(corpus, states, kind, number, k)
    together = np.concatenate([own, *(one.vector[None].astype(np.float64) for one, _ in near)])
    points, explained, note = _by_pca(together) if method == "pca" else _by_umap(together, seed)
    others = zip(near, points[len(own) :], strict=True)
    found = tuple(NearPoint(one, point, positions) for (one, positions), point in others)
    return Projection(points[: len(own)], found, kind, number, method, note, explained, states.tokens[kind].labels)


def _space(states: States, stream: Stream | None, layer: int | None) -> tuple[Stream, int]:
    first: Stream = "decoder" if "decoder" in states.arrays else next(iter(states.arrays))
    found = first if stream is None else stream
    if found not in states.layers:
        raise not_one_of("stream in these states", found, states.layers)
    return found, states.layers[found][-1] if layer is None else layer


def _distinct(
    corpus: Corpus, states: States, stream: Stream, layer: int, k: int
) -> list[tuple[Neighbour, tuple[int, ...]]]:
    """Each neighbour once, with the positions it is near to."""
    found: dict[tuple[int, int], tuple[Neighbour, list[int]]] = {}
    for position, nearest in enumerate(corpus.neighbours(states, k, stream=stream, layer=layer)):
        for one in nearest:
            found.setdefault((one.text.number, one.position), (one, []))[1].append(position)
    return [(one, tuple(positions)) for one, positions in found.values()]


def _by_pca(states: np.ndarray) -> tuple[np.ndarray, tuple[float, ...], str]:
    found = pca(states)
    shares = ", ".join(f"{share:.0%}" for share in found.explained)
    return found.points, found.explained, f"PCA: the axes hold {shares} of the variance"


def _by_umap(states: np.ndarray, seed: int) -> tuple[np.ndarray, None, str]:
    if len(states) < 5:
        raise ArgumentError(f"UMAP needs at least 5 states; there are {len(states)}: use method='pca'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorFlow that it does not find, and that a seed makes it run on one core
        try:
            umap = import_module("umap")
        except ImportError:
            raise missing_extra("A projection by UMAP", "umap-learn", "umap") from None
        fitting = umap.UMAP(n_neighbors=min(15, len(states) - 1), random_state=seed)
        fitted = fitting.fit_transform(states.astype(np.float32))
    note = f"UMAP of {len(states)} states: near points are near states; distances between clusters mean little"
    return np.asarray(fitted, dtype=np.float64), None, note
