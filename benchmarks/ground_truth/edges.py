"""Overlays of edges beside true knock-outs of edges, on trained toys: do they predict what cutting an edge does?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.ground_truth.methods import Case
from benchmarks.ground_truth.tasks import TASKS
from benchmarks.ground_truth.toy_table import cases
from benchmarks.ground_truth.toys import LAYERS, SEEDS
from regard.experiment import gradient_rows, integrated_rows, scan_edges

CAPTION = """\
## Overlays of edges beside true knock-outs

What each edge to the last token is said to add, beside what the target's logit (less the mean logit) loses when that
edge alone is set to zero: Pearson's correlation over {texts} texts × 4 heads × 12 keys, one number a seed. Raw weights,
which have no sign, beside the size of the loss. *largest* is the largest loss of any edge: where it is small, there is
little to predict.
"""

OVERLAYS = ("gradient × attention", "integrated rows, together", "integrated rows, one head", "raw")


def predicted(case: Case, layer: int) -> Mapping[str, np.ndarray]:
    """What each overlay says of the edges to the last token in a layer, [head, key]."""
    options = {"layer": layer, "query": case.last}
    return {
        "gradient × attention": gradient_rows(case.margin, **options).values[0, :, 0],
        "integrated rows, together": integrated_rows(case.margin, **options).values[0, :, 0],
        "integrated rows, one head": integrated_rows(case.margin, **options, together=False).values[0, :, 0],
        "raw": np.asarray(case.record.weights[layer, :, case.last]),
    }


def knocked_out(case: Case, layer: int) -> np.ndarray:
    """What the target's logit (less the mean logit) loses with each edge to the last token, [head, key].

    By value: the weight is set to zero after the softmax, which is what the overlays estimate.
    """
    heads = case.margin.passes.layout.sites[layer].heads
    scans = [scan_edges(case.margin, layer=layer, head=head, query=case.last, how="value") for head in range(heads)]
    return -np.stack([scan.values[0] for scan in scans])


def correlations(given: list[Case], layer: int) -> dict[str, float]:
    """Pearson's correlation of each overlay with the knock-outs, over texts × heads × keys (``raw``: with their sizes).

    ``largest`` is the largest size.
    """
    true = np.concatenate([knocked_out(case, layer).ravel() for case in given])
    found = [predicted(case, layer) for case in given]
    told = {name: np.concatenate([row[name].ravel() for row in found]) for name in OVERLAYS}
    found = {name: np.corrcoef(row, np.abs(true) if name == "raw" else true)[0, 1] for name, row in told.items()}
    return {**{name: float(value) for name, value in found.items()}, "largest": float(np.abs(true).max())}


def section(texts: int) -> str:
    """The table."""
    lines = [
        CAPTION.format(texts=texts),
        f"| task, layer | {' | '.join(OVERLAYS)} | largest |",
        f"|---|{'---|' * (len(OVERLAYS) + 1)}",
    ]
    for task in TASKS:
        for layer in range(LAYERS):
            found = [correlations(cases(task, seed, texts), layer) for seed in SEEDS[task.name]]
            cells = (" ".join(f"{row[name]:.2f}" for row in found) for name in (*OVERLAYS, "largest"))
            lines.append(f"| {task.name}, {layer} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
