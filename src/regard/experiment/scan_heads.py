"""What the output loses with each head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regard.axes import Kind
from regard.experiment.edits import Ablate, Edit
from regard.experiment.effects import measured, noise_of
from regard.experiment.places import Numbers, numbers
from regard.experiment.question import Question
from regard.experiment.scan import Arrays, Cell, Plan, Progress, Scan


def scan_heads(
    question: Question,
    by: Any = "zero",
    *,
    layer: Numbers = None,
    head: Numbers = None,
    query: Numbers = None,
    kind: Kind | None = None,
    progress: Progress | None = None,
    resume: Scan | None = None,
) -> Scan:
    """The effect of ablating each head alone, [layer, head].

    ``by`` is ``"zero"``, ``"mean"`` or reference outputs (see :class:`~regard.experiment.Ablate`); ``query`` limits the
    ablation to some queries. Layers below an ablated head are not run again. A head may matter and show no effect,
    because another one does the same (Michel et al. 2019): ablate groups with :func:`regard.experiment.run`.
    """
    layout = question.passes.layout
    sites = {site.layer: site.heads for site in layout.of_kind(kind)}
    kind = layout.of_kind(kind)[0].kind
    size = (layout.counts[kind], max(sites.values()))
    layers = [number for number in numbers("layer", layer, size[0]) if number in sites]
    heads = numbers("head", head, size[1])

    def edits(cells: Sequence[Cell]) -> list[list[Edit]]:
        return [[Ablate(layer=layers[i], head=heads[j], query=query, kind=kind, by=by)] for i, j in cells]

    def measure(cells: Sequence[Cell]) -> Arrays:
        return measured(question, edits(cells))

    groups = [[(i, j) for j, one in enumerate(heads) if one < sites[at]] for i, at in reversed([*enumerate(layers)])]
    return Plan(
        question,
        what=f"each head alone: {_without_place(edits([(0, 0)])[0][0])} in {kind} attention",
        axes=("layer", "head"),
        numbers={"layer": tuple(layers), "head": tuple(heads)},
        sizes=size,
        groups=groups,
        size=lambda cells: question.batch_size(edits(cells[:1])),
        measure=measure,
        noise=lambda: noise_of(question, edits(groups[0])),
        kind=kind,
    ).carry_out(progress, resume)


def _without_place(edit: Edit) -> str:
    return f"ablation ({str(edit).rpartition('(')[2]}"
