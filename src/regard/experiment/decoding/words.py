"""The words whose embeddings are nearest to one word's."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from regard.capture.pieces import tokens_from_ids
from regard.errors import ArgumentError
from regard.experiment.decoding.given import check_ids


class NearWord(NamedTuple):
    """A word, the cosine similarity of its embedding, and its place on the two principal axes of the words found."""

    id: int
    piece: str
    label: str
    similarity: float
    x: float
    y: float


def near_words(model: nn.Module, tokenizer: Any, token: int, *, source: bool = False, k: int = 20) -> list[NearWord]:
    """The ``k`` words nearest to a token by the cosine of their embeddings, the token itself first.

    ``source``: by the encoder's embeddings; else by those that the decoder reads. Places are the first two principal
    components of the centred embeddings of the words found, scaled so that the largest is 1: on a map, words that are
    alike stand together. Raises ``ArgumentError`` for a token that does not exist and a model without embeddings.
    """
    table = _table(model, source=source)
    check_ids(model, [token], "word")
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ArgumentError(f"k must be a whole number from 1 on; got {k!r}")
    unit = torch.nn.functional.normalize(table, dim=-1)
    similarity = unit @ unit[token]
    similarity[token] = torch.inf
    order = similarity.topk(min(k + 1, len(table))).indices.tolist()
    similarity[token] = 1.0
    places = _places(unit[order].double().cpu().numpy())
    tokens = tokens_from_ids(tokenizer, order)
    return [
        NearWord(i, tokens.pieces[n], tokens.labels[n], float(similarity[i]), *map(float, places[n]))
        for n, i in enumerate(order)
    ]


def _table(model: Any, *, source: bool) -> Tensor:
    """The embeddings [token, d_model] that a word of this side is read by."""
    part = model
    if getattr(model.config, "is_encoder_decoder", False):
        part = model.get_encoder() if source else model.get_decoder()
    found = part.get_input_embeddings() if part is not None else None
    weight = getattr(found, "weight", None)
    if not isinstance(weight, Tensor) or weight.ndim != 2:
        side = "source" if source else "target"
        raise ArgumentError(f"{type(model).__name__} has no table of embeddings for the words of its {side}")
    return weight.detach().float()


def _places(rows: np.ndarray) -> np.ndarray:
    """Rows [word, d] on their two principal axes, [word, 2], at most 1 from the middle; of a fixed sign."""
    centred = rows - rows.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    found = np.zeros((len(rows), 2))
    count = min(2, len(axes))
    signs = np.sign(axes[:count][np.arange(count), np.abs(axes[:count]).argmax(1)])
    found[:, :count] = centred @ (axes[:count] * signs[:, None]).T
    return found / max(float(np.abs(found).max()), 1e-12)
