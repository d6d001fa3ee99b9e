"""The shipped weights of the date normaliser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from regard.demo.models import quiet

FOLDER = Path(__file__).parent / "weights"
"""A folder as ``save_pretrained`` writes it: weights, configuration and tokenizer."""
NAME = "date normaliser"


def load() -> tuple[Any, Any]:
    """The date normaliser and its tokenizer: a BART of 2 + 2 layers × 4 heads, d_model 64 (made here, Apache-2.0).

    >>> model, tokenizer = load()
    >>> ids = model.generate(**tokenizer("the 22nd of November, 2026", return_tensors="pt"))
    >>> tokenizer.decode(ids[0], skip_special_tokens=True)
    '2026-11-22'
    """
    with quiet() as transformers:
        model = transformers.BartForConditionalGeneration.from_pretrained(FOLDER, dtype="float32")
        tokenizer = transformers.AutoTokenizer.from_pretrained(FOLDER)
    model.name_or_path = model.config._name_or_path = NAME
    return model.eval(), tokenizer
