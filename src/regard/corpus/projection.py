"""States as points of a plane, among those of a corpus that they are near to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from regard.corpus.corpus import Corpus
from regard.corpus.hidden import Stream
from regard.corpus.neighbour import Neighbour
from regard.corpus.one_input import States
from regard.corpus.plane import METHODS, Method, Stop, by_mds, by_tsne, by_umap
from regard.corpus.settings import Metric
from regard.errors import ArgumentError, StoppedError, not_one_of

Progress = Callable[[int, int], None]


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
    """A state of the corpus in the plane: its ``point`` [2], and the ``positions`` of the input that it is near, with
    its ``distances`` from the states there."""

    neighbour: Neighbour
    point: np.ndarray
    positions: tuple[int, ...]
    distances: tuple[float, ...] = ()

    @property
    def count(self) -> int:
        """How many states of the input it is near."""
        return len(self.positions)


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """The states of one input and their neighbours in one plane.

    ``points`` [position, 2] are the input's, in order: joined, they are its trajectory. ``near`` are the neighbours,
    each once. ``explained`` is the share of the variance along each axis (PCA); ``note`` says what distances in the
    plane mean, ``search`` how far neighbours can be relied on.
    """

    points: np.ndarray
    near: tuple[NearPoint, ...]
    stream: Stream
    layer: int
    method: Method
    note: str
    explained: tuple[float, ...] | None = None
    labels: tuple[str, ...] = field(default=())
    search: str = ""

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
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Projection:
    """The states of one stream and layer as a trajectory in a plane, with the ``k`` nearest states of a corpus to each.

    ``"pca"`` is linear: distances in the plane are lower bounds of the true ones, and the explained variance says how
    much is lost. ``"mds"`` is classical scaling of the corpus's own distances (cosine without a corpus). ``"umap"``
    (McInnes et al. 2018) and ``"tsne"`` (van der Maaten & Hinton 2008), both of the extra ``umap``, keep
    neighbourhoods, and distances between their clusters mean little. Each is fitted jointly on the states and their
    neighbours.

    ``stream`` and ``layer`` are by default the last ones. ``progress(done, of)`` is told each state whose neighbours
    are found, and the plane as one more. Raises ``MissingExtraError`` for a method that is not installed, and
    ``StoppedError`` where ``stop()`` says yes.
    """
    if method not in METHODS:
        raise not_one_of("method of projection", method, METHODS)
    kind, number = _space(states, stream, layer) if corpus is None else corpus.space(stream, layer)
    own = states.of(kind, number).astype(np.float64)

    def told(done: int) -> None:
        if progress is not None:
            progress(done, len(own) + 1)
        if stop is not None and stop():
            raise StoppedError("the projection was stopped before it was done")

    near, search = ([], "") if corpus is None else _distinct(corpus, own, kind, number, k, told)
    told(len(own))
    together = np.concatenate([own, *(one.neighbour.vector[None].astype(np.float64) for one in near)])
    metric: Metric = "cosine" if corpus is None else corpus.metric
    points, explained, note = _placed(together, method, metric, seed, stop)
    found = tuple(replace(one, point=point) for one, point in zip(near, points[len(own) :], strict=True))
    labels = states.tokens[kind].labels
    return Projection(points[: len(own)], found, kind, number, method, note, explained, labels, search)


def _space(states: States, stream: Stream | None, layer: int | None) -> tuple[Stream, int]:
    first: Stream = "decoder" if "decoder" in states.arrays else next(iter(states.arrays))
    found = first if stream is None else stream
    if found not in states.layers:
        raise not_one_of("stream in these states", found, states.layers)
    return found, states.layers[found][-1] if layer is None else layer


def _distinct(
    corpus: Corpus, own: np.ndarray, stream: Stream, layer: int, k: int, told: Callable[[int], None]
) -> tuple[list[NearPoint], str]:
    """Each neighbour once, with the positions it is near to, and not yet a place; and how exact that is."""
    note = ""
    found: dict[tuple[int, int], tuple[Neighbour, list[tuple[int, float]]]] = {}
    for position, vector in enumerate(own):
        told(position)
        nearest = corpus.nearest(vector, k, stream=stream, layer=layer)
        note = nearest.note
        for one in nearest:
            near = found.setdefault((one.text.number, one.position), (one, []))[1]
            near.append((position, one.distance))
    nowhere = np.zeros(2)
    distinct = [
        NearPoint(one, nowhere, tuple(place for place, _ in near), tuple(far for _, far in near))
        for one, near in found.values()
    ]
    return distinct, note


def _placed(
    states: np.ndarray, method: Method, metric: Metric, seed: int, stop: Stop | None
) -> tuple[np.ndarray, tuple[float, ...] | None, str]:
    if method == "pca":
        found = pca(states)
        shares = ", ".join(f"{share:.0%}" for share in found.explained)
        return found.points, found.explained, f"PCA: the axes hold {shares} of the variance"
    if method == "mds":
        points, note = by_mds(states, metric)
    else:
        points, note = (by_umap if method == "umap" else by_tsne)(states, seed, stop)
    return points, None, note
