"""What colours a view beside weights: the effect of cutting, ablating or replacing what the picture shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from regard.axes import Kind
from regard.errors import ArgumentError
from regard.record import Attention, Record, Slices
from regard.view.spec import EffectSpec

AXES = ("layer", "head", "query", "key")
_BY_NUMBER = {4: AXES, 2: ("layer", "head"), 1: ("key",)}
_LARGEST = 1 << 24


@runtime_checkable
class Measured(Protocol):
    """The result of an experiment, as far as a view reads it: :class:`regard.experiment.Scan` and what is like it.

    ``values`` [*axes] are signed effects, NaN where nothing was measured. ``axes`` are any of ``"layer"``, ``"head"``,
    ``"query"`` and ``"key"`` (or ``"token"``: a key), ``numbers`` says which of them the cells along each axis are,
    ``sizes`` how many the model or text has. ``what`` says in words what was changed, ``effect`` what was measured.
    Optional are ``kind`` (of attention), ``noise`` (a number, or one by effect; what has none was attributed, and not
    tested), ``baseline`` (whose ``piece`` is the
    target's text) and ``fixed``, which layers or heads were changed where ``axes`` does not tell them apart.
    """

    @property
    def values(self) -> np.ndarray: ...  # noqa: D102
    @property
    def axes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def numbers(self) -> Mapping[str, tuple[int, ...]]: ...  # noqa: D102
    @property
    def sizes(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def what(self) -> str: ...  # noqa: D102
    @property
    def effect(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Effect:
    """Signed effects on one kind of attention: the array ``"<kind>.effect"`` [layer, head, query, key].

    It has size 1 along axes that are not told apart, and NaN where nothing was measured. ``values`` holds what was,
    with the numbers along each axis in ``places`` (``None``: not told apart).
    """

    spec: EffectSpec
    values: Float[np.ndarray, "layer head query key"]
    places: tuple[np.ndarray | None, ...]
    sizes: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """[layer, head, query, key], 1 for an axis that is not told apart."""
        return tuple(1 if at is None else size for at, size in zip(self.places, self.sizes, strict=True))

    def read(self, slices: Slices) -> np.ndarray:
        """A rectangle of the array."""
        found = np.full([one.stop - one.start for one in slices], np.nan, np.float32)
        kept, into = [], []
        for asked, at in zip(slices, self.places, strict=True):
            here = np.zeros(1, int) if at is None else at
            inside = (here >= asked.start) & (here < asked.stop)
            kept.append(np.flatnonzero(inside))
            into.append(here[inside] - asked.start)
        found[np.ix_(*into)] = self.values[np.ix_(*kept)]
        return found

    def strongest(self) -> Float[np.ndarray, "layer head 1 1"]:
        """The effect of the largest size in each head (``"<kind>.effect_head"``), with its sign.

        NaN for heads of which nothing was measured, and for all where layers and heads were changed at once.
        """
        found = np.full((*self.sizes[:2], 1, 1), np.nan, np.float32)
        layers, heads = (_alone(self.places[i], fixed) for i, fixed in enumerate((self.spec.layers, self.spec.heads)))
        if layers is not None and heads is not None:
            flat = self.values.reshape(*self.values.shape[:2], -1)
            sized = np.where(np.isnan(flat), -1, np.abs(flat)).argmax(axis=-1)
            found[np.ix_(layers, heads, [0], [0])] = np.take_along_axis(flat, sized[..., None], -1)[..., None]
        return found

    def parts(self, layers: Sequence[int], heads: Sequence[int]) -> Iterator[tuple[slice, ...]]:
        """Rectangles that hold all that was measured of these layers and heads, one for each of them."""
        rest = tuple(slice(*span) for span in self.spec.spans[2:])
        for layer in [0] if self.places[0] is None else [n for n in self.places[0] if n in layers]:
            for head in [0] if self.places[1] is None else [n for n in self.places[1] if n in heads]:
                yield (slice(int(layer), int(layer) + 1), slice(int(head), int(head) + 1), *rest)


def effects_of(color: Any, record: Record, begins: Mapping[str, int] | None = None) -> tuple[Effect, ...]:
    """What ``color=`` says of each kind of attention of the record that it fits; raises ``ArgumentError`` if none.

    ``begins`` names streams of which it may also be of a beginning, of at least so many tokens: in causal attention
    what comes later changes nothing before it.
    """
    given = _given(color)
    if not np.isfinite(given.values).any():
        raise ArgumentError("color holds no number, only NaN: nothing was measured")
    fitting = [one for one in record.attentions.values() if given.fits(one, begins or {})]
    if not fitting:
        raise ArgumentError(f"color: {given} fits no attention of this record, which has {_offered(record)}")
    return tuple(given.effect(one) for one in fitting)


@dataclass(frozen=True, eq=False)
class _Given:
    """What was handed over as ``color=``, its axes by the names of attention's."""

    values: np.ndarray
    axes: tuple[str, ...]
    numbers: Mapping[str, Sequence[int]]
    sizes: Mapping[str, int]
    of: Any = None

    def fits(self, attention: Attention, begins: Mapping[str, int]) -> bool:
        streams = {"query": attention.query_stream, "key": attention.key_stream}
        sizes = _sizes(attention)
        least = {axis: begins.get(streams.get(axis, ""), size) for axis, size in sizes.items()}
        same = all(least[axis] <= size <= sizes[axis] for axis, size in self.sizes.items())
        return same and getattr(self.of, "kind", None) in (None, attention.kind)

    def effect(self, attention: Attention) -> Effect:
        sizes = _sizes(attention)
        order = [axis for axis in AXES if axis in self.axes]
        values = np.transpose(self.values, [self.axes.index(axis) for axis in order]).astype(np.float32)
        shape = [len(self.numbers[axis]) if axis in self.axes else 1 for axis in AXES]
        places = tuple(np.asarray(self.numbers[axis]) if axis in self.axes else None for axis in AXES)
        spans = [[0, 1] if at is None else [int(at.min()), int(at.max()) + 1] for at in places]
        across = [stop - start for start, stop in spans[2:]]
        if across[0] * across[1] > _LARGEST:
            raise ArgumentError(
                f"color: effects of {across[0]} queries × {across[1]} keys are more than a picture takes "
                f"({_LARGEST / 1e6:.0f} million); measure fewer, or give a part"
            )
        return Effect(self._spec(attention.kind, order, spans), values.reshape(shape), places, tuple(sizes.values()))

    def _spec(self, kind: Kind, axes: list[str], spans: list[list[int]]) -> EffectSpec:
        name = str(getattr(self.of, "effect", ""))
        fixed = getattr(self.of, "fixed", None) or {}
        known = np.abs(self.values[np.isfinite(self.values)])
        return EffectSpec(
            kind=kind,
            axes=axes,
            spans=spans,
            layers=_listed(fixed.get("layer")),
            heads=_listed(fixed.get("head")),
            name=name,
            target=str(getattr(getattr(self.of, "baseline", None), "piece", "")),
            what=str(getattr(self.of, "what", "")),
            noise=_noise(getattr(self.of, "noise", None), name),
            top=float(known.max(initial=0)) or 1.0,
            measured=int(known.size),
            tested=getattr(self.of, "noise", None) is not None,
        )

    def __str__(self) -> str:
        axes = ", ".join(f"{axis} {size}" for axis, size in self.sizes.items())
        kind = getattr(self.of, "kind", None)
        name = "an array" if self.of is None else f"a {type(self.of).__name__}"
        return f"{name} of [{axes}]" + (f" of {kind} attention" if kind else "")


def _given(color: Any) -> _Given:
    if isinstance(color, Measured):
        axes = tuple("key" if axis == "token" else axis for axis in color.axes)
        if not axes or set(axes) - set(AXES) or len(set(axes)) < len(axes):
            raise ArgumentError(f"color: axes must be some of layer, head, query and key (or token); got {color.axes}")
        numbers = {axis: color.numbers[name] for axis, name in zip(axes, color.axes, strict=True)}
        values = _checked(np.asarray(color.values), [len(one) for one in numbers.values()])
        return _sorted(_Given(values, axes, numbers, dict(zip(axes, color.sizes, strict=True)), color))
    try:
        values = np.asarray(color, np.float64)
    except (TypeError, ValueError):
        values = np.empty((0,) * 3)
    if values.ndim not in _BY_NUMBER:
        got = f"shape {list(values.shape)}" if isinstance(color, np.ndarray) else type(color).__name__
        raise ArgumentError(
            "color: expected the result of an experiment (such as regard.experiment.scan_heads), or an array "
            f"[layer, head, query, key], [layer, head] or [key]; got {got}"
        )
    axes = _BY_NUMBER[values.ndim]
    sizes = dict(zip(axes, values.shape, strict=True))
    return _Given(_checked(values, list(values.shape)), axes, {axis: range(n) for axis, n in sizes.items()}, sizes)


def _sorted(given: _Given) -> _Given:
    """The same with ascending numbers along every axis."""
    orders = [np.argsort(given.numbers[axis]) for axis in given.axes]
    numbers = {a: np.asarray(given.numbers[a])[o].tolist() for a, o in zip(given.axes, orders, strict=True)}
    return _Given(given.values[np.ix_(*orders)], given.axes, numbers, given.sizes, given.of)


def _checked(values: np.ndarray, shape: list[int]) -> np.ndarray:
    if list(values.shape) != shape:
        raise ArgumentError(f"color: values of shape {list(values.shape)} for numbers of {shape}")
    if np.isinf(values).any():
        raise ArgumentError("color must be finite, or NaN where nothing was measured; found infinity")
    return values


def _sizes(attention: Attention) -> dict[str, int]:
    return {
        "layer": len(attention.layers),
        "head": attention.heads,
        "query": attention.queries,
        "key": attention.keys,
    }


def _offered(record: Record) -> str:
    def said(one: Attention) -> str:
        return f"{one.kind} [{', '.join(f'{axis} {size}' for axis, size in _sizes(one).items())}]"

    return "; ".join(said(one) for one in record.attentions.values())


def _alone(places: np.ndarray | None, fixed: list[int] | None) -> list[int] | None:
    """The layers (or heads) of which each cell along the axis is one; nothing where several were changed at once."""
    if places is not None:
        return [int(one) for one in places]
    return fixed if fixed is not None and len(fixed) == 1 else None


def _listed(numbers: Any) -> list[int] | None:
    return None if numbers is None else [int(one) for one in numbers]


def _noise(noise: Any, effect: str) -> float | None:
    found = noise.get(effect) if isinstance(noise, Mapping) else noise
    return None if found is None else float(found)
