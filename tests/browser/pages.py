"""Makes the pages that the browser tests open: ``python pages.py FOLDER``. Prints which regard made them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import regard
from regard.record import Attention, ModelInfo, Record, Tokens, attention_from_weights
from regard.serve.html import Section, save

WORDS = ["[CLS]", "the", " cat", " sat", " on", " the", " mat", "[SEP]"]
HOSTILE = [
    "</script><script>window.harm=1</script>",
    "<img src=x onerror='window.harm=1'>",
    "<!--<script>",
    "\x00",
    "\ud800",
    "\u202egnp.exe",
    '");window.harm=1;("',
    "${window.harm=1}",
    "",
    "   ",
]
LAYERS, HEADS = 4, 6


def weights(queries: int, keys: int, *, layers: int = LAYERS, heads: int = HEADS, causal: bool = False) -> np.ndarray:
    """Softmax of random scores, a little sharper in each layer: the same numbers every time."""
    scores = np.random.default_rng(queries * 1000 + keys).standard_normal((layers, heads, queries, keys))
    scores *= np.arange(1, layers + 1)[:, None, None, None]
    if causal:
        scores[..., np.triu_indices(queries, 1)[0], np.triu_indices(queries, 1)[1]] = -np.inf
    found = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return found / found.sum(axis=-1, keepdims=True)


def plain() -> Record:
    return regard.from_weights(weights(8, 8), tokens=WORDS, name="plain")


def pair() -> Record:
    tokens = Tokens(tuple(WORDS)).with_segments(4)
    return regard.from_weights(weights(8, 8), tokens=tokens, name="pair")


def translation() -> Record:
    """An encoder-decoder: three kinds of attention, two token sequences."""

    def attention(kind: str, query: str, key: str, n: int, m: int) -> Attention:
        return attention_from_weights(
            weights(n, m, causal=kind == "decoder"), kind=kind, query_stream=query, key_stream=key
        )

    source, target = Tokens(("Die", " Katze", " saß")), Tokens(("the", " cat", " sat", " down"))
    attentions = {
        "encoder": attention("encoder", "encoder", "encoder", 3, 3),
        "decoder": attention("decoder", "decoder", "decoder", 4, 4),
        "cross": attention("cross", "decoder", "encoder", 4, 3),
    }
    return Record({"encoder": source, "decoder": target}, attentions, ModelInfo("translation"))


def hostile() -> Record:
    return regard.from_weights(weights(len(HOSTILE), len(HOSTILE)), tokens=HOSTILE, name=HOSTILE[0])


def long() -> Record:
    tokens = [f"token{i}" for i in range(300)]
    return regard.from_weights(weights(300, 300, layers=2, heads=2, causal=True), tokens=tokens, name="long")


def main(folder: Path) -> None:
    found = hostile()
    several = [Section(regard.head_view(found), HOSTILE[0], HOSTILE[1]), Section(regard.model_view(found), "Two", "")]
    for name, shown in {
        "head": regard.head_view(plain(), layer=1, heads=[1, 2]),
        "model": regard.model_view(plain()),
        "pair": regard.head_view(pair()),
        "translation": regard.head_view(translation()),
        "hostile": several,
        "long": regard.head_view(long()),
        "dark": regard.head_view(plain(), theme="dark"),
    }.items():
        save(shown, path=folder / f"{name}.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print(regard.__file__)
