"""Keys that heads park attention on: no fair control for a token that is read."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from regard.capture.run import capture
from regard.experiment.question import Question
from regard.record import Layer, Record
from regard.record.received import received, viewers

_ABOVE, _HEADS, _QUERIES, _LEAST = 0.3, 0.1, 1024, 4


def sinks_of(question: Question) -> tuple[int, ...]:
    """The tokens of a question that are attention sinks; the model runs once more, to be captured.

    A key is one when more than a tenth of all heads give it a mean weight above 0.3: the score of Gu et al. 2024, but
    over the last 1024 queries instead of 64, in any attention to these tokens. Keys that fewer than four queries may
    see are not judged.
    """
    record = capture(question.model, **question.inputs.arguments)
    assert isinstance(record, Record)
    stream = "encoder" if question.inputs.encoder_decoder else "decoder"
    found: set[int] = set()
    for attention in record.attentions.values():
        if attention.key_stream == stream or len(record.streams) == 1:
            heads = np.concatenate([_mean_weights(attention.layer(number)) for number in attention.present])
            found |= set(np.flatnonzero((heads > _ABOVE).mean(0) > _HEADS).tolist())
    return tuple(sorted(number for number in found if number < len(question.ids)))


def _mean_weights(layer: Layer) -> Float[np.ndarray, "head key"]:
    """The mean weight that each key gets from the queries that may see it; 0 where those are too few."""
    queries = slice(max(0, layer.queries - _QUERIES), layer.queries)
    found = received(layer, slice(0, layer.heads), queries)
    return np.where(viewers(layer, queries) >= _LEAST, found, 0)
