"""Every layer and head of a decoder.

The same grid for a causal model: each picture is a triangle of lines, for nothing attends to what is yet to come.
The weights of this GPT-2 are random.
"""

import regard
from gallery.material import tiny
from regard.view import ModelView


def make() -> ModelView:
    """The view."""
    return regard.model_view(tiny("gpt2"))
