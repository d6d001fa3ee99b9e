"""A text while it is written.

At each step: what the new token was read from, the likeliest tokens with their probabilities, and all steps as rows of
a matrix. The weights of this Llama are random, and so is what it writes.
"""

import regard
from gallery.material import answer
from regard.view import GenerationView


def make() -> GenerationView:
    """The view."""
    return regard.generation_view(answer("llama", "The cat sat", 8), step=3, layer=1)
