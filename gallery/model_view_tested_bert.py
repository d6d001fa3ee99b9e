"""Which heads hold two words together.

Each head of MiniLM is switched off in turn, and beside its picture stands what that does to the likeness of "doctor"
and "physician" (the cosine of what the last layer says of both): red where they come apart, blue where they come
closer. Bright pictures need not have an effect, and pale ones can have a large one.
"""

import regard
from gallery.material import PAIR, ablated, minilm
from regard.view import ModelView


def make() -> ModelView:
    """The view."""
    return regard.model_view(minilm(*PAIR), color=ablated("likeness", *PAIR, tokens=(2, 13)))
