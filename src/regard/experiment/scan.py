"""Many variants of one kind, one per cell of an array; what is finished is kept whatever happens."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, RegardError
from regard.experiment.question import Baseline, Question

Progress = Callable[[int, int], Any]
"""Called with the numbers of finished and of all variants; ``False`` stops the scan."""

Cell = tuple[int, ...]
Arrays = Mapping[str, np.ndarray]
Groups = tuple[tuple[int, ...], ...]
"""Tokens that are changed together, ascending, for each group."""


@dataclass(frozen=True, eq=False)
class Scan:
    """The effect of one variant per cell: after the edit less before it.

    ``values`` [*axes] is the effect that was asked for, ``effects`` all that were measured; NaN where nothing was run.
    ``numbers`` says which layers, heads, queries, keys or tokens the cells along each axis are, and ``sizes`` how many
    the model or text has of them. ``what`` says in words what was changed, ``noise`` the numerical noise by effect (see
    :class:`~regard.experiment.effects.Effects`), ``planned`` how many variants make the scan whole and ``finished``
    how many have been run. ``samples`` are the effects of each sample, [*axes, sample], where cells are means;
    ``groups`` the tokens that each cell changes together, where it is more than one.
    ``kind`` is the kind of attention that was changed (``None`` where tokens were), ``fixed`` the layers and heads in
    which, where they were named and no axis tells them apart.
    """

    values: np.ndarray
    effect: str
    effects: Arrays
    axes: tuple[str, ...]
    numbers: Mapping[str, tuple[int, ...]]
    sizes: tuple[int, ...]
    what: str
    baseline: Baseline | None
    noise: Mapping[str, float]
    planned: int
    finished: int
    identity: str
    samples: Arrays | None = None
    groups: Groups | None = None
    kind: Kind | None = None
    fixed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every variant has been run."""
        return self.finished == self.planned

    @property
    def measurable(self) -> np.ndarray:
        """Which values are more than three times the numerical noise, [*axes]."""
        return np.asarray(np.abs(self.values) > 3 * self.noise[self.effect])

    @cached_property
    def whole(self) -> np.ndarray:
        """``values`` among all layers, heads, queries, keys or tokens, [*sizes]; NaN for those not asked for."""
        found = np.full(self.sizes, np.nan)
        found[np.ix_(*(self.numbers[axis] for axis in self.axes))] = self.values
        return found

    def __repr__(self) -> str:
        shape = " ".join(f"{axis} {size}" for axis, size in zip(self.axes, self.values.shape, strict=True))
        return f"<Scan of {self.effect} [{shape}]: {self.what}; {self.finished} of {self.planned} run>"


class ScanStoppedError(RegardError):
    """A scan failed on the way; ``partial`` is what was finished, which ``resume=`` takes."""

    def __init__(self, message: str, partial: Scan) -> None:
        super().__init__(message)
        self.partial = partial


@dataclass(frozen=True, eq=False)
class Plan:
    """What a scan runs: cells in groups that share what need not be computed again, and how they are measured.

    ``measure`` gives, for some cells, each effect [cell] (or [cell, sample]). ``changed``: the scan's ``groups``.
    """

    question: Question
    what: str
    axes: tuple[str, ...]
    numbers: Mapping[str, tuple[int, ...]]
    sizes: tuple[int, ...]
    groups: Sequence[Sequence[Cell]]
    size: Callable[[Sequence[Cell]], int]
    measure: Callable[[Sequence[Cell]], Arrays]
    noise: Callable[[], Mapping[str, float]]
    changed: Groups | None = None
    kind: Kind | None = None
    fixed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """What must be the same for one scan to go on with another's results."""
        cells = dict(self.numbers) if self.changed is None else self.changed
        return f"{self.question.identity} | {self.what} | {cells}"

    def carry_out(self, progress: Progress | None, resume: Scan | None) -> Scan:
        """Run what ``resume`` lacks.

        Stopped by ``progress`` or the keyboard, the finished part is returned. Raises :class:`ScanStoppedError`, which
        holds it, when a run fails after others were finished.
        """
        kept = _Kept(self, resume)
        try:
            for group in self.groups:
                left = [cell for cell in group if not kept.has(cell)]
                while left:
                    now, left = left[: self.size(left)], left[self.size(left) :]
                    kept.add(now, self.measure(now))
                    if progress is not None and progress(kept.finished, kept.planned) is False:
                        return kept.scan()
        except KeyboardInterrupt:
            warnings.warn(
                f"interrupted after {kept.finished} of {kept.planned} variants; go on with resume= of this result",
                stacklevel=3,
            )
        except Exception as error:
            if not kept.finished:
                raise
            raise ScanStoppedError(
                f"the scan stopped after {kept.finished} of {kept.planned} variants ({type(error).__name__}: {error}); "
                "what is finished is in this error's .partial, which resume= takes",
                kept.scan(),
            ) from error
        return kept.scan()


class _Kept:
    """The arrays as they fill."""

    def __init__(self, plan: Plan, resume: Scan | None) -> None:
        if resume is not None and resume.identity != plan.identity:
            raise ArgumentError(
                f"resume holds another scan ({resume.what}; of {resume.identity.split(' | ')[0]}) than this one "
                f"({plan.what}; of {plan.question.identity})"
            )
        self._plan = plan
        self._shape = tuple(len(plan.numbers[axis]) for axis in plan.axes)
        self.planned = sum(map(len, plan.groups))
        self._effects: dict[str, np.ndarray] = {}
        self._noise: Mapping[str, float] = {}
        self._done = np.zeros(self._shape, dtype=bool)
        if resume is not None:
            self._effects = {name: values.copy() for name, values in (resume.samples or resume.effects).items()}
            self._noise = resume.noise
            first = next(iter(resume.effects.values()), np.full(self._shape, np.nan))
            self._done = ~np.isnan(first)

    @property
    def finished(self) -> int:
        return int(self._done.sum())

    def has(self, cell: Cell) -> bool:
        return bool(self._done[cell])

    def add(self, cells: Sequence[Cell], found: Arrays) -> None:
        index = tuple(np.array(cells).T)
        for name, values in found.items():
            if name not in self._effects:
                self._effects[name] = np.full((*self._shape, *values.shape[1:]), np.nan)
            self._effects[name][index] = values
        self._done[index] = True
        self._noise = self._noise or self._plan.noise()

    def scan(self) -> Scan:
        plan, asked = self._plan, self._plan.question.effect
        sampled = any(values.ndim > len(self._shape) for values in self._effects.values())
        means = {name: values.mean(-1) if sampled else values for name, values in self._effects.items()}
        found = Scan(
            values=means.get(asked, np.full(self._shape, np.nan)),
            effect=asked,
            effects=means,
            axes=plan.axes,
            numbers=plan.numbers,
            sizes=plan.sizes,
            what=plan.what,
            baseline=plan.question.baseline,
            noise=self._noise,
            planned=self.planned,
            finished=self.finished,
            identity=plan.identity,
            groups=plan.changed,
            kind=plan.kind,
            fixed=plan.fixed,
        )
        return replace(found, samples=dict(self._effects)) if sampled else found
