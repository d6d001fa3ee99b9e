"""Exact Shapley values of tokens, against other texts."""

from __future__ import annotations

from math import factorial

import numpy as np
import torch

from benchmarks.ground_truth.text import Text
from regard.experiment.effects import values_of
from regard.experiment.question import Question

CHUNK = 256


def shapley(asked: Question, text: Text, references: int = 2, seed: int = 0) -> np.ndarray:
    """Each token's mean marginal effect on how near the answer is to that of the whole text, [token].

    Nearness is less the total variation, as for interventions. Players are the tokens that others may replace; of a
    coalition, its tokens stay and the rest come from a reference text, which holds such others in all places. All
    2^players coalitions are run, for each of several reference texts.
    """
    rng, ids = np.random.default_rng(seed), np.array(text.ids)
    others = [[word for word in words if word != own] for own, words in zip(text.ids, text.instead, strict=True)]
    players = [place for place, words in enumerate(others) if words]
    found = np.zeros(len(ids))
    for _ in range(references):
        reference = ids.copy()
        for place in players:
            reference[place] = rng.choice(others[place])
        found[players] += _against(asked, ids, reference, players) / references
    return found


def _against(asked: Question, ids: np.ndarray, reference: np.ndarray, players: list[int]) -> np.ndarray:
    count = len(players)
    member = (np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1
    texts = np.repeat(reference[None], 2**count, axis=0)
    texts[:, players] = np.where(member, ids[players], reference[players])
    read = torch.cat([asked.passes.run_on(some, 0) for some in torch.tensor(texts).split(CHUNK)])
    values = -values_of(asked, read)["tvd"]
    sizes = member.sum(1)
    share = np.array([factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)])
    found = np.empty(count)
    for player in range(count):
        without = np.flatnonzero(~member[:, player])
        found[player] = (share[sizes[without]] * (values[without | 1 << player] - values[without])).sum()
    return found
