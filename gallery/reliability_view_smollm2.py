"""A report on a picture of attention.

Layer 20 of a language model that completes “The capital of Spain is”: what the brightest tokens do to ` Madrid` when
others stand in their place, beside controls, and when their edges are cut here, in the layer, and in all layers. Made
by `regard.reliability(model, tokenizer, text, layer=20)` on SmolLM2-135M and kept as JSON.
"""

from pathlib import Path

import regard
from regard.view import ReliabilityView


def make() -> ReliabilityView:
    """The view."""
    return regard.reliability_view(Path(__file__).with_name("reliability_smollm2.json").read_text(encoding="utf-8"))
