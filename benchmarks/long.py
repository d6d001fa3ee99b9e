"""Long attention to measure with: queries and keys with patterns of real heads, beyond any model's context."""

from __future__ import annotations

import numpy as np

from regard.record import Attention, Factored, MaskRule, ModelInfo, Record, Tokens

WIDTH = 64
SECTION = 400
_FREQUENCIES = 12


def document(tokens: int, heads: int, layers: int = 1, *, lse: bool = False) -> Record:
    """A causal record of so many tokens whose heads differ: local, by topic, repeating, resting on the first token.

    A score is the sum of four products: of positions (sines, so that near tokens match), of the topics of sections, of
    tokens' contents (the second half of the text repeats the first), and of a constant with the first key. With ``lse``
    the log-sum-exp of every row is there as a capture brings it.
    """
    rng = np.random.default_rng(0)
    words = np.resize(np.arange(tokens // 2), tokens)
    parts = [_positions(tokens), _topics(rng, tokens), rng.standard_normal((tokens, 12))[words], _rest(tokens)]
    strengths = rng.dirichlet(np.full(len(parts), 0.6), (layers, heads)) * rng.uniform(25, 70, (layers, heads, 1))
    query, key = np.empty((2, layers, heads, tokens, WIDTH), np.float32)
    for place in np.ndindex(layers, heads):
        shared = np.concatenate([part / np.linalg.norm(part, axis=1).max() for part in parts], axis=1)
        weights = np.repeat(strengths[place], [part.shape[1] for part in parts])
        turned = np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))[0][: shared.shape[1]]
        noise = rng.standard_normal((2, tokens, WIDTH)) * 0.25
        query[place] = (shared * weights) @ turned * WIDTH**0.5 + noise[0]
        key[place] = _shifted(shared, parts) @ turned + noise[1] * 0.25
    pieces = [f" w{word}" + ("." if i % 20 == 19 else "") for i, word in enumerate(words)]
    made = tuple(_layer(q, k, lse=lse) for q, k in zip(query, key, strict=True))
    attention = Attention("decoder", made, "decoder", "decoder")
    return Record({"decoder": Tokens(tuple(pieces))}, {"decoder": attention}, ModelInfo(f"{tokens:,} tokens"))


def _positions(tokens: int) -> np.ndarray:
    angle = np.arange(tokens)[:, None] * (0.5 ** np.arange(_FREQUENCIES))
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1)


def _topics(rng: np.random.Generator, tokens: int) -> np.ndarray:
    sections = -(-tokens // SECTION)
    topics = rng.standard_normal((max(2, sections // 3), 8))
    return topics[rng.integers(0, len(topics), sections)][np.arange(tokens) // SECTION]


def _rest(tokens: int) -> np.ndarray:
    return np.ones((tokens, 1))


def _shifted(shared: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """Keys: contents are those of the token before, as in an induction head; the constant is the first key's alone."""
    found = shared.copy()
    stop = shared.shape[1] - 1
    start = stop - parts[2].shape[1]
    found[1:, start:stop] = shared[:-1, start:stop]
    found[1:, stop:] = 0
    return found


def _layer(query: np.ndarray, key: np.ndarray, *, lse: bool) -> Factored:
    rule, scale = MaskRule(after=0), WIDTH**-0.5
    layer = Factored.of(query, key, scale=scale, mask=rule)
    if not lse:
        return layer
    found = layer.rows_lse(slice(0, layer.heads), slice(0, layer.queries))
    return Factored.of(query, key, scale=scale, mask=rule, lse=found)
