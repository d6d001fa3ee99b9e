"""Makes the pages that the browser tests open: ``python pages.py FOLDER``. Prints which regard made them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import regard
from regard.demo import dates
from regard.experiment import Baseline, Scan
from regard.record import Attention, Choices, Generation, ModelInfo, Record, Tokens, attention_from_weights
from regard.serve.html import Section, save
from regard.testing import tiny_model, tiny_tokenizer

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


def factored() -> Record:
    """Long enough that queries and keys take less room than weights; two heads share a key head."""
    rng = np.random.default_rng(0)
    query, key = (3 * rng.standard_normal((LAYERS, heads, 400, 16)).astype(np.float32) for heads in (2, 1))
    return regard.from_qk(query, key, tokens=[f"token{i}" for i in range(400)], causal=True, name="factored")


def shared() -> Record:
    """Queries and keys with two query heads to each key head."""
    random = np.random.default_rng(0)
    query, key = (random.standard_normal((2, heads, 40, 16)) * 1.2 for heads in (4, 2))
    return regard.from_qk(query, key, tokens=[f" token{i}" for i in range(40)], name="shared")


def small() -> Record:
    """A sentence with queries and keys: every view can show it."""
    query, key = np.random.default_rng(1).standard_normal((2, LAYERS, HEADS, len(WORDS), 8)).astype(np.float32)
    return regard.from_qk(2 * query, key, tokens=WORDS, causal=True, name="small")


def written() -> Record:
    """A prompt of eight tokens, and an answer of six with three alternatives each."""
    random = np.random.default_rng(0)
    query, key = (2 * random.standard_normal((2, 3, 13, 8)).astype(np.float32) for _ in range(2))
    names = [*WORDS, " it", " was", " a", " tired", " cat"]
    plain = regard.from_qk(query, key, tokens=names, causal=True, name="written")
    answer = Tokens((*names[8:], "."), ids=np.arange(6) * 3)
    others = [piece for token in answer.pieces for piece in (token, " dog", HOSTILE[1])]
    logs = np.log(np.tile([0.6, 0.3, 0.05], (6, 1)))
    choices = Choices(Tokens(tuple(others), ids=np.arange(18)), logs, logs[:, 0].copy())
    return Record(plain.streams, plain.attentions, plain.model, Generation("decoder", 8, answer, choices))


def workbench() -> regard.Workbench:
    """The date normaliser: an error, what repairs it, and another token forced."""
    bench = regard.Workbench(*dates.load(), "22/11/2026", beams=3)
    bench.pin()
    bench.translate("22.11.2026")
    bench.force(8, "0")
    bench.show(1)
    return bench


def writing() -> regard.Workbench:
    """A tiny decoder-only model: a prompt, another token forced, a longer prompt; the first answer pinned."""
    letters = tiny_tokenizer("byte_level")
    model = tiny_model("llama", vocab_size=len(letters))
    bench = regard.Workbench(model, letters, "The cat sat", beams=3, max_new_tokens=6)
    bench.pin()
    bench.force(2, " dog")
    bench.insert_source(1, " dog")
    bench.show(1)
    return bench


def looked_into() -> regard.Workbench:
    """The same error, with all that can be found out about it beforehand."""
    with TemporaryDirectory() as folder:
        corpus = regard.corpus.index(*dates.load(), list(dates.pairs(20)), Path(folder) / "dates", layers=[2])
        bench = regard.Workbench(*dates.load(), "22/11/2026", beams=2, neighbours=corpus)
        bench.plane(stream="encoder", layer=2, k=8)
        bench.plane(stream="decoder", layer=2, k=8, method="mds")
        bench.components(stream="encoder", layer=2, positions=[0, 3], count=5)
        bench.words(0, side="source", k=6)
        bench.replacements(0, heads=[(1, head) for head in range(4)], k=6)
        bench.give_gold("6-0 7-1 8-2 9-3 3-5 0-8p", words=False)
        bench.alignment(words=False, heads=[(1, head) for head in range(4)])
        bench.force(5, "1")
        bench.favourite(0)
        bench.show(0)
        return bench


def cut() -> Scan:
    """What each edge of the last two queries did in layer 1, head 2: more with every key, below zero for even ones."""
    values = np.array([[(-1) ** (key + 1) * (key + 1) / 4 for key in range(8)], [np.nan, 1e-9, *[0.5] * 6]])
    return knocked_out(values, (7, 6), Baseline(target=3, piece=" mat", p=0.5, rank=0, entropy=1.0))


def reread() -> Scan:
    """What each edge of the third and the fourth step did in layer 1 of :func:`written`, head 2."""
    read = [(-1) ** key * (key + 1) / 8 for key in range(10)]
    values = np.array([[*read, *[np.nan] * 3], [*[0.5] * 11, *[np.nan] * 2]])
    return knocked_out(values, (9, 10), Baseline(target=3, piece=" a", p=0.6, rank=0, entropy=1.0))


def knocked_out(values: np.ndarray, queries: tuple[int, ...], baseline: Baseline) -> Scan:
    """A scan of the edges of these queries, [query, key], in layer 1, head 2; what is no number was not run."""
    keys = values.shape[1]
    return Scan(
        values=values,
        effect="log_p",
        effects={"log_p": values},
        axes=("query", "key"),
        numbers={"query": queries, "key": tuple(range(keys))},
        sizes=(keys, keys),
        what="each edge alone, mask knock-out",
        baseline=baseline,
        noise={"log_p": 1e-6},
        planned=values.size,
        finished=int(np.isfinite(values).sum()),
        identity="",
        fixed={"layer": (1,), "head": (2,)},
    )


def report() -> regard.view.ReliabilityView:
    """A report whose text holds what must not be run."""
    data = json.loads((Path(__file__).parents[2] / "gallery" / "reliability_smollm2.json").read_text(encoding="utf-8"))
    data["picture"]["labels"][1] = "<img src=x onerror=alert(1)>"
    return regard.reliability_view(data, language="en")


def main(folder: Path) -> None:
    found = hostile()
    several = [Section(regard.head_view(found), HOSTILE[0], HOSTILE[1]), Section(regard.model_view(found), "Two", "")]
    for name, shown in {
        "head": regard.head_view(plain(), layer=1, heads=[1, 2]),
        "chinese": regard.head_view(plain(), language="zh"),
        "model": regard.model_view(plain()),
        "pair": regard.head_view(pair()),
        "translation": regard.head_view(translation()),
        "hostile": several,
        "long": regard.head_view(long()),
        "heatmap": regard.heatmap(small(), layer=1, marginals=True),
        "neuron": regard.neuron_view(shared(), 1, 2),
        "written": regard.generation_view(written(), layer=1, step=2),
        "dark": regard.head_view(plain(), theme="dark"),
        "report": report(),
        "workbench": workbench().view(layer=1),
        "writing": writing().generation_view(layer=1, step=2),
        "looked_into": looked_into().view(layer=1),
        "tested": regard.head_view(plain(), layer=1, heads=[2], color=cut()),
        "tested_heads": regard.model_view(plain(), color=weights(LAYERS, HEADS, layers=1, heads=1)[0, 0] - 0.2),
        "tested_map": regard.map_view(small(), layer=1, head=2, color=cut()),
        "tested_written": regard.generation_view(written(), layer=1, step=2, head=2, color=reread()),
        "tested_text": regard.text_view(small(), layer=1, head=2, color=cut()),
    }.items():
        save(shown, path=folder / f"{name}.html")
    explored = regard.explore(small(), layer=1, head=2)
    save(explored, path=folder / "explore.html")
    save(regard.explore(translation()), path=folder / "kinds.html")
    lines, chart = regard.head_view(small()), regard.map_view(small())
    regard.link(lines, chart)
    save([lines, chart], path=folder / "linked.html")
    computed = regard.map_view(factored(), layer=1)
    whole = save(computed, path=folder / "computed.html", budget="5 MB").stat().st_size
    save(computed, path=folder / "part.html", budget=whole - 30_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print(regard.__file__)
