"""Six full reports on two trained models, as they came out: ``python docs/reliability/make.py``."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

import regard
from regard import demo
from regard.experiment.reliability import Report

HERE = Path(__file__).parent
FACT = "The capital of Germany is Berlin. The capital of France is Paris. The capital of Spain is"
COPY = (
    "The guests were Anna Petrov, Luis Ortega and Mei Tanaka. After dinner everybody thanked the cook, and a little "
    "later Anna Petrov, Luis"
)
SINK = "The museum opens at nine in the morning, and on Sundays the entrance is free for everybody who lives in the"
ANCHOR = "A cat is asleep."
SENTENCES = (
    "The cat slept on the warm mat all day while the dog barked outside.",
    "Nobody in the house had ever owned a dog, a bird, or any other animal.",
    "The committee approved the budget for the new bridge after a long debate.",
)


def language_model() -> list[tuple[str, Report]]:
    """A fact by the default picture, a copied name by the head that looks at it, and a head that looks at a sink."""
    model, tokenizer = demo.smollm2()
    fact = regard.reliability(model, tokenizer, FACT)
    layer, head = _looking(_captured(model, tokenizer, COPY), " Ortega")
    copied = regard.reliability(model, tokenizer, COPY, layer=layer, heads=[head])
    weights = _captured(model, tokenizer, SINK).weights[:, :, -1, 0]
    place, other = np.unravel_index(int(weights.argmax()), weights.shape)
    parked = regard.reliability(model, tokenizer, SINK, layer=int(place), heads=[int(other)])
    return [
        (f"A fact, in the default picture. Text: “{FACT}”", fact),
        (f"A name said before, in the head that looks most at what followed it then. Text: “{COPY}”", copied),
        (f"The head that gives the first token most. Text: “{SINK}”", parked),
    ]


def encoder() -> list[tuple[str, Report]]:
    """How like an anchor three sentences are, in the last layer of a sentence encoder."""
    model, tokenizer = demo.minilm()
    anchor = _pooled(model(**tokenizer(ANCHOR, return_tensors="pt"))).detach()[0]

    def likeness(output: Any) -> Any:
        return _pooled(output) @ anchor

    asked = f"How like “{ANCHOR}” (the cosine of mean states)"
    found = [regard.reliability(model, tokenizer, text, effect=likeness) for text in SENTENCES]
    return [(f"{asked}: “{text}”", report) for text, report in zip(SENTENCES, found, strict=True)]


def _pooled(output: Any) -> Any:
    mean = output.last_hidden_state.mean(1)
    return mean / mean.norm(dim=-1, keepdim=True)


def _captured(model: Any, tokenizer: Any, text: str) -> regard.Record:
    record = regard.capture(model, tokenizer, text)
    assert isinstance(record, regard.Record)
    return record


def _looking(record: regard.Record, piece: str) -> tuple[int, int]:
    """The layer and head whose last query gives most to the first token of that text."""
    at = next(i for i, found in enumerate(record.tokens.pieces) if found and piece.startswith(found) and len(found) > 2)
    weights = record.weights[:, :, -1, at]
    layer, head = np.unravel_index(int(weights.argmax()), weights.shape)
    return int(layer), int(head)


def page(title: str, remarks: str, found: list[tuple[str, Report]]) -> str:
    """The reports as Markdown."""
    parts = [f"# {title}", "`python docs/reliability/make.py` made this page.", remarks]
    for heading, report in found:
        lines = [fill(line, 120, subsequent_indent="  ") if line else "" for line in report.text().split("\n")]
        parts += [f"## {heading}", "```text\n" + "\n".join(lines) + "\n```"]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the pages beside this file."""
    for name, title, make in (
        ("smollm2", "SmolLM2-135M: three reports", language_model),
        ("minilm", "MiniLM: three reports", encoder),
    ):
        remarks = (HERE / f"{name}.remarks.txt").read_text(encoding="utf-8").strip()
        (HERE / f"{name}.md").write_text(page(title, remarks, make()), encoding="utf-8")


if __name__ == "__main__":
    main()
