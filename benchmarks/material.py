"""What both tools are given: real attention of 12 layers × 12 heads over the first n tokens of a real text.

The model is all-MiniLM-L6-v2 (trained weights, 6 layers × 12 heads) run twice over: layers 0 to 5, then the same again.
The text is the repository's LICENSE.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

CACHE = Path(".cache/benchmarks")
TEXT = Path("LICENSE")
DESCRIPTION = (
    "Attention: all-MiniLM-L6-v2 (trained weights, 6 layers × 12 heads) with its layers run twice, so 12 layers × 12 "
    "heads, over the first n tokens of the repository's LICENSE."
)


def model_and_ids(count: int, kernel: str) -> tuple[Any, Any, list[str]]:
    """The model on an attention kernel, ids [1, count], and the tokens."""
    import torch

    from regard.demo import minilm

    model, tokenizer = minilm()
    model.set_attn_implementation(kernel)
    model.encoder.layer = torch.nn.ModuleList([*model.encoder.layer, *deepcopy(model.encoder.layer)])
    model.config.num_hidden_layers = len(model.encoder.layer)
    ids = tokenizer(TEXT.read_text(), truncation=True, max_length=count, return_tensors="pt")["input_ids"]
    assert ids.shape == (1, count)
    return model, ids, tokenizer.convert_ids_to_tokens(ids[0])


def attention(count: int) -> tuple[tuple[Any, ...], list[str]]:
    """What ``outputs.attentions`` holds, a tensor [1, head, query, key] a layer, and the tokens; made once."""
    import torch

    path = CACHE / f"attention-{count}.npz"
    if not path.exists():
        model, ids, tokens = model_and_ids(count, "eager")
        with torch.no_grad():
            found = model(ids, output_attentions=True).attentions
        assert len(found) == 12
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, weights=np.stack([layer.numpy() for layer in found]), tokens=np.array(tokens))
    with np.load(path) as file:
        return tuple(map(torch.from_numpy, file["weights"])), file["tokens"].tolist()
