"""What the output loses with each edge, from a key to a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from regard.axes import Kind
from regard.experiment.edits import Edit, KnockOut
from regard.experiment.effects import measured, noise_of
from regard.experiment.places import Numbers, numbers
from regard.experiment.question import Question
from regard.experiment.scan import Arrays, Cell, Plan, Progress, Scan


def scan_edges(
    question: Question,
    *,
    layer: Numbers = None,
    head: Numbers = None,
    query: Numbers = -1,
    key: Numbers = None,
    how: Literal["mask", "value"] = "mask",
    kind: Kind | None = None,
    progress: Progress | None = None,
    resume: Scan | None = None,
) -> Scan:
    """The effect of cutting each edge, [query, key].

    An edge is cut at once in all the layers and heads that are named: one head of one layer is this picture's edge,
    ``head=None`` the layer's, both ``None`` the whole model's. ``query`` is by default the last one; ``None`` is all.
    ``how`` is ``"mask"`` or ``"value"`` (see :class:`~regard.experiment.KnockOut`). Edges to later keys do not exist in
    causal attention, nor those between windows; they stay NaN. With a causal language model a query's edges cost one
    pass over the tokens from that query on (of the last query: a decode step), the tokens before lie in a cache.
    """
    layout = question.passes.layout
    touched = layout.touched(KnockOut(layer=layer, head=head, query=query, key=key, how=how, kind=kind))
    site = touched[0]
    queries, keys = numbers("query", query, site.queries), numbers("key", key, site.keys)

    def edits(cells: Sequence[Cell]) -> list[list[Edit]]:
        whole = KnockOut(layer=layer, head=head, kind=site.kind, how=how)
        return [[replace(whole, query=queries[i], key=keys[j])] for i, j in cells]

    def measure(cells: Sequence[Cell]) -> Arrays:
        return measured(question, edits(cells))

    named = (("layer", layer, layout.counts[site.kind]), ("head", head, site.heads))
    groups = [[(i, j) for j, k in enumerate(keys) if site.sees(q, k)] for i, q in enumerate(queries)]
    groups = [group for group in groups if group]
    where = str(KnockOut(layer=layer, head=head, how=how)).split(", query")[0].removeprefix("KnockOut ")
    return Plan(
        question,
        what=f"each edge alone, {how} knock-out {where} in {site.kind} attention",
        axes=("query", "key"),
        numbers={"query": tuple(queries), "key": tuple(keys)},
        sizes=(site.queries, site.keys),
        groups=groups,
        size=lambda cells: question.batch_size(edits(cells[:1])),
        measure=measure,
        noise=lambda: noise_of(question, edits(groups[0])),
        kind=site.kind,
        fixed={name: tuple(numbers(name, asked, count)) for name, asked, count in named if asked is not None},
    ).carry_out(progress, resume)
