"""The shipped weights of the verse translator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from regard.demo.models import quiet

FOLDER = Path(__file__).parent / "weights"
"""A folder as ``save_pretrained`` writes it: weights, configuration and tokenizer."""
NAME = "verse translator"


def load() -> tuple[Any, Any]:
    """The verse translator and its tokenizer: a Marian of 3 + 3 layers × 4 heads, d_model 192 (made here, Apache-2.0).

    >>> model, tokenizer = load()
    >>> ids = model.generate(**tokenizer("Wherefore didst thou smite the ass?", return_tensors="pt"))
    >>> tokenizer.decode(ids[0], skip_special_tokens=True)
    'Why did you strike the donkey?'
    """
    with quiet() as transformers:
        model = transformers.MarianMTModel.from_pretrained(FOLDER, dtype="float32")
        tokenizer = transformers.AutoTokenizer.from_pretrained(FOLDER)
    model.name_or_path = model.config._name_or_path = NAME
    return model.eval(), tokenizer
