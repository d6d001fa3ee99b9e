"""Measures beside other programs' numbers for the same heads: ``python -m benchmarks.cross_check``.

Needs, beside regard and its demo models, packages that pin other versions of their own, so give them an environment
apart: ``python -m venv other``, then the packages of :data:`OTHERS` with ``--no-deps`` and what their imports ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import regard
from regard import demo, measure
from regard.demo.cache import root

RESULTS = Path("benchmarks/results/cross_check.md")
OTHERS = ("transformer-lens", "inseq", "nltk", "scipy")
TEXT = " table river seven green music paper window" * 3
Row = tuple[str, str, int, float]


def main() -> None:
    """Print and write the table; what cannot be run is said in it."""
    lines = [
        "# Measures beside other programs",
        "",
        "`python -m benchmarks.cross_check`: the largest difference between regard's numbers and another program's for",
        "the same thing. SmolLM2-135M-Instruct (30 layers × 9 heads), float32, a text of seven words said three times.",
        "",
        "| what | against | numbers | largest difference |",
        "|---|---|---:|---:|",
        *(f"| {what} | {other} | {count} | {apart} |" for what, other, count, apart in _rows()),
        "",
        "transformer-lens divides by the number of queries, regard by the queries that have such a key: regard's",
        "numbers per query are summed and divided as there. captum 0.9 has no measure of these kinds.",
        "",
        ", ".join(f"{name} {version(name)}" for name in (*OTHERS, "torch", "transformers", "numpy")) + ".",
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _rows() -> Iterator[tuple[str, str, object, str]]:
    for check in (head_detector, attention_of_inseq, error_rates, average_linkage):
        try:
            for what, other, count, apart in check():
                yield what, other, count, f"{apart:.1g}"
        except Exception as error:
            yield check.__doc__ or "", "", "–", f"did not run: {type(error).__name__}: {str(error)[:80]}"


def head_detector() -> Iterator[Row]:
    """Head scores of transformer-lens."""
    from transformer_lens.head_detector import detect_head
    from transformer_lens.model_bridge import TransformerBridge

    model, tokenizer = demo.smollm2()
    path = next(root().glob("smollm2-*"))
    bridge = TransformerBridge.boot_transformers(str(path), hf_model=model, tokenizer=tokenizer)
    record = regard.capture(model, input_ids=bridge.to_tokens(TEXT))
    pairs: dict[str, Callable[..., Any]] = {
        "previous_token_head": measure.previous_token,
        "duplicate_token_head": measure.duplicate_token,
        "induction_head": measure.prefix_matching,
    }
    for name, own in pairs.items():
        theirs = np.asarray(detect_head(bridge, TEXT, name))
        ours = np.nansum(own(record, per_query=True), axis=-1) / record.attention().queries
        yield own.__name__, f"transformer-lens `detect_head`, {name}", theirs.size, float(abs(ours - theirs).max())


def attention_of_inseq() -> Iterator[Row]:
    """Attention of inseq."""
    import inseq

    model, tokenizer = demo.smollm2()
    prompt, answer = "The capital of France is", " Paris, which"
    model.set_attn_implementation("eager")
    wrapped = inseq.load_model(model, "attention", tokenizer=tokenizer)
    found = wrapped.attribute(prompt, prompt + answer, show_progress=False)
    theirs = np.asarray(found.sequence_attributions[0].target_attributions)  # [key, step, layer, head]
    ids = tokenizer(prompt + answer, return_tensors="pt")["input_ids"]
    weights = np.asarray(regard.capture(model, input_ids=ids).weights)
    first, steps = len(tokenizer(prompt)["input_ids"]), theirs.shape[1]
    apart = []
    for step in range(steps):
        row = first - 1 + step
        own = weights[:, :, row, : row + 1].transpose(2, 0, 1)
        apart.append(abs(own - theirs[: row + 1, step]).max())
    yield "weights, rows that predict", "inseq `attention`", theirs[:, 0].size * steps, float(max(apart))


def error_rates() -> Iterator[Row]:
    """Alignment error rate of nltk."""
    from nltk.translate import Alignment, alignment_error_rate

    random, apart = np.random.default_rng(0), []
    for _ in range(1000):
        links, sure, more = (set(map(tuple, random.integers(0, 6, (random.integers(1, 9), 2)).tolist())) for _ in "abc")
        theirs = alignment_error_rate(Alignment(sure), Alignment(links), Alignment(sure | more))
        apart.append(abs(measure.alignment_error(links, sure, more).rate - theirs))
    yield "alignment_error", "nltk `alignment_error_rate`, random links", len(apart), max(apart)


def average_linkage() -> Iterator[Row]:
    """Average linkage of scipy."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    random = np.random.default_rng(0)
    scores = random.standard_normal((3, 8, 1, 200)) * random.uniform(0.5, 3, (3, 8, 1, 1))
    weights = np.exp(scores + 0.01 * random.standard_normal((3, 8, 200, 200)))
    found = measure.head_clusters(regard.from_weights(weights / weights.sum(-1, keepdims=True)))
    theirs = linkage(squareform(found.between, checks=False), "average")[:, 2]
    ours = np.array([merge.height for merge in found.merges for _ in merge.groups[1:]])
    yield f"head_clusters ({len(found.ties)} ties)", "scipy `linkage`", theirs.size, float(abs(ours - theirs).max())


if __name__ == "__main__":
    main()
