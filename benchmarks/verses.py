"""How near the shipped verse translator comes to the modern verses: ``python -m benchmarks.verses`` (needs nltk).

Corpus BLEU (Papineni et al. 2002) of greedy answers on the held-out verses whose old text is in no training pair,
beside that of the old texts left as they are. Words and punctuation marks are the tokens; nothing is smoothed.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import torch
from nltk.translate.bleu_score import corpus_bleu

from regard.demo import verses

RESULTS = Path(__file__).parent / "results" / "verses.md"
BATCH, LONGEST = 50, 120


def tokens(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text)


def bleu(said: list[str], held: list[verses.Verse]) -> float:
    return float(corpus_bleu([[tokens(verse.modern)] for verse in held], [tokens(text) for text in said]))


def main() -> None:
    model, words = verses.load()
    known = {old for old, _ in verses.pairs()}
    held = sorted((verse for verse in verses.held_out() if verse.old not in known), key=lambda verse: len(verse.old))
    said: list[str] = []
    for start in range(0, len(held), BATCH):
        given = words([verse.old for verse in held[start : start + BATCH]], padding=True, return_tensors="pt")
        with torch.inference_mode():
            found = model.generate(**given, max_new_tokens=LONGEST)
        said += words.batch_decode(found, skip_special_tokens=True)
    old = [verse.old for verse in held]
    RESULTS.write_text(
        "# The verse translator on verses that it has not seen\n\n"
        f"`python -m benchmarks.verses`: nltk {version('nltk')}, torch {torch.__version__}; {len(held)} verses.\n\n"
        "| | corpus BLEU | word for word the modern verse |\n|---|---|---|\n"
        f"| translated | {bleu(said, held):.3f} | {_same(said, held)} |\n"
        f"| the old text as it is | {bleu(old, held):.3f} | {_same(old, held)} |\n",
        encoding="utf-8",
    )
    print(RESULTS.read_text(encoding="utf-8"))


def _same(said: list[str], held: list[verses.Verse]) -> int:
    return sum(text.strip() == verse.modern for text, verse in zip(said, held, strict=True))


if __name__ == "__main__":
    main()
