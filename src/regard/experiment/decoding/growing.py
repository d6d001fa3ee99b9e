"""The search tree, grown from the steps that were looked on at."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from regard.experiment.decoding.follower import Expanded, Explored, Ids
from regard.record.decoding import Node, Predicted, Predictions, Status, Tree

Name = Callable[[int, float], Predicted]
"""A token with its texts, of its id and log-probability."""


def grown(
    steps: Sequence[Explored],
    answer: Ids,
    name: Name,
    *,
    beams: int,
    forced: int,
    ends: Collection[int],
    most: int,
    length_penalty: float,
) -> Tree:
    """The tree of a search that gave ``answer``.

    Of each step's candidates the best ``beams`` that end (with a token of ``ends``, or at the ``most`` tokens) are
    finished; those that run in the next step are kept; all others are pruned.
    """
    nodes = [Node(0, None, -1, None, 0.0, 0, 0, "start")]
    at: dict[Ids, int] = {(): 0}
    predictions: dict[int, Predictions] = {}
    for number, step in enumerate(steps):
        goes_on = set(steps[number + 1].running) if number + 1 < len(steps) else set()
        for ids, expanded in step.expanded.items():
            if ids in at:
                predictions[at[ids]] = _predictions(expanded, name)
        for place, found in enumerate(step.candidates):
            parent = at.get(found.ids[:-1])
            if parent is None:
                continue
            total = float(np.float32(nodes[parent].total) + np.float32(found.log_p))
            ended = found.ids[-1] in ends or number + 1 >= most
            done = ended and place < beams
            kept = found.ids in goes_on and not done
            status: Status = "finished" if done else "given" if number < forced else "kept" if kept else "pruned"
            score = _score(total, number + 1, length_penalty) if done else None
            token = name(found.ids[-1], found.log_p)
            at[found.ids] = len(nodes)
            nodes.append(Node(len(nodes), parent, number, token, total, found.rank, place, status, score))
    winner = at[answer]
    if nodes[winner].status != "finished":
        nodes[winner] = replace(nodes[winner], status="finished", score=None)
    return Tree(tuple(nodes), winner, predictions)


def _score(total: float, length: int, length_penalty: float) -> float:
    return float(np.float32(total) / np.float32(length**length_penalty)) if math.isfinite(total) else total


def _predictions(found: Expanded, name: Name) -> Predictions:
    pairs = zip(found.ids, found.log_probs, strict=True)
    return Predictions(tuple(name(i, log_p) for i, log_p in pairs if log_p > -math.inf), found.entropy)
